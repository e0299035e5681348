"""Do the tests notice? Breaks the product in one place at a time and runs the tests that are there for it: ``make mutants``.

Each mutant is a fault that somebody could make in what delivers and accounts, by name, with the tests that must fail of it. They are
tried on a copy under ``.winnow/mutants``, first whole (the tests must pass), then broken. Exit 1 when one survives.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / ".winnow" / "mutants"
PARTS = ("agents", "models", "pipeline", "schemas", "tests", "deploy", "pyproject.toml")
SECONDS = 600
"""A run of tests that takes longer has noticed: it hangs."""

_STATE = "        await self.changelog.write(shard, partition, changes)\n"
_TELL = "        await self._tell(shard, step)\n"
_SETTLE = "        self._settle(step.positions, source)\n"
_METRICS = "        self._metrics"
_END = _SETTLE + _METRICS
STREAM = "tests/unit/pipeline/stream"
RUNTIME = "tests/unit/agents/runtime"


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is wrong, where: ``old``, which stands there once, becomes ``new``. tests: what must notice."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "outputs are not awaited",
        "agents/runtime/outputs.py",
        "await asyncio.gather(*(one.future",
        "asyncio.gather(*(one.future",
        (f"{RUNTIME}/test_outputs.py", f"{RUNTIME}/test_schedules.py"),
    ),
    Mutant(
        "state before outputs",
        "agents/runtime/delivery.py",
        "        written = await self._outputs.emit(step.outputs)\n",
        "        await self.changelog.write(shard, partition, step.changes)\n        written = await self._outputs.emit(step.outputs)\n",
        (f"{RUNTIME}/test_delivery.py",),
    ),
    Mutant(
        "ledger before state", "agents/runtime/delivery.py", _STATE + _TELL + _END, _TELL + _STATE + _END, (f"{RUNTIME}/test_delivery.py",)
    ),
    Mutant(
        "offset before ledger", "agents/runtime/delivery.py", _TELL + _END, _SETTLE + _TELL + _METRICS, (f"{RUNTIME}/test_delivery.py",)
    ),
    Mutant(
        "the lease is not checked before state is written",
        "agents/runtime/delivery.py",
        "        self._lease.check()\n        untold =",
        "        untold =",
        (f"{RUNTIME}/test_delivery.py", f"{RUNTIME}/test_schedules.py"),
    ),
    Mutant(
        "a migration is skipped",
        "agents/runtime/changelog.py",
        "for former in range(version, FORMAT):",
        "for former in range(version + 1, FORMAT):",
        (f"{RUNTIME}/test_changelog.py",),
    ),
    Mutant(
        "another seed of the partitioner",
        "pipeline/stream/partitioner.py",
        "h = 0x9747B28C ^ length",
        "h = 0x9747B28D ^ length",
        (f"{STREAM}/test_partitioner.py",),
    ),
    Mutant(
        "a hole of our own is taken for the broker's",
        "agents/runtime/partition_runner.py",
        "if one.follows > before:",
        "if one.follows > before + 1_000_000:",
        (f"{RUNTIME}/test_partition_runner.py",),
    ),
    Mutant(
        "the last spans are not remembered",
        "pipeline/stream/accounted.py",
        "self._last_spans = dump_spans(step.spans)",
        "pass",
        (f"{STREAM}/test_accounted.py", f"{STREAM}/test_ordered.py"),
    ),
    Mutant(
        "only the first input's ledger line is written",
        "pipeline/stream/accounted.py",
        "step.spans += tracker.take()",
        "step.spans += tracker.take() if not step.spans else []",
        (f"{STREAM}/test_accounted.py", f"{STREAM}/test_ordered.py"),
    ),
    Mutant("an expiry at the time that was set first", "pipeline/stream/ttl.py", "if at > now:", "if False:", (f"{STREAM}/test_ttl.py",)),
    Mutant(
        "the policy's hash is not in the decision's id",
        "pipeline/decide/records.py",
        "/{revision}/{policy_hash}{more}",
        "/{revision}{more}",
        ("tests/unit/pipeline/decide",),
    ),
    Mutant(
        "a policy decides before it is written",
        "pipeline/policy/policy_shard.py",
        "            step.more = True\n            return False\n",
        "            step.more = True\n            self._put_in_force()\n            return True\n",
        ("tests/unit/pipeline/policy/test_policy_shard.py", "tests/unit/pipeline/decide"),
    ),
    Mutant(
        "what was applied is not saved",
        "pipeline/correlate/shard.py",
        "        if self._applied_changed:",
        "        if False:",
        ("tests/unit/pipeline/correlate/test_shard.py",),
    ),
    Mutant(
        "a digest that spends no token",
        "pipeline/act/team_queue.py",
        "self.bucket.spend(team.attention, now)  # `next_due` has waited for the token\n        return list(taken.values())",
        "return list(taken.values())",
        ("tests/unit/pipeline/act",),
    ),
    Mutant(
        "a digest without the policy's hash",
        "pipeline/act/messages.py",
        '"rule": first.rule,\n        "policy": policy.hash,',
        '"rule": first.rule,\n        "policy": "",',
        ("tests/unit/pipeline/act",),
    ),
    Mutant(
        "spam begins above the threshold",
        "pipeline/sift/shard.py",
        "spam >= self._config.spam_threshold",
        "spam > self._config.spam_threshold",
        ("tests/unit/pipeline/sift/test_shard.py",),
    ),
    Mutant(
        "a silence one millisecond too long",
        "pipeline/policy/model.py",
        "now_ms < self.until_ms",
        "now_ms <= self.until_ms",
        ("tests/unit/pipeline/decide", "tests/unit/pipeline/policy"),
    ),
    Mutant(
        "no slack at the audit's horizon",
        "pipeline/ledger/audit.py",
        "HORIZON_SLACK_MS = 60_000",
        "HORIZON_SLACK_MS = 0",
        ("tests/unit/pipeline/ledger",),
    ),
    Mutant(
        "committed work counts as pending",
        "pipeline/ledger/audit.py",
        "max(edge.end - reached, 0)",
        "max(edge.end, 0)",
        ("tests/unit/pipeline/ledger",),
    ),
    Mutant(
        "whoever labels is believed longer",
        "pipeline/learn/labeller_trust.py",
        "PER_WHEAT = 9",
        "PER_WHEAT = 90",
        ("tests/unit/pipeline/learn",),
    ),
    Mutant(
        "the monitor's position moves back",
        "pipeline/monitor/continuity.py",
        "if entry.last < end:",
        "if False:",
        ("tests/unit/pipeline/monitor",),
    ),
    Mutant(
        "the pending window is ignored",
        "pipeline/stream/pending.py",
        " and since_ms > appended_ms - self._window_ms",
        "",
        (f"{STREAM}/test_pending.py",),
    ),
    Mutant(
        "what is handed out again is worked again",
        "agents/runtime/partition_runner.py",
        "if record.offset >= read_to",
        "if True",
        (f"{RUNTIME}/test_partition_runner.py",),
    ),
    Mutant(
        "writers of one partition do not wait in turn",
        "agents/kafka/clients.py",
        "async with self._turns.setdefault((topic, partition), asyncio.Lock()):",
        "if True:",
        ("tests/unit/agents/kafka/test_producer_turns.py",),
    ),
    Mutant(
        "a promise is passed on within its grace",
        "pipeline/stream/ordered.py",
        "idle=idle, grace_until_ms=grace_until_ms)",
        "idle=idle)",
        ("tests/property/test_grace_laws.py",),
    ),
    Mutant(
        "an idle word that is read again is believed",
        "pipeline/stream/ordered.py",
        " and record.offset >= self._heard.get(source, 0)",
        "",
        (f"{STREAM}/test_ordered.py",),
    ),
    Mutant(
        "act takes in all records before it works on any",
        "pipeline/stream/ordered.py",
        "in_turn = self.one_by_one and self.before_release(step)",
        "in_turn = False",
        ("tests/property/test_grace_laws.py",),
    ),
)


def main() -> int:
    """Try them all, or those named; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names of mutants; none: all")
    wanted = [mutant for mutant in MUTANTS if not (names := parser.parse_args().names) or any(name in mutant.name for name in names)]
    copy_tree(COPY)
    whole = sorted({test for mutant in wanted for test in mutant.tests})
    print(f"{len(wanted)} mutants; first the tests on what is whole: {' '.join(whole)}", flush=True)
    if not passes(tuple(whole)):
        print("the tests fail on what is whole: mend that first", file=sys.stderr)
        return 2
    survivors = []
    for mutant in wanted:
        started = time.monotonic()
        with broken(mutant):
            survived = passes(mutant.tests)
        print(f"{'SURVIVED' if survived else 'killed':<9} {time.monotonic() - started:5.0f} s  {mutant.name}  ({mutant.file})", flush=True)
        survivors += [mutant.name] if survived else []
    print(f"{len(wanted) - len(survivors)} of {len(wanted)} killed")
    return 1 if survivors else 0


def copy_tree(copy: Path) -> None:
    """The project as it stands, but for kernels that an earlier copy has compiled."""
    copy.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source, target = ROOT / part, copy / part
        if source.is_file():
            shutil.copy2(source, target)
            continue
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


@contextmanager
def broken(mutant: Mutant) -> Iterator[None]:
    """The copy with this fault in it. Raises SystemExit when its place has changed: a mutant that is none says nothing."""
    path = COPY / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        sys.exit(f"mutant {mutant.name!r}: {mutant.file} has {text.count(mutant.old)} places like {mutant.old!r}; name the one meant")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


def passes(tests: tuple[str, ...]) -> bool:
    """Whether these tests pass on the copy."""
    environment = {**os.environ, "PYTHONPATH": str(COPY), "NUMBA_CACHE_DIR": str(COPY / "numba"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=COPY, env=environment, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())

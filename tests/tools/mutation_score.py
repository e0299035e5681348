"""How many small faults do the tests notice? Breaks a random sample of all there are (`tests.tools.mutations`), one at a time, and runs the
unit and property tests that come by that line, the fastest first: ``make mutation-score``.

First the tests run on what is whole, and it is noted which lines each comes by. A fault on a line that none comes by is not tried: it
survives. Each other one is tried in a fork of a process that has the heavy packages loaded, on a copy under ``.winnow/mutation``.
Printed are the score of each module and the survivors; of those in `tests.tools.equivalents` it is known that nothing can notice them.
"""

import argparse
import contextlib
import importlib
import json
import mmap
import os
import random
import select
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from tests.conftest import WITHIN
from tests.tools.equivalents import EQUIVALENTS
from tests.tools.mutants import ROOT, copy_tree
from tests.tools.mutations import Mutation, mutations

HOME = ROOT / ".winnow" / "mutation"
HEAVY = ("faust", "aiokafka", "numba", "hypothesis", "pydantic", "confluent_kafka", "schemas.messages", "agents.settings")
"""Loaded once. None of them loads what is broken."""
TESTS = {
    "agents/runtime": ("tests/unit/agents/runtime",),
    "pipeline/stream": (
        "tests/unit/pipeline/stream", "tests/property/test_grace_laws.py", "tests/property/test_merge_laws.py",
        "tests/property/test_partition_laws.py", "tests/property/test_seen_laws.py", "tests/property/test_settlement_laws.py",
    ),
}  # fmt: skip
OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "--disable-warnings", "--no-header", "--tb=no", "-o", "addopts=--import-mode=importlib")
PATIENCE_SECONDS = 60.0
SLOWER = 8.0
"""A fault that makes the tests so many times slower, and that many seconds, is noticed: they hang."""

KILLED, SURVIVED, SLOW, UNREACHED = "killed", "SURVIVED", "killed (hangs)", "UNREACHED"


@dataclass(slots=True)
class Whole:
    """What the tests come by on what is whole: file -> line -> tests, and how long each test takes. ``at_import``: lines no test runs."""

    failed: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    at_import: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def tests(self, mutation: Mutation) -> list[str]:
        """The tests that come by a mutation, the fastest first; of what is done at import those that come by its module at all."""
        lines = self.lines[mutation.file]
        where = range(mutation.line, mutation.end_line + 1)
        found = set().union(*(lines[line] for line in where if line in lines))
        if not found and not self.at_import[mutation.file].isdisjoint(where):
            found = set().union(*lines.values())
        return sorted(found, key=lambda test: self.seconds.get(test, 0.0))


class _Watch:
    """A plugin of pytest: which lines of these files each test comes by."""

    def __init__(self, copy: Path, files: Iterable[str]) -> None:
        self.found: list[tuple[str, float, bool, dict[str, list[int]]]] = []
        self._files = {str(copy / file): file for file in files}
        self._seen = {file: mmap.mmap(-1, len((copy / file).read_bytes().splitlines()) + 1) for file in files}
        """A byte a line, in memory that forks share: what a test does in a copy of its process (`agents.runtime.rehearsal`) is seen."""
        self._failed = False

    def start(self) -> None:
        """Watch this thread and those that it starts."""
        threading.settrace(self._call)
        sys.settrace(self._call)

    def _call(self, frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        code: CodeType = frame.f_code
        file = self._files.get(code.co_filename)
        if file is None:
            return None
        seen = self._seen[file]
        seen[frame.f_lineno] = 1

        def line(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
            seen[frame.f_lineno] = 1
            return line

        return line

    def _take(self, name: str, seconds: float) -> None:
        lines = {file: [number for number, one in enumerate(seen[:]) if one] for file, seen in self._seen.items()}
        self.found.append((name, seconds, self._failed, {file: found for file, found in lines.items() if found}))
        for seen in self._seen.values():
            seen[:] = bytes(len(seen))  # frames that live on write into it
        self._failed = False

    def pytest_collection_finish(self) -> None:
        """What was run until now was run by importing."""
        self._take("", 0.0)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note what one test comes by."""
        started = time.monotonic()
        self.start()  # a test that traces by itself has taken our place
        yield
        self._take(item.nodeid, time.monotonic() - started)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether it passes."""
        self._failed |= report.failed


def main() -> int:
    """Measure the packages that are asked for; the exit code is 1 when the tests fail on what is whole."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="*", default=list(TESTS), help="folders, or single files of them; none: both packages")
    parser.add_argument("--sample", type=int, default=150, help="faults tried of each package; 0: all")
    parser.add_argument("--seed", type=int, default=1, help="which faults these are")
    parser.add_argument("--minutes", type=float, default=30.0, help="no further fault is tried after this")
    parser.add_argument("--lanes", type=int, default=2, help="processes side by side")
    parser.add_argument("--only", default="", help="only faults in whose name this is")
    given = parser.parse_args()
    os.environ[WITHIN] = "1"
    stop_at = time.monotonic() + given.minutes * 60
    bad = 0
    for package in given.packages or TESTS:
        home = package if package in TESTS else str(Path(package).parent)
        files = [package] if package.endswith(".py") else [str(path.relative_to(ROOT)) for path in sorted((ROOT / package).glob("*.py"))]
        found = [one for file in files for one in mutations(ROOT, file) if given.only in one.name]
        drawn = random.Random(given.seed).sample(found, min(given.sample or len(found), len(found)))
        print(f"{package}: {len(drawn)} of {len(found)} possible faults, seed {given.seed}; first the tests on what is whole", flush=True)
        whole = look(copied(home, 0), files, TESTS[home])
        if whole.failed:
            print(f"the tests fail on what is whole: {' '.join(whole.failed)}", file=sys.stderr)
            bad = 1
            continue
        results = try_all(home, drawn, whole, given.lanes, stop_at)
        print("\n".join(report(package, found, results, len(drawn))), flush=True)
    return bad


def report(package: str, found: Sequence[Mutation], results: Sequence[tuple[Mutation, str]], drawn: int) -> Iterator[str]:
    """Survivors, then a line a module and one for all: what was killed of what can be."""
    rows: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for mutation, what in sorted(results, key=lambda one: (one[0].file, one[0].line)):
        row = rows[mutation.file]
        if what in (KILLED, SLOW):
            row[0] += 1
        elif mutation.name in EQUIVALENTS:
            row[3] += 1
        else:
            row[2 if what == UNREACHED else 1] += 1
            yield f"  {what:<9} {mutation.file}:{mutation.line}  {mutation.name.removeprefix(mutation.file + ' ')}"
    yield f"  {'module':<36} possible  killed  survived  unreached  equivalent   score"
    for file, row in [*rows.items(), (package, [sum(column) for column in zip(*rows.values(), strict=True)])]:
        possible = sum(file in (one.file, package) for one in found)
        killable = sum(row[:3])
        yield f"  {file:<36} {possible:8} {row[0]:7} {row[1]:9} {row[2]:10} {row[3]:11} {row[0] / killable if killable else 1:7.1%}"
    if len(results) < drawn:
        yield f"  time ran out: {drawn - len(results)} of the sample were not tried"


# -- running ------------------------------------------------------------------------------------------------------------------


def copied(package: str, lane: int) -> Path:
    """The project as it stands, for one lane."""
    copy = HOME / package.replace("/", "-") / str(lane)
    copy_tree(copy)
    return copy


def look(copy: Path, files: Sequence[str], tests: Sequence[str]) -> Whole:
    """Run the tests on what is whole, and note what they come by."""

    def run(tell: Callable[[object], None]) -> None:
        watch = _Watch(copy, files)
        watch.start()
        pytest.main([*OPTIONS, *tests], plugins=[watch])
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]  # typeshed does not know that it can be taken back
        for one in watch.found:
            tell(one)

    whole = Whole()
    for name, seconds, failed, lines in lane(copy, [run]):
        whole.seconds[name] = seconds
        whole.failed += [name] if failed else []
        for file, numbers in lines.items():
            for number in numbers:
                if name:
                    whole.lines[file][number].add(name)
                else:
                    whole.at_import[file].add(number)
    if not whole.seconds:
        raise SystemExit("no test was told of: is `python -m pytest` of these folders well?")
    return whole


def try_all(package: str, drawn: Sequence[Mutation], whole: Whole, lanes: int, stop_at: float) -> list[tuple[Mutation, str]]:
    """Try these, several at a time, each lane on a copy of its own; each with how it ended."""
    results = [(one, UNREACHED) for one in drawn if not whole.tests(one)]
    tried = [one for one in drawn if whole.tests(one)]
    readers: dict[int, int] = {}
    for number in range(lanes):
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            copy = copied(package, number)
            with os.fdopen(write, "w") as told:
                for index, what in zip(
                    range(number, len(tried), lanes), _outcomes(copy, tried[number::lanes], whole, stop_at), strict=False
                ):
                    told.write(json.dumps([index, what]) + "\n")
                    told.flush()
            os._exit(0)
        os.close(write)
        readers[read] = pid
    for read, pid in readers.items():
        with os.fdopen(read) as told:
            results += [(tried[index], what) for index, what in map(json.loads, told)]
        os.waitpid(pid, 0)
    return results


def _outcomes(copy: Path, tried: Sequence[Mutation], whole: Whole, stop_at: float) -> Iterator[str]:
    """How each ends, in order, until time has run out."""
    yield from lane(copy, [_trial(copy, one, whole) for one in tried], stop_at=stop_at)


def _trial(copy: Path, mutation: Mutation, whole: Whole) -> Callable[[Callable[[object], None]], None]:
    tests = whole.tests(mutation)
    limit = PATIENCE_SECONDS + SLOWER * sum(whole.seconds[test] for test in tests)

    def run(tell: Callable[[object], None]) -> None:
        path = copy / mutation.file
        text = path.read_bytes()
        path.write_bytes(mutation.apply(text))
        try:
            tell(_in_time(limit, lambda: int(pytest.main([*OPTIONS, *tests]))))
        finally:
            path.write_bytes(text)

    return run


def _in_time(limit: float, run: Callable[[], int]) -> str:
    """Whether tests pass, in a process of their own that may do what it likes."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.close(read)
        code = 1
        try:
            code = run()
        finally:
            os.write(write, b"0" if code == 0 else b"1")
            os._exit(0)
    os.close(write)
    ready, _, _ = select.select([read], [], [], limit)
    said = os.read(read, 1) if ready else b""
    os.close(read)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return SLOW if not ready else SURVIVED if said == b"0" else KILLED


def lane(copy: Path, runs: Sequence[Callable[[Callable[[object], None]], None]], *, stop_at: float | None = None) -> Iterator[Any]:
    """What these tell, run one after the other in a process that has the heavy packages of the copy loaded and works there."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        with os.fdopen(write, "w") as told:
            _move_to(copy)
            for run in runs:
                if stop_at is not None and time.monotonic() > stop_at:
                    break
                run(lambda what: (told.write(json.dumps(what) + "\n"), told.flush())[1])
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as told:
        yield from map(json.loads, told)
    os.waitpid(pid, 0)


def _move_to(copy: Path) -> None:
    """Work in the copy from now on: nothing of the project is loaded from elsewhere, and what is heavy is loaded now."""
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.path[:] = [str(copy), *(entry for entry in sys.path if entry not in ("", str(ROOT)))]
    for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "schemas", "models", "pipeline", "agents")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    for name in HEAVY:
        importlib.import_module(name)
    broken = [name for name in sys.modules if name.startswith(("agents.runtime", "pipeline.stream"))]
    assert not broken, f"loaded too early to be broken: {broken}"


if __name__ == "__main__":
    sys.exit(main())

"""What stages remember, as the golden files hold it: a layout that changes
without another `agents.runtime.changelog.FORMAT` is found out here.

``python -m tests.contract.test_state_layout`` writes those of the current format: do so when you raise FORMAT and add a migration, and
keep the former ones, which are still read.
"""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.runtime import changelog as state
from pipeline.act.shard import ActShard
from pipeline.correlate.shard import CorrelateShard
from pipeline.decide.shard import DecideShard
from pipeline.learn.shard import LESSON_LABELS
from pipeline.monitor.shard import MonitorShard
from pipeline.stream.stage import Shard
from schemas.topics import STAGES
from tests.unit.pipeline.correlate import world as correlate_world
from tests.unit.pipeline.decide import world as decide_world
from tests.unit.pipeline.decide.world import HOUR, MINUTE, START, WALL
from tests.unit.pipeline.learn import test_shard as test_learn
from tests.unit.pipeline.sift import world as sift_world
from tests.unit.pipeline.stream import world as direct_world

GOLDEN = Path(__file__).parent / "golden" / "state"
State = Mapping[bytes, bytes]
TIGHT = decide_world.POLICY.replace("{per_hour: 60, burst: 100}", "{per_hour: 1, burst: 1}")


def _sift() -> State:
    texts = ("the aurora air flight was late again today", "perhaps a prize from aurora air", "the aurora air flight was late again today")
    values = [sift_world.event(f"e{number}", text) for number, text in enumerate(texts)]
    return sift_world.run(sift_world.records([*values, b"{"])).kept


def _correlate() -> State:
    world = correlate_world.World()
    begin = correlate_world.START
    cases = [correlate_world.complaint(f"c{n}", begin + n * 10_000, f"flight {n} to Oslo is late, bag {n} is lost") for n in range(40)]
    wishes = [
        correlate_world.information(f"w{n}", begin + HOUR + n * MINUTE, "please add a vegan meal to the menu", intent="request")
        for n in range(4)
    ]
    copies = [correlate_world.information(f"r{n}", begin + 2 * HOUR + n, author=f"r{n}", repost_of="c1") for n in range(2)]
    world.take(correlate_world.records([*cases, *wishes, *copies]))
    return world.state


def _situations() -> list[dict[str, Any]]:
    tell = decide_world.situation
    many = [tell(f"a{n}", at_ms=START + n) for n in range(3)]
    part = tell("p", at_ms=START + 7, absorbed_by=decide_world.digest("s"))
    return [*many, tell("s", kind="surge", at_ms=START + 5), tell("g", at_ms=START + 6, self_resolved=True), part]


def _decide() -> State:
    shell = decide_world.decide_shell()
    shell.feed("situations", decide_world.situation_records(_situations()))
    return shell.state


def _act() -> State:
    tight = decide_world.policy(TIGHT)
    shell = decide_world.act_shell(tight)
    shell.feed("decisions", decide_world.decision_records(decide_world.decided(_situations(), tight)))
    action = shell.messages("actions")[0]
    shell.feed("outcomes", [
        decide_world.outcome_record(0, action["action_id"], action["team"], "acknowledged"),
        decide_world.outcome_record(1, "0" * 32, "product", "done"),
    ])  # fmt: skip
    shell.tick(WALL, caught_up=True)
    return shell.state


def _monitor() -> State:
    shell = direct_world.Shell(lambda: MonitorShard(0))
    asked = [direct_world.decision_record(n, direct_world.decision(f"d{n}")) for n in range(2)]
    shell.feed(*(("decisions", record) for record in asked))
    shell.feed(("outcomes", direct_world.outcome_record(0, "0" * 32, "done", START + HOUR)))
    shell.feed(("decisions", direct_world.decision_record(2, direct_world.decision("d3", mode="shadow"))))
    shell.feed(("ledger", direct_world.ledger_record(0, "sift", "posts", 0, ["information", "spam"])))
    return shell.state


def _learn() -> State:
    world = test_learn.World()
    told = [direct_world.information_record(n, f"a{n}", f"flight {n} is late") for n in range(LESSON_LABELS)]
    given = [direct_world.label_record(n, f"a{n}", ("false", "true")[n % 2]) for n in range(LESSON_LABELS)]
    world.feed(*(("information", record) for record in told), ("chaff", direct_world.chaff_record(0, "b", "win a prize")))
    world.feed(*(("labels", record) for record in given))
    world.feed(
        ("labels", direct_world.label_record(LESSON_LABELS, "b", "true")),
        ("labels", direct_world.label_record(LESSON_LABELS + 1, "c", "true")),
    )
    return world.state


SCENES: dict[str, Callable[[], State]] = {
    "sift": _sift, "correlate": _correlate, "decide": _decide, "act": _act, "monitor": _monitor, "learn": _learn,
}  # fmt: skip
"""Stage -> a state in which each kind of key occurs."""


def _fresh(stage: str) -> Shard:
    if stage == "sift":
        return sift_world.shard()
    if stage == "correlate":
        return CorrelateShard(0, [correlate_world.SOURCE], correlate_world.CONFIG)
    if stage == "decide":
        return DecideShard(0, [decide_world.UPSTREAM], decide_world.policy())
    if stage == "act":
        return ActShard(0, [decide_world.DECIDE], decide_world.policy(TIGHT), decide_world.KEY)
    return MonitorShard(0) if stage == "monitor" else test_learn.World().shard


def kind(key: bytes) -> str:
    """What kind of key it is: up to the first slash."""
    return key.decode("utf-8", "replace").split("/", 1)[0]


def layout(value: bytes) -> object:
    """The layout of a value: fields and types of JSON, the version byte of anything else."""
    try:
        return _types(orjson.loads(value))
    except orjson.JSONDecodeError:
        return f"binary, version {value[0]}"


def _types(value: Any) -> object:
    if isinstance(value, dict):
        # Maps by id, time or word tell their layout by what they hold; records by the names of their fields.
        record = all(name.isidentifier() and name.islower() for name in value)
        return {name: _types(one) for name, one in value.items()} if record else {"*": _distinct(value.values())}
    if isinstance(value, list):
        return _distinct(value)
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _distinct(values: Any) -> list[str]:
    return sorted({orjson.dumps(_types(one), option=orjson.OPT_SORT_KEYS).decode() for one in values})


def layouts(found: State) -> dict[str, list[str]]:
    """Kind of key -> the layouts of its values."""
    kinds: dict[str, set[str]] = {}
    for key, value in found.items():
        kinds.setdefault(kind(key), set()).add(orjson.dumps(layout(value), option=orjson.OPT_SORT_KEYS).decode())
    return {name: sorted(one) for name, one in sorted(kinds.items())}


def _golden(stage: str, version: int) -> dict[bytes, bytes]:
    file = GOLDEN / str(version) / f"{stage}.json"
    assert file.exists(), "write the golden files of this FORMAT: python -m tests.contract.test_state_layout"
    return {base64.b64decode(key): base64.b64decode(value) for key, value in orjson.loads(file.read_bytes()).items()}


@pytest.mark.parametrize("stage", STAGES)
def test_a_layout_changes_only_with_its_format(stage: str) -> None:
    """Kinds of keys and layouts of values are those of the golden file of this FORMAT."""
    now, then = layouts(SCENES[stage]()), layouts(_golden(stage, state.FORMAT))
    assert now == then, f"the state of {stage} changed: raise agents.runtime.changelog.FORMAT, add a migration, write the golden files anew"


@pytest.mark.parametrize("version", range(1, state.FORMAT + 1))
@pytest.mark.parametrize("stage", STAGES)
def test_golden_state_is_read(stage: str, version: int) -> None:
    """What was written in this format, or in a former one, is taken over by a fresh shard, with the place where it stood."""
    found = _golden(stage, version)
    for former in range(version, state.FORMAT):
        found = {key: state.MIGRATIONS[former](stage, key, value) for key, value in found.items()}
    shard = _fresh(stage)
    step = shard.restore(found)
    assert step.positions
    assert step.spans
    shard.tick(START, caught_up=True)


def test_every_former_format_has_its_way_here() -> None:
    """From each format that there was, step by step, to the current one."""
    assert sorted(state.MIGRATIONS) == list(range(state.FORMAT))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"v":1,"a":1}', b'{"v":1,"a":"1"}'),
        (b'{"v":1,"a":1}', b'{"v":1,"a":1,"b":null}'),
        (b'{"v":1,"a":[[1,"x"]]}', b'{"v":1,"a":[[1,null]]}'),
        (b'{"9f":{"at":1}}', b'{"9f":{"on":1}}'),
        (b"\x01abc", b"\x02abc"),
    ],
)
def test_a_changed_layout_is_seen(one: bytes, other: bytes) -> None:
    """Another type, another field, another element, another field in a map, another version byte."""
    assert layout(one) != layout(other)


@pytest.mark.parametrize(("one", "other"), [(b'{"a":1}', b'{"a":2.5}'), (b'{"9f":{"a":1},"8e":{"a":2}}', b'{"7d":{"a":3}}')])
def test_other_values_are_no_other_layout(one: bytes, other: bytes) -> None:
    """Other numbers and other ids are what state is for."""
    assert layout(one) == layout(other)


def main() -> None:
    """Write the golden files."""
    folder = GOLDEN / str(state.FORMAT)
    folder.mkdir(parents=True, exist_ok=True)
    for stage, scene in SCENES.items():
        found = {base64.b64encode(key).decode(): base64.b64encode(value).decode() for key, value in sorted(scene().items())}
        (folder / f"{stage}.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()

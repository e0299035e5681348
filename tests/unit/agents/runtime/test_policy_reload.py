"""A policy file that changes is taken up at the next look; a bad one leaves the former in force and is counted once."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from agents.operate.policy_files import write_whole
from agents.runtime.policy_reload import LOOK_SECONDS, PolicyWatch
from pipeline.decide.shard import DecideShard
from pipeline.policy.load import Policy, PolicyError, Silence, load_policy, silences_beside
from schemas.errors import WinnowError
from tests.unit.pipeline.decide.world import POLICY, UPSTREAM, policy

OTHER = POLICY.replace("priority: 90", "priority: 91")


def at_once(read: Callable[[], Policy | None]) -> "Future[Policy | None]":
    """Reads where it stands, as a thread would in its own time."""
    done: Future[Policy | None] = Future()
    try:
        done.set_result(read())
    except WinnowError as error:
        done.set_exception(error)
    return done


class Clock:
    """A clock that is told the time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time that it was told."""
        return self.now


def twice(watch: PolicyWatch, clock: Clock) -> None:
    """Two looks, as it takes to believe a file."""
    for _ in range(2):
        clock.now += LOOK_SECONDS
        watch.look()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A policy file."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


def counted(shard: DecideShard) -> dict[tuple[str, ...], int]:
    """What the shard's next step counts."""
    step = shard.tick(0, caught_up=True)
    return {} if step is None else step.counts


def test_a_changed_file_is_taken_up(file: Path) -> None:
    """All shards that exist go by it, it is counted once, and a shard that is gone is not kept alive."""
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    first, second = (watch.follow(DecideShard(number, [UPSTREAM], watch.policy)) for number in range(2))
    write_whole(file, OTHER)
    watch.look()
    assert first.policy.hash == policy().hash  # too early to look again
    twice(watch, clock)
    facts = counted(first) | counted(second)
    assert first.policy.hash == policy().hash  # the step that writes the new one down is still of the former
    assert counted(first) == counted(second) == {}
    assert first.policy is second.policy is watch.policy
    assert watch.policy.hash == policy(OTHER).hash
    assert facts == {("policy_loaded", watch.policy.hash): 1}
    assert counted(first) == {}


@pytest.mark.parametrize("content", ["version: 1\nteams: []\nrules: []\n", "", "\x00", None])
def test_a_bad_or_missing_file_changes_nothing(file: Path, content: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """One line and one count, however often it is looked at; the file mended, it is taken up."""
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    shard = watch.follow(DecideShard(0, [UPSTREAM], watch.policy))
    if content is None:
        file.unlink()
    else:
        write_whole(file, content)
    with caplog.at_level(logging.INFO, "winnow"):
        for _ in range(3):
            twice(watch, clock)
    assert watch.policy.hash == shard.policy.hash == policy().hash
    assert len([one for one in caplog.records if "refused" in one.message]) == 1
    assert counted(shard) == {("policy_refused",): 1}
    write_whole(file, OTHER)
    twice(watch, clock)
    counted(shard)
    counted(shard)
    assert shard.policy.hash == policy(OTHER).hash


def test_a_new_team_waits_for_a_restart(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its topic may not exist yet: refused with what to do; a worker that starts anew goes by it."""
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    shard = watch.follow(DecideShard(0, [UPSTREAM], watch.policy))
    write_whole(file, POLICY.replace("teams:\n", "teams:\n  - {name: legal}\n", 1))
    twice(watch, clock)
    assert shard.policy.hash == policy().hash
    assert "team 'legal' is new" in caplog.text
    assert "winnow topics apply" in caplog.text
    assert PolicyWatch(file, clock=clock, aside=at_once).policy.has_team("legal")


def test_a_file_that_says_the_same_is_not_news(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A comment more is the same policy: nothing is logged or counted."""
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    shard = watch.follow(DecideShard(0, [UPSTREAM], watch.policy))
    write_whole(file, POLICY + "# a comment\n")
    twice(watch, clock)
    assert counted(shard) == {}
    assert not caplog.records


def strike(file: Path, until: str = "2100-01-01T00:00:00Z") -> Path:
    """A silence in the file beside a policy."""
    beside = silences_beside(file)
    when = "situation.facet == 'delay'"
    beside.write_text(f'version: 1\nsilences:\n  - {{name: strike, when: "{when}", author: jo, reason: r, until: {until}}}\n...\n')
    return beside


def test_silences_of_the_file_beside_are_seen(file: Path) -> None:
    """Each change is seen by who watches; a file that is none is refused."""
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    beside = strike(file)
    twice(watch, clock)
    assert [silence.name for silence in watch.policy.silences] == ["strike"]
    write_whole(beside, "version: 1\nsilences: []\n...\n")
    twice(watch, clock)
    assert watch.policy.hash == policy().hash
    beside.write_text("nonsense")
    with pytest.raises(PolicyError, match=r"policy\.silences\.yaml"):
        load_policy(file)


def test_silences_of_the_topic_join_those_of_the_file(file: Path) -> None:
    """They are in force at the next look, of equal names too, stay when the file changes, and count in the hash as in a file."""
    clock = Clock()
    told: list[tuple[Silence, ...]] = [()]
    strike(file)
    watch = PolicyWatch(file, silences=lambda: told[0], clock=clock, aside=at_once)
    shard = watch.follow(DecideShard(0, [UPSTREAM], watch.policy))
    before = watch.policy.hash
    drill = Silence.model_validate(
        {"name": "strike", "when": "hour > 3", "author": "mo", "reason": "a drill", "until": "2100-01-01T00:00:00Z"}
    )
    told[0] = (drill,)
    watch.look()
    counted(shard)
    counted(shard)
    assert [silence.author for silence in shard.policy.silences] == ["jo", "mo"]
    write_whole(file, OTHER)
    twice(watch, clock)
    assert [silence.author for silence in watch.policy.silences] == ["jo", "mo"]
    write_whole(file, POLICY)
    told[0] = ()
    twice(watch, clock)
    assert watch.policy.hash == before


def test_a_file_that_still_changes_is_not_read(file: Path) -> None:
    """Only what two looks found the same: somebody may be writing it."""
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    for number in range(3):
        file.write_text(POLICY + "# x\n" * (number + 1))
        clock.now += LOOK_SECONDS
        watch.look()
    file.write_text(OTHER)
    clock.now += LOOK_SECONDS
    watch.look()
    assert watch.policy.hash == policy().hash
    clock.now += LOOK_SECONDS
    watch.look()
    assert watch.policy.hash == policy(OTHER).hash


@pytest.mark.parametrize("end", ["", "...\n"])
def test_a_file_that_is_cut_off_never_takes_force(file: Path, end: str, caplog: pytest.LogCaptureFixture) -> None:
    """Wherever it is cut: within a line, or, when it ended in `...`, at the end of one too."""
    file.write_text(POLICY + end)
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    whole = OTHER + end
    cuts = [at for at in range(0, len(whole) - len(end), 37) if end or not whole[:at].endswith("\n")]
    for at in cuts:
        file.write_text(whole[:at])
        twice(watch, clock)
        assert watch.policy.hash == policy().hash
    assert len([one for one in caplog.records if "refused" in one.message]) == len(cuts)
    file.write_text(whole)
    twice(watch, clock)
    assert watch.policy.hash == policy(OTHER).hash


def test_an_end_that_a_later_version_brings_is_missed_from_then_on(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that once ended in `...` and does no more is taken for cut off."""
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    file.write_text(OTHER + "...\n")
    twice(watch, clock)
    assert watch.policy.hash == policy(OTHER).hash
    file.write_text(POLICY)
    twice(watch, clock)
    assert "lacks the line `...` that ended it before" in caplog.text
    assert watch.policy.hash == policy(OTHER).hash


def test_silences_whose_file_is_gone_stay_in_force(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A volume that is not mounted asks nobody; an empty list ends them."""
    beside = strike(file)
    clock = Clock()
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    kept = beside.read_text()
    beside.unlink()
    twice(watch, clock)
    assert [silence.name for silence in watch.policy.silences] == ["strike"]
    assert "policy.silences.yaml is gone" in caplog.text
    beside.write_text(kept.replace("\n...", ""))
    twice(watch, clock)
    assert "lacks the line `...`" in caplog.text
    beside.write_text("version: 1\nsilences: []\n...\n")
    twice(watch, clock)
    assert watch.policy.silences == ()


def test_a_file_that_changes_while_it_is_read_is_read_again(file: Path) -> None:
    """What was read may be of two files: the next looks read it anew."""
    clock = Clock()
    held: list[Callable[[], Policy | None]] = []

    def interrupted(read: Callable[[], Policy | None]) -> "Future[Policy | None]":
        held.append(read)
        if len(held) == 1:
            done: Future[Policy | None] = Future()
            done.set_result(None)
            return done
        return at_once(read)

    watch = PolicyWatch(file, clock=clock, aside=interrupted)
    write_whole(file, OTHER)
    twice(watch, clock)
    assert (len(held), watch.policy.hash) == (1, policy().hash)
    twice(watch, clock)
    assert (len(held), watch.policy.hash) == (2, policy(OTHER).hash)


def test_looking_never_waits_for_a_file(file: Path) -> None:
    """Reading goes on elsewhere while batches are worked; what it found is taken up at a later look, once."""
    clock = Clock()
    slow: list[tuple[Callable[[], Policy | None], Future[Policy | None]]] = []

    def later(read: Callable[[], Policy | None]) -> "Future[Policy | None]":
        slow.append((read, Future()))
        return slow[-1][1]

    watch = PolicyWatch(file, clock=clock, aside=later)
    write_whole(file, OTHER)
    for _ in range(3):
        twice(watch, clock)
    assert (len(slow), watch.policy.hash) == (1, policy().hash)
    read, found = slow[0]
    found.set_result(read())
    watch.look()
    assert watch.policy.hash == policy(OTHER).hash


def test_a_changed_fragment_is_taken_up(file: Path) -> None:
    """What a policy includes is watched as the policy is: changed, corrected after a fault, included only later, and gone."""
    clock = Clock()
    head, _, rules = POLICY.partition("rules:\n")
    fragment = file.with_name("rules.yaml")
    fragment.write_text("rules:\n" + rules)
    file.write_text(head.replace("version: 1\n", "version: 1\ninclude: [rules.yaml]\n") + "rules: []\n")
    watch = PolicyWatch(file, clock=clock, aside=at_once)
    shard = watch.follow(DecideShard(0, [UPSTREAM], watch.policy))
    assert watch.policy.hash == policy().hash
    write_whole(fragment, "rules:\n" + rules.replace("priority: 90", "priority: 91"))
    twice(watch, clock)
    assert watch.policy.hash == policy(OTHER).hash
    more = file.with_name("more.yaml")
    more.write_text("rules: {}\n")
    write_whole(file, file.read_text().replace("[rules.yaml]", "[rules.yaml, more.yaml]"))
    twice(watch, clock)
    assert watch.policy.hash == policy(OTHER).hash
    assert ("policy_refused",) in counted(shard)
    write_whole(more, "rules:\n  - {name: last, when: hour > 3, do: nothing}\n")
    twice(watch, clock)
    assert [rule.name for rule in watch.policy.rules][-1] == "last"
    fragment.unlink()
    twice(watch, clock)
    assert [rule.name for rule in watch.policy.rules][-1] == "last"
    assert ("policy_refused",) in counted(shard)

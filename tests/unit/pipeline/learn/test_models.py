"""The learn stage with the real learner: it learns, wins, and its artefact judges; the folder keeps whole files."""

from pathlib import Path

import orjson
import pytest

from agents.runtime.model_registry import Champions
from agents.settings import load_settings
from agents.stages.learn import Challenger, FolderStore
from models import Bundle, load_bundle
from pipeline.learn.shard import LearnShard
from schemas.errors import WinnowError
from tests.unit.pipeline.stream.world import Shell, information_record, label_record


@pytest.fixture(scope="module")
def champion() -> Bundle:
    """The shipped bundle."""
    return load_bundle()


def following(champion: Bundle) -> Champions:
    """What a worker follows that has read an empty topic."""
    found = Champions(load_settings(), champion)
    found.known = True
    return found


def lesson(number: int) -> tuple[str, str]:
    """Texts that the shipped gate gets wrong, with their labels: this brand's own raffle is no noise, a chain text is."""
    if number % 2:
        return f"my tangerine kettle number {number} leaks at the handle, WIN a FREE prize text WON to 80{number:03} now", "false"
    return f"quiet harbour morning {number}, the seagulls repeat the same verse to everybody", "true"


def test_labels_make_a_challenger_that_is_announced_and_can_be_loaded(champion: Bundle, tmp_path: Path) -> None:
    """Enough labels against the champion, with a restart between: the announced artefact is a bundle that gets them right."""
    shell = Shell(lambda: LearnShard(0, Challenger(following(champion)), FolderStore(tmp_path / "store").keep))
    for number in range(500):
        text, value = lesson(number)
        shell.feed(("information", information_record(number, f"i{number}", text)), ("labels", label_record(number, f"i{number}", value)))
        if number == 260:
            shell.restart()
    announced = shell.latest("models")["noise"]
    path = Path(announced["url"].removeprefix("file://"))
    challenger = Bundle.from_bytes(path.read_bytes(), str(path))
    assert challenger.version == announced["version"] != champion.version
    assert announced["score"] > announced["champion_score"]
    judged = challenger.judge([lesson(number)[0] for number in range(40)]).spam
    right = [(spam >= 0.5) == (lesson(number)[1] == "true") for number, spam in enumerate(judged)]
    assert sum(right) > 36


def test_a_challenger_of_another_champion_starts_anew(champion: Bundle) -> None:
    """After an upgrade the stage goes on instead of dying on what was learned against the former model."""
    learned = Challenger(following(champion))
    learned.partial_fit(["a text", "another"], [True, False])
    state = dict(learned.state())
    state["meta"] = orjson.dumps(orjson.loads(state["meta"]) | {"champion": "0" * 64})
    fresh = Challenger(following(champion))
    fresh.restore(state)
    assert fresh.seen == 0
    fresh.restore(learned.state())
    assert fresh.seen == 2


def test_the_folder_keeps_whole_files_only(tmp_path: Path) -> None:
    """Keeping a version again is harmless and leaves no drafts behind."""
    store = FolderStore(tmp_path / "a" / "b")
    assert store.keep("v1", b"bytes") == store.keep("v1", b"bytes") == (tmp_path / "a" / "b" / "v1.npz").resolve().as_uri()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["v1.npz"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The operator reads which folder and what to do."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WinnowError, match="file"):
        FolderStore(tmp_path / "file").keep("v1", b"bytes")


def test_poisoned_labels_promote_nothing(champion: Bundle, tmp_path: Path) -> None:
    """A team that declines everything beside honest ones, or that owns up to a few, gets no gate of its own making."""
    for confessed in (0, 10):
        shell = Shell(lambda: LearnShard(0, Challenger(following(champion)), FolderStore(tmp_path / "store").keep))
        for number in range(600):
            angry = number % 3 > 0
            text = f"my tangerine kettle number {number} leaks at the {'lid' if angry else 'handle'}, please send another"
            value = "true" if angry and not (confessed and number % confessed == 1) else "false"
            giver = "team/angry" if angry else "team/honest"
            shell.feed(
                ("information", information_record(number, f"i{number}", text)),
                ("labels", label_record(number, f"i{number}", value, given_by=giver)),
            )
        assert not shell.latest("models")

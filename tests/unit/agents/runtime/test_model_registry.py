"""What the topic of models says, and which bundles may be put in force."""

import contextlib
import logging
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from agents.runtime import model_registry
from agents.runtime.model_registry import (
    BEFORE,
    FACET,
    HELD,
    MOST_OPEN,
    Announcements,
    Champions,
    open_bundle,
    read_announcement,
    same_but_gate,
    take_in,
)
from agents.settings import load_settings
from models import Bundle, load_bundle
from models.artefacts import MAX_BYTES
from models.learner import GateLearner
from schemas.errors import WinnowError
from schemas.messages import ModelAnnouncement
from schemas.times import iso

AT = 1_772_452_800_000


@pytest.fixture(scope="module")
def own() -> Bundle:
    """The shipped bundle."""
    return load_bundle()


@pytest.fixture(scope="module")
def learned(own: Bundle) -> Bundle:
    """A bundle whose gate was learned online."""
    learner = GateLearner(own)
    learner.partial_fit(["kettle for sale, dm me", "my kettle leaks"] * 20, [True, False] * 20)
    return Bundle.from_bytes(learner.export())


def announced(version: str, at: int = AT, **over: Any) -> ModelAnnouncement:
    """An announcement."""
    value = {"facet": FACET, "champion": True, "url": None, "labels": 1, "score": None, "champion_score": None, "at": iso(at)}
    return ModelAnnouncement.model_validate({"version": version, **value, **over})


def test_a_roll_back_holds_until_somebody_promotes() -> None:
    """Held as long as no champion is newer than the person's word."""
    assert not Announcements({}).held
    assert Announcements({FACET: announced("a"), HELD: announced("b")}).held
    assert not Announcements({FACET: announced("c", AT + 1), HELD: announced("b")}).held


def test_a_version_is_known_whatever_it_was_announced_as() -> None:
    """Challengers and former champions can be promoted."""
    board = Announcements(
        {FACET: announced("c"), f"{FACET}/challenger-1": announced("d"), f"{BEFORE}c": announced("b"), HELD: announced("x")}
    )
    assert [board.known(version) is not None for version in "bcdx"] == [True, True, True, False]


def test_only_children_of_the_own_artefact_are_put_in_force(own: Bundle, learned: Bundle, tmp_path: Path) -> None:
    """Another gate on the same artefact will do; other facets, another version or another place will not."""
    path = tmp_path / "m.npz"
    path.write_bytes(learned.to_bytes())
    good = announced(learned.version, url=path.as_uri())
    assert open_bundle(good, own, tmp_path).version == learned.version
    assert open_bundle(announced(own.version), own, tmp_path) is own
    urgency = own.artefact.parts["urgency"]
    other = own.replaced(replace(urgency, bias=urgency.bias + np.float32(1)))
    assert not same_but_gate(learned, other)
    with pytest.raises(WinnowError, match="was learned on another artefact"):
        open_bundle(good, other, tmp_path)
    with pytest.raises(WinnowError, match="holds model"):
        open_bundle(announced("123456789abc", url=path.as_uri()), own, tmp_path)
    with pytest.raises(WinnowError, match="is no file"):
        open_bundle(announced("123456789abc", url="s3://bucket/m.npz"), own, tmp_path)
    with pytest.raises(WinnowError, match="was another deployment artefact"):
        open_bundle(announced("123456789abc"), own, tmp_path)


def test_models_are_found_by_version(own: Bundle, learned: Bundle, tmp_path: Path) -> None:
    """The store knows what judged before; what is gone is None, and no reason to stop."""
    (tmp_path / f"{learned.version}.npz").write_bytes(learned.to_bytes())
    champions = Champions(load_settings(model_store=tmp_path), own)
    assert champions.find(own.version) is own
    found = champions.find(learned.version)
    assert found is not None
    assert found.version == learned.version
    assert champions.find("123456789abc") is None
    assert (champions.url_of(own.version), champions.url_of(learned.version)) == (None, (tmp_path / f"{learned.version}.npz").as_uri())


@pytest.mark.slow
def test_former_models_do_not_pile_up(own: Bundle, tmp_path: Path) -> None:
    """However many versions were in force, a handful stays in memory, the own one among them; the others are read again when asked for."""
    champions, versions = Champions(load_settings(model_store=tmp_path), own), []
    for step in range(2 * MOST_OPEN):
        part = own.artefact.parts["spam"]
        bundle = own.replaced(replace(part, bias=part.bias + np.float32(step + 1)))
        (tmp_path / f"{bundle.version}.npz").write_bytes(bundle.to_bytes())
        versions.append(bundle.version)
        assert champions.find(bundle.version) is not None
    assert len(champions._opened) == MOST_OPEN
    assert champions.find(own.version) is own
    assert [champions.find(version) is not None for version in versions] == [True] * len(versions)


@pytest.mark.parametrize("value", [None, b"", b"{}", b"\xff"])
def test_an_announcement_that_cannot_be_read_is_passed_over(value: bytes | None) -> None:
    """Bad data is a value."""
    assert read_announcement(value) is None


@pytest.mark.parametrize("larger", [0, 1])
def test_how_large_a_model_may_be(own: Bundle, learned: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, larger: int) -> None:
    """A byte more, and it is none."""
    content = learned.to_bytes()
    (path := tmp_path / f"{learned.version}.npz").write_bytes(content)
    monkeypatch.setattr(model_registry, "MAX_BYTES", len(content) - larger)
    with pytest.raises(WinnowError, match="is larger than") if larger else contextlib.nullcontext():
        assert open_bundle(announced(learned.version, url=path.as_uri()), own, tmp_path).version == learned.version


@pytest.mark.timeout(20)
async def test_no_record_ends_the_follower(own: Bundle, learned: Bundle, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no file of the store is refused, unread, counted, and said once; the next good announcement counts."""
    store, outside = tmp_path / "store", tmp_path / "outside.npz"
    store.mkdir()
    outside.write_bytes(learned.to_bytes())
    os.mkfifo(store / "pipe.npz")
    (store / "link.npz").symlink_to(outside)
    (store / "large.npz").write_bytes(bytes(MAX_BYTES + 1))
    champions = Champions(load_settings(model_store=store), own)
    urls = ["file://[", "file:///%00", "file:///dev/zero", f"{store.as_uri()}/../outside.npz", outside.as_uri(), store.as_uri(), ""]
    urls += [(store / name).as_uri() for name in ("pipe.npz", "link.npz", "large.npz", "none.npz")]
    for number, url in enumerate(urls, 1):
        champions._latest[FACET] = announced(learned.version, url=url)
        with caplog.at_level(logging.ERROR, "winnow"):
            await champions._take_over()
            await champions._take_over()
        assert champions.current is own
        assert champions.refused == 2 * number
        assert len(caplog.records) == number, f"{url} is not said once"
    assert champions.find("../outside") is None
    path = store / f"{learned.version}.npz"
    path.write_bytes(learned.to_bytes())
    champions._latest[FACET] = announced(learned.version, url=path.as_uri())
    await champions._take_over()
    assert champions.current.version == learned.version


def test_announcements_are_read_by_their_keys() -> None:
    """The latest of a key counts; without a key, or unreadable, it changes nothing."""
    latest: dict[str, ModelAnnouncement] = {}
    first, second = announced("a"), announced("b", AT + 1)
    records: list[tuple[bytes | None, bytes | None]] = [
        (FACET.encode(), first.model_dump_json().encode()), (HELD.encode(), first.model_dump_json().encode()),
        (FACET.encode(), second.model_dump_json().encode()), (None, first.model_dump_json().encode()), (FACET.encode(), b"{"),
        (b"\xff", first.model_dump_json().encode()),
    ]  # fmt: skip
    for key, value in records:
        take_in(latest, SimpleNamespace(key=key, value=value))
    assert latest == {FACET: second, HELD: first, "\ufffd": first}


async def test_a_follower_that_has_caught_up_knows(own: Bundle, tmp_path: Path) -> None:
    """Who has no word of a champion judges by its own model, and that is known then."""
    champions = Champions(load_settings(model_store=tmp_path), own)
    assert not champions.known
    champions._latest[HELD] = announced("a")
    await champions._caught_up()
    assert (champions.known, champions.held, champions.refused) == (True, True, 0)
    assert champions.current is own

"""The topic ``models`` in; the model in force, its challengers and what was before it out. Workers follow it without a restart.

Keys of that compacted topic (a record is a ModelAnnouncement): ``noise`` the champion, ``noise/challenger-<n>`` the latest challenger
of learn's partition n, ``noise/before-<version>`` the champion that a version took the place of, ``noise/held`` the version that a
person rolled back: until a person promotes one, learn announces challengers and promotes none.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np

from agents.runtime.compacted_topic import CompactedTopic
from agents.settings import Settings
from models import Bundle
from models.artefacts import MAX_BYTES
from schemas.errors import WinnowError
from schemas.messages import ModelAnnouncement

log = logging.getLogger("winnow")

FACET = "noise"
HELD = f"{FACET}/held"
BEFORE = f"{FACET}/before-"
MOST_OPEN = 6
"""Bundles kept in memory, some megabytes each: the own one, the one in force, and the latest before it."""


@dataclass(frozen=True, slots=True)
class Announcements:
    """What the topic says: key -> latest announcement."""

    latest: Mapping[str, ModelAnnouncement]

    @property
    def champion(self) -> ModelAnnouncement | None:
        """The model in force; None while it is the deployment's own artefact."""
        return self.latest.get(FACET)

    @property
    def held(self) -> bool:
        """Whether a person rolled back, and nobody promoted since."""
        held, champion = self.latest.get(HELD), self.champion
        return held is not None and (champion is None or champion.at <= held.at)

    def known(self, version: str) -> ModelAnnouncement | None:
        """The announcement of a version, whatever it was announced as."""
        return next((found for key, found in self.latest.items() if found.version == version and key != HELD), None)


def artefact_path(store: Path, version: str) -> Path:
    """Where the store keeps a version."""
    return store / f"{version}.npz"


def read_announcement(value: bytes | None) -> ModelAnnouncement | None:
    """A record's value; None, and a line in the log, when it cannot be read."""
    try:
        return ModelAnnouncement.model_validate_json(value or b"")
    except ValueError as error:
        log.warning("an announcement of a model cannot be read and is passed over: %s", str(error).splitlines()[0])
        return None


def _read_stored(store: Path, path: Path) -> Bundle:
    """The bundle in a regular file of the store, of a bounded size. Raises WinnowError for anything else.

    A record must not choose what is opened: a device or a pipe never ends, and other files are none of its business.
    """
    try:
        inside = path.resolve()
        if not inside.is_relative_to(store.resolve()):
            raise WinnowError(
                f"{str(path)!r} is outside the model store {store}", hint="Set WINNOW_MODEL_STORE, or promote another version."
            )
        content = _content(inside)
    except (OSError, ValueError) as error:
        raise WinnowError(f"{str(path)!r}: no model can be read there ({error})", hint="Promote another version.") from error
    if len(content) > MAX_BYTES:
        raise WinnowError(f"{str(path)!r} is larger than {MAX_BYTES} bytes, so not a model artefact", hint="Promote another version.")
    return Bundle.from_bytes(content, str(path))


def _content(path: Path) -> bytes:
    """At most one byte more than a model may have, of a regular file."""
    # Not blocking: to open a pipe would wait for who writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("no regular file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)


def _place(url: str) -> Path:
    try:
        place = urlparse(url)
    except ValueError as error:
        raise WinnowError(f"{url!r} is no address of a model ({error})", hint="Promote another version.") from error
    if place.scheme != "file":
        raise WinnowError(f"the model lies at {url!r}, which is no file", hint="Promote another version.")
    return Path(unquote(place.path))


def open_bundle(announced: ModelAnnouncement, own: Bundle, store: Path) -> Bundle:
    """The bundle that is announced, read from the store only.

    Raises WinnowError when it is not there, damaged, or no child of the deployment's own artefact.
    """
    if announced.url is None:
        if announced.version != own.version:
            raise WinnowError(
                f"model {announced.version} was another deployment artefact, this one is {own.version}",
                hint="Set WINNOW_MODEL_FILE to the artefact that it was, or promote another version.",
            )
        return own
    bundle = _read_stored(store, _place(announced.url))
    if bundle.version != announced.version:
        raise WinnowError(f"{announced.url} holds model {bundle.version}, not {announced.version}", hint="Promote another version.")
    if not same_but_gate(bundle, own):
        raise WinnowError(
            f"model {announced.version} was learned on another artefact than {own.version}",
            hint="After a new artefact the gate is learned anew; or set WINNOW_MODEL_FILE to the former one.",
        )
    return bundle


def same_but_gate(bundle: Bundle, own: Bundle) -> bool:
    """Whether two bundles judge alike but for the noise gate: one was learned online from the other."""
    left, right = bundle.artefact, own.artefact
    facets = left.parts.keys()
    same = facets == right.parts.keys() and all(left.parts[one].digest == right.parts[one].digest for one in facets if one != "spam")
    return same and np.array_equal(left.idf, right.idf)


class Champions:
    """The model in force, as a worker sees it: look at ``current`` between batches; `follow` keeps it true.

    Nothing is awaited by those who judge: the topic is read and artefacts are opened beside them, and an announcement that cannot be
    used leaves the former model in force.
    """

    def __init__(self, settings: Settings, own: Bundle) -> None:
        self._settings = settings
        self.own = own
        self.current = own
        self.held = False
        self.known = False
        self.refused = 0
        self._refusal = ""
        self._latest: dict[str, ModelAnnouncement] = {}
        self._opened: dict[str, Bundle] = {own.version: own}
        self._topic = CompactedTopic(settings, "models", lambda record: take_in(self._latest, record), self._caught_up)

    def find(self, version: str) -> Bundle | None:
        """A model by its version: the own one, one that was in force, one in the store; None, and a line in the log, when it is gone."""
        if version not in self._opened:
            try:
                store = self._settings.model_store
                self._keep(_read_stored(store, artefact_path(store, version)), version)
            except WinnowError as error:
                log.error("model %s judged here before and is gone, %s goes on: %s", version, self.own.version, error)
                return None
        return self._opened[version]

    def _keep(self, bundle: Bundle, version: str) -> None:
        self._opened[version] = bundle
        for oldest in [known for known in self._opened if known not in (version, self.own.version, self.current.version)]:
            if len(self._opened) > MOST_OPEN:
                del self._opened[oldest]

    def url_of(self, version: str) -> str | None:
        """Where a version lies; None for the deployment's own artefact."""
        return None if version == self.own.version else artefact_path(self._settings.model_store, version).resolve().as_uri()

    def follow(self) -> None:
        """Begin to follow the topic, in the running loop; further calls do nothing."""
        self._topic.follow()

    async def _caught_up(self) -> None:
        await self._take_over()
        self.known = True

    async def _take_over(self) -> None:
        board = Announcements(self._latest)
        self.held = board.held
        champion = board.champion
        version = self.own.version if champion is None else champion.version
        if version == self.current.version:
            return
        try:
            bundle = self.own if champion is None else await asyncio.to_thread(open_bundle, champion, self.own, self._settings.model_store)
        except WinnowError as error:
            self.refused += 1
            if str(error) != self._refusal:  # each record of the topic, even of another model, brings it here again
                log.error("model %s stays in force, %r is refused: %s", self.current.version, version, error)
            self._refusal = str(error)
            return
        self._refusal = ""
        self._keep(bundle, version)
        log.info("model %s takes the place of %s", version, self.current.version)
        self.current = bundle


def take_in(latest: dict[str, ModelAnnouncement], record: Any) -> None:
    """Let one record of the topic count."""
    found = read_announcement(record.value)
    if found is not None and record.key is not None:
        latest[record.key.decode("utf-8", "replace")] = found

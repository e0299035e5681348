"""Stage learn reads ``information``, ``chaff`` and ``labels``, writes ``models`` and artefacts into a folder. The work is in
`pipeline.learn`.
"""

import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.runtime import Champions, Stage, artefact_path
from agents.settings import Settings
from models import Bundle, load_bundle
from models.learner import GateLearner
from pipeline.learn import Champion, LearnShard
from schemas.errors import WinnowError

log = logging.getLogger("winnow")

META = "meta"
VERSION_DIGITS = 12


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Learn beside the model in force; one challenger per partition number."""
    bundle = load_bundle(settings.model_file)
    store = FolderStore(settings.model_store)
    champions = Champions(settings, bundle)
    return Stage(
        "learn",
        lambda _, partition: LearnShard(partition, Challenger(champions), store.keep),
        together=True,
        warm_up=lambda: _warm_up(bundle, settings),
        between_batches=champions.follow,
    )


def _warm_up(bundle: Bundle, settings: Settings) -> None:
    bundle.warm_up()
    Challenger(Champions(settings, bundle)).partial_fit(["compile the kernel before the first label comes"], [False])


class Challenger:
    """The online learner against the model in force, as the learn stage wants it; against another one it starts anew."""

    def __init__(self, champions: Champions) -> None:
        self._champions = champions
        self._learner = GateLearner(champions.current)

    @property
    def seen(self) -> int:
        """Labels learned from."""
        return self._learner.seen

    def partial_fit(self, texts: Sequence[str], noise: Sequence[bool]) -> None:
        """Test, then learn; a lesson is the boundary at which a new champion counts."""
        self._follow()
        self._learner.partial_fit(texts, noise)

    def _follow(self) -> None:
        current = self._champions.current
        if self._champions.known and current.version != self._learner.champion.version:
            log.info("learn: the champion is now %s; a challenger starts anew", current.version)
            self._learner = GateLearner(current)

    def ready(self) -> bool:
        """Whether it has earned the gate."""
        return self._learner.ready()

    def champion(self) -> Champion:
        """The model it was measured against. As long as the topic was not read, nobody knows whether it is held: it is."""
        version = self._learner.champion.version
        return Champion(version, self._champions.url_of(version), self._champions.held or not self._champions.known)

    def scores(self) -> tuple[float, float]:
        """(challenger's, champion's) accuracy on the same latest labels."""
        contest = self._learner.contest()
        return contest.challenger_accuracy, contest.champion_accuracy

    def export(self) -> tuple[str, bytes]:
        """(version, artefact) of the champion's bundle with the challenger's gate in it."""
        content = self._learner.export()
        return Bundle.from_bytes(content).version, content

    def state(self) -> Mapping[str, bytes]:
        """Everything learned."""
        return self._learner.state()

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Continue against the champion that it was; when that is gone there is nothing to continue.

        Raises ModelError when the state is damaged.
        """
        content_hash = _champion_of(state)
        if content_hash is None or content_hash == self._learner.champion.artefact.content_hash:
            self._learner.restore(state)  # damaged: it says so
            return
        champion = self._champions.find(content_hash[:VERSION_DIGITS])
        if champion is None:
            log.warning("learn: the challenger of %s starts anew", content_hash[:VERSION_DIGITS])
            return
        self._learner = GateLearner(champion)
        self._learner.restore(state)


def _champion_of(state: Mapping[str, bytes]) -> str | None:
    try:
        return str(json.loads(state[META])["champion"])
    except (KeyError, ValueError, TypeError):
        return None  # damaged: the learner says so


class FolderStore:
    """Artefacts as files named by their version. Readers see a whole file or none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, version: str, artefact: bytes) -> str:
        """Write an artefact, durably, and return its file URL. Raises WinnowError naming the folder when that fails."""
        path = artefact_path(self._folder, version)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=f".{version}.", delete=False) as draft:
                draft.write(artefact)
                draft.flush()
                os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except OSError as error:
            raise WinnowError(
                f"cannot keep model {version} in {self._folder}: {error.strerror}", hint="Give the learn stage a folder it may write to."
            ) from error
        return path.resolve().as_uri()

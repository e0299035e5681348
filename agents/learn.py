"""Stage learn: ``information``, ``chaff`` and ``labels`` in, ``models`` out, artefacts into a folder. The work is pipeline/learn.py."""

import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.settings import Settings
from agents.worker import Stage
from models import Bundle, load_bundle
from models.learner import Learner
from pipeline.learn import LearnShard
from schemas.errors import WinnowError

log = logging.getLogger("winnow")

META = "meta"


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Learn beside the model that this deployment judges with; one challenger per partition number."""
    bundle = load_bundle(settings.model_file)
    store = FolderStore(settings.model_store)
    return Stage(
        "learn", lambda _, partition: LearnShard(partition, Challenger(bundle), store.keep), together=True, warm_up=lambda: _warm_up(bundle)
    )


def _warm_up(bundle: Bundle) -> None:
    bundle.warm_up()
    Challenger(bundle).partial_fit(["compile the kernel before the first label comes"], [False])


class Challenger:
    """The online learner against one champion, as the learn stage wants it."""

    def __init__(self, champion: Bundle) -> None:
        self._champion = champion
        self._learner = Learner(champion)

    @property
    def seen(self) -> int:
        """Labels learned from."""
        return self._learner.seen

    def partial_fit(self, texts: Sequence[str], noise: Sequence[bool]) -> None:
        """Test, then learn."""
        self._learner.partial_fit(texts, noise)

    def ready(self) -> bool:
        """Whether it has earned the gate."""
        return self._learner.ready()

    def scores(self) -> tuple[float, float]:
        """(challenger's, champion's) accuracy on the same latest labels."""
        contest = self._learner.contest()
        return contest.challenger_accuracy, contest.champion_accuracy

    def export(self) -> tuple[str, bytes]:
        """(version, artefact) of the champion's bundle with the challenger's gate in it."""
        content = self._learner.export(self._champion)
        return Bundle.from_bytes(content).version, content

    def state(self) -> Mapping[str, bytes]:
        """Everything learned."""
        return self._learner.state()

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Continue, unless the champion is another one than it was: then there is nothing to continue.

        Raises ModelError when the state is damaged.
        """
        if _champion_of(state) not in (None, self._champion.artefact.content_hash):
            log.warning("learn: the champion is now %s; its challenger starts anew", self._champion.version)
            return
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
        path = self._folder / f"{version}.npz"
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

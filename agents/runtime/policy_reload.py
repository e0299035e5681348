"""A policy file and silences that may change in, the policy in force out: looked at between batches, so that no decision mixes two."""

import logging
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from pipeline.policy import Policy, PolicyError, Silence, also_silent, load_policy, silences_beside
from schemas.errors import WinnowError

log = logging.getLogger("winnow")

LOOK_SECONDS = 1.0


Aside = Callable[[Callable[[], "Policy | None"]], "Future[Policy | None]"]


class Follower(Protocol):
    """A shard that goes by a policy."""

    def use(self, policy: Policy) -> None:
        """Go by another policy from the next batch on."""

    def note(self, *fact: str) -> None:
        """Count a fact with the next step."""


S = TypeVar("S", bound=Follower)


class PolicyWatch:
    """The policy of one worker. Raises PolicyError when there is no good one to begin with; later, the former stays in force.

    A changed file is read when two looks found it the same, in a thread of its own, and never when it seems to be half written: what
    takes force is what somebody wrote, whole. ``aside`` runs the reading.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        silences: Callable[[], tuple[Silence, ...]] = tuple,
        clock: Callable[[], float] = time.monotonic,
        aside: Aside | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._aside = aside or ThreadPoolExecutor(1, "policy").submit
        self._fragments: tuple[Path, ...] = ()
        self._seen = self._changing = self._stamp()
        self._reading: Future[Policy | None] | None = None
        self._looked = clock()
        self._followers: weakref.WeakSet[Follower] = weakref.WeakSet()
        self._silences = silences
        self._silenced = silences()
        self._filed = load_policy(path)
        self.policy = also_silent(self._filed, self._silenced)
        self._fragments = tuple(Path(file) for file in self._filed.files)
        self._teams = {team.name for team in self.policy.teams}
        self._ended = {file for file in self._files() if _is_ended(_text(file) or "")}
        self._silences_there = path is not None and silences_beside(path).exists()

    def follow(self, shard: S) -> S:
        """The shard itself, which from now on is told of new policies. It is made under the one in force."""
        self._followers.add(shard)
        return shard

    def look(self) -> None:
        """Look at the files at most once a second, and take up what was read; call between batches. Never waits for a file."""
        if self._reading is not None and self._reading.done():
            read, self._reading = self._reading, None
            self._take_up(read)
        self.look_at_silences()
        now = self._clock()
        if self._path is None or self._reading is not None or now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        stamp, self._changing = self._changing, self._stamp()
        if self._changing != stamp or stamp == self._seen:
            return
        self._seen = stamp
        self._reading = self._aside(self._read)
        if self._reading.done():
            read, self._reading = self._reading, None
            self._take_up(read)

    def look_at_silences(self) -> None:
        """Take up the silences of the topic; they have been compiled."""
        if (found := self._silences()) != self._silenced:
            self._silenced = found
            self._put_in_force()

    def _take_up(self, read: "Future[Policy | None]") -> None:
        try:
            fresh = read.result()
        except WinnowError as error:
            told = str(error)
            if isinstance(error, PolicyError):
                told = error.in_brief
                self._fragments = tuple(Path(file) for file in error.files) or self._fragments
            log.error("policy %s stays in force, the new file is refused: %s; `winnow policy check` tells all", self.policy.hash, told)
            self._tell("policy_refused")
            return
        if fresh is None:  # it changed while it was read: not seen yet
            self._seen = ()
            return
        self._fragments = tuple(Path(file) for file in fresh.files)
        self._ended = {file for file in self._files() if _is_ended(_text(file) or "")}
        self._silences_there = self._path is not None and silences_beside(self._path).exists()
        self._filed = fresh
        self._put_in_force()

    def _put_in_force(self) -> None:
        """The file with the silences of the topic, when that is another policy than the one in force."""
        fresh = also_silent(self._filed, self._silenced)
        if fresh.hash == self.policy.hash:
            return
        log.info("policy %s takes the place of %s", fresh.hash, self.policy.hash)
        for warning in fresh.warnings:
            log.warning("policy %s: %s", fresh.hash, warning)
        self.policy = fresh
        for shard in list(self._followers):
            shard.use(fresh)
        self._tell("policy_loaded", fresh.hash)

    def _read(self) -> Policy | None:
        """The policy of the files; None when they changed meanwhile. Raises WinnowError. Runs in the other thread."""
        before = self._stamp()
        fault: WinnowError | None = None
        fresh = None
        try:
            self._check_whole()
            fresh = load_policy(self._path)
        except WinnowError as error:
            fault = error
        if self._stamp() != before:
            return None
        if fault is not None:
            raise fault
        assert fresh is not None
        added = sorted({team.name for team in fresh.teams} - self._teams)
        if added:  # a team without its topic would stop the stage that acts, for all teams
            raise WinnowError(
                f"{self._path}: team {added[0]!r} is new since this worker started",
                hint="Run `winnow topics apply`, then restart decide and act.",
            )
        return fresh

    def _check_whole(self) -> None:
        """Raise WinnowError for a file that is gone or seems to be cut off."""
        for file in self._files():
            text = _text(file)
            if text is None:
                beside = self._path is not None and file == silences_beside(self._path)
                if not beside or self._silences_there:
                    hint = "Put it back" if not beside else "Put it back; to end its silences write `silences: []` into it"
                    raise WinnowError(f"{file} is gone, what it said stays in force", hint=hint)
                continue
            if not text.endswith("\n") and not _is_ended(text):
                raise WinnowError(f"{file} ends in the middle of a line", hint="Is it cut off? Its last line must end")
            if file in self._ended and not _is_ended(text):
                raise WinnowError(f"{file} lacks the line `...` that ended it before", hint="Is it cut off? Write that line at its end")

    def _files(self) -> tuple[Path, ...]:
        return () if self._path is None else (self._path, silences_beside(self._path), *self._fragments)

    def _tell(self, *fact: str) -> None:
        for shard in list(self._followers)[:1]:  # once a worker
            shard.note(*fact)

    def _stamp(self) -> tuple[object, ...]:
        """What changes when a file does; a ConfigMap or an editor replaces it, others write into it."""
        found: list[object] = []
        for path in self._files():
            try:
                stat = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((stat.st_ino, stat.st_mtime_ns, stat.st_size))
        return tuple(found)


def _text(file: Path) -> str | None:
    """What is in a file; None when it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _is_ended(text: str) -> bool:
    """Whether it ends in ``...``, by which YAML says that a document is complete."""
    return text.rstrip().endswith("\n...")

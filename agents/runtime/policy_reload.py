"""A policy file that may change in, the policy in force out: looked at between batches, so that no decision mixes two of them."""

import logging
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from pipeline.policy import Policy, load_policy, silences_beside
from schemas.errors import WinnowError

log = logging.getLogger("winnow")

LOOK_SECONDS = 1.0


class Follower(Protocol):
    """A shard that goes by a policy."""

    def use(self, policy: Policy) -> None:
        """Go by another policy from the next batch on."""

    def tell(self, *fact: str) -> None:
        """Count a fact with the next step."""


S = TypeVar("S", bound=Follower)


class PolicyWatch:
    """The policy of one worker. Raises PolicyError when there is no good one to begin with; later, the former stays in force."""

    def __init__(self, path: Path | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._seen = self._stamp()
        self._looked = clock()
        self._followers: weakref.WeakSet[Follower] = weakref.WeakSet()
        self.policy = load_policy(path)
        self._teams = {team.name for team in self.policy.teams}

    def follow(self, shard: S) -> S:
        """The shard itself, which from now on is told of new policies. It is made under the one in force."""
        self._followers.add(shard)
        return shard

    def look(self) -> None:
        """Look at the files at most once a second; call between batches."""
        now = self._clock()
        if self._path is None or now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            fresh = self._read()
        except WinnowError as error:
            log.error("policy %s stays in force, the new file is refused: %s", self.policy.hash, error)
            self._tell("policy_refused")
            return
        if fresh.hash == self.policy.hash:
            return
        log.info("policy %s takes the place of %s", fresh.hash, self.policy.hash)
        for warning in fresh.warnings:
            log.warning("policy %s: %s", fresh.hash, warning)
        self.policy = fresh
        for shard in list(self._followers):
            shard.use(fresh)
        self._tell("policy_loaded", fresh.hash)

    def _read(self) -> Policy:
        fresh = load_policy(self._path)
        added = sorted({team.name for team in fresh.teams} - self._teams)
        if added:  # a team without its topic would stop the stage that acts, for all teams
            raise WinnowError(
                f"{self._path}: team {added[0]!r} is new since this worker started",
                hint="Run `winnow topics apply`, then restart decide and act.",
            )
        return fresh

    def _tell(self, *fact: str) -> None:
        for shard in list(self._followers)[:1]:  # once a worker
            shard.tell(*fact)

    def _stamp(self) -> tuple[object, ...]:
        """What changes when a file does; a ConfigMap or an editor replaces it, others write into it."""
        if self._path is None:
            return ()
        found: list[object] = []
        for path in (self._path, silences_beside(self._path)):
            try:
                stat = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((stat.st_ino, stat.st_mtime_ns, stat.st_size))
        return tuple(found)

"""What decide remembers of situations: the decision that stands on each, and cases that wait for what becomes of their surge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from pipeline.policy import Asked, class_floor
from pipeline.stream import Expiry
from schemas.messages import Mode

STATE_KEY = b"situation/"
ABSORBED_KEY = b"absorbed/"
VERSION = 2
"""Version 1 did not say whether the situation had closed, since when it asks for less, and how often its customer had asked."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a decision is in substance; its severity is the highest that its teams were told of."""

    rule: str
    do: str
    owner: str
    peers: tuple[str, ...]
    mode: str
    severity: float


@dataclass(slots=True)
class LastDecision:
    """What is remembered of a situation: its last revision and the decision that stands (``id`` None: none does).

    Times are event time, Unix ms. calm_since: since when the policy would ask for less than what stands, 0 while it would not.
    times_asked: how often the customer had asked when the decision was last told. first_events: how many there were when somebody was
    first asked, 0 while nobody is, or where a former version asked.
    """

    revision: int
    expires: int
    id: str | None = None
    made: Made | None = None
    decided_at: int = 0
    not_after: int = 0
    closed: bool = False
    calm_since: int = 0
    times_asked: int = 0
    first_events: int = 0

    @property
    def asked(self) -> Asked | None:
        """What its policy needs to know of who is asked, None when nobody is."""
        return Asked(self.made.owner, self.first_events) if self.made is not None and self.made.mode == Mode.LIVE else None

    @property
    def holds(self) -> bool:
        """Whether somebody is asked about the situation while it lasts."""
        return self.made is not None and self.made.mode == Mode.LIVE and not self.closed


class _Waiting(NamedTuple):
    """A case that waits for what becomes of its surge: its message, as JSON. There may be hundreds of thousands, and taken apart each
    would need several times the memory.
    """

    surge: str
    message: bytes


class Standings:
    """All situations of one shard, and the cases that the guard ``absorbed`` stops, by the surge that they are part of."""

    def __init__(self) -> None:
        self._last: dict[str, LastDecision] = {}
        self._expiry = Expiry()
        self._absorbed: dict[str, _Waiting] = {}
        self._by_surge: dict[str, set[str]] = {}
        self._changed: set[bytes] = set()

    def find(self, situation: str) -> LastDecision | None:
        """What is remembered of a situation."""
        return self._last.get(situation)

    def enter(self, situation: str) -> LastDecision:
        """Begin to remember a situation."""
        found = self._last[situation] = LastDecision(0, 0)
        return found

    def keep(self, situation: str, expires: int) -> None:
        """Note that a situation changed; it is forgotten at ``expires``."""
        self._last[situation].expires = expires
        self._expiry.set(situation, expires)
        self._changed.add(STATE_KEY + situation.encode())

    def forget_due(self, clock: int) -> list[str]:
        """Forget what is too old; surges that were, and that cases are still waiting for."""
        forgotten = list(self._expiry.due(clock))
        for situation in forgotten:
            del self._last[situation]
            self._changed.add(STATE_KEY + situation.encode())
            self.release(situation)
        return [situation for situation in forgotten if situation in self._by_surge]

    def holds(self, surge: str | None) -> bool:
        """Whether a live decision stands on a surge that is still on, so that its cases are handled as the surge."""
        found = None if surge is None else self._last.get(surge)
        return found is not None and found.holds

    # -- cases that were stopped because they are part of a surge ----------------------------------------------------

    def absorb(self, case: Mapping[str, Any]) -> None:
        """Remember a case (a situation message) that nobody is asked about as long as its surge is handled."""
        self.release(case["id"])
        self._absorbed[case["id"]] = _Waiting(case["absorbed_by"], orjson.dumps(case))
        self._by_surge.setdefault(case["absorbed_by"], set()).add(case["id"])
        self._changed.add(ABSORBED_KEY + case["id"].encode())

    def release(self, case: str) -> None:
        """The case does not wait any more, if it did."""
        found = self._absorbed.pop(case, None)
        if found is None:
            return
        cases = self._by_surge[found.surge]
        cases.discard(case)
        if not cases:
            del self._by_surge[found.surge]
        self._changed.add(ABSORBED_KEY + case.encode())

    def cases_waiting_for(self, surge: str) -> list[dict[str, Any]]:
        """The cases that wait for a surge, by id."""
        return [orjson.loads(self._absorbed[case].message) for case in sorted(self._by_surge.get(surge, ()))]

    # -- keyed state -------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found = {key: self._dump(key) for key in sorted(self._changed)}
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote, now or in version 1."""
        for key, value in items.items():
            if key.startswith(STATE_KEY):
                saved = orjson.loads(value)["standing"]
                made = saved.pop("made")
                found = LastDecision(**saved)
                found.made = None if made is None else _made(made)
                situation = key[len(STATE_KEY) :].decode()
                self._last[situation] = found
                self._expiry.set(situation, found.expires)
            elif key.startswith(ABSORBED_KEY):
                self.absorb(orjson.loads(value)["situation"])
        self._changed.clear()

    def _dump(self, key: bytes) -> bytes | None:
        if key.startswith(STATE_KEY):
            found = self._last.get(key[len(STATE_KEY) :].decode())
            return None if found is None else orjson.dumps({"v": VERSION, "standing": found})
        case = self._absorbed.get(key[len(ABSORBED_KEY) :].decode())
        return None if case is None else orjson.dumps({"v": VERSION, "situation": orjson.Fragment(case.message)})


def _made(saved: dict[str, Any]) -> Made:
    """What a decision is, also as former versions have it, which knew the class of its severity."""
    severity = saved["severity"] if "severity" in saved else class_floor(saved["severity_class"])
    return Made(saved["rule"], saved["do"], saved["owner"], tuple(saved["peers"]), saved["mode"], severity)

"""Who asks, and may they: Host, identity, CSRF, rates. Everything between the socket and a page; a page only asks for a right."""

import hashlib
import hmac
import ipaddress
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from agents.board.people import Member, Members
from agents.settings import Settings
from schemas.errors import WinnowError

if TYPE_CHECKING:
    from agents.board.oidc import Provider

COOKIE = "winnow_board"
LEAVING = "winnow_leaving"
SESSION_SECONDS, LEAVING_SECONDS = 12 * 3600, 600
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MOST_BUCKETS = 10_000


class Buckets:
    """Token buckets by name: ``rate`` a second, ``burst`` at once. Bounded: who has not come for longest is forgotten."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admits(self, name: str, now: float) -> bool:
        """Whether one more is in the budget of this name at ``now`` (seconds of a clock that only goes forward)."""
        left, at = self._left.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        admitted = left >= 1
        self._left[name] = (left - 1 if admitted else left, now)
        if len(self._left) > MOST_BUCKETS:
            self._left.popitem(last=False)
        return admitted


@dataclass(slots=True)
class Access:
    """How a deployment lets people in.

    local: who uses it when nobody has to say who they are, only for a board on loopback; None: identity comes from a proxy's header or
    a token or a provider. hosts: names by which browsers may call it. proxies: addresses whose ``header`` says who asks.
    """

    key: bytes
    hosts: frozenset[str]
    people: Members | None
    local: Member | None
    proxies: frozenset[str]
    header: str
    provider: "Provider | None" = None
    reading: Buckets = field(default_factory=lambda: Buckets(20, 120))
    writing: Buckets = field(default_factory=lambda: Buckets(2, 60))
    entering: Buckets = field(default_factory=lambda: Buckets(0.1, 6))

    def host_is_ours(self, headers: Headers) -> bool:
        """Whether the browser meant us: a foreign name that resolves to our address (DNS rebinding) is refused."""
        return _without_port(headers.get("host", "")) in self.hosts

    def who(self, address: str, headers: Headers) -> Member | None:
        """Who asks: by the proxy's header if the connection comes from a named proxy, by the cookie of a token, or the machine's own."""
        if address in self.proxies and (named := headers.get(self.header)) is not None:
            return None if self.people is None else self.people.named(named)
        if self.people is not None and (cookie := cookie_parser(headers.get("cookie", "")).get(COOKIE)) is not None:
            name = self.read_cookie(cookie, time.time())
            return None if name is None else self.people.named(name)
        return self.local if address not in self.proxies else None

    def cookie(self, name: str, now: float) -> str:
        """A session of this person, until twelve hours after ``now`` (Unix seconds)."""
        said = f"{name.encode().hex()}.{int(now) + SESSION_SECONDS}"
        return f"{said}.{self._sign('session', said)}"

    def read_cookie(self, cookie: str, now: float) -> str | None:
        """Whose session it is; None for one that we did not make or that is over."""
        said, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(self._sign("session", said).encode(), signature.encode("utf-8", "replace")):
            return None
        name, _, until = said.partition(".")
        return bytes.fromhex(name).decode() if int(until) > now else None

    @property
    def can_enter(self) -> bool:
        """Whether there is a way in that begins on the board itself."""
        return self.people is not None and (self.people.have_tokens or self.provider is not None)

    def seal(self, kept: Mapping[str, str], now: float) -> str:
        """What somebody takes along to the provider and back, until ten minutes after ``now`` (Unix seconds)."""
        said = f"{orjson.dumps(dict(kept)).hex()}.{int(now) + LEAVING_SECONDS}"
        return f"{said}.{self._sign('leaving', said)}"

    def unseal(self, sealed: str, now: float) -> dict[str, str] | None:
        """What was taken along; None for what we did not give, or that is too old."""
        said, _, signature = sealed.rpartition(".")
        if not hmac.compare_digest(self._sign("leaving", said).encode(), signature.encode("utf-8", "replace")):
            return None
        kept, _, until = said.partition(".")
        found: dict[str, str] = orjson.loads(bytes.fromhex(kept))
        return found if int(until) > now else None

    def form_token(self, person: Member) -> str:
        """What every form of this person's pages carries, and nobody else can know."""
        return self._sign("form", person.name)

    def form_is_ours(self, person: Member, token: str, headers: Headers) -> bool:
        """Whether a form was on a page that we made for this person, and was sent from one."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site not in (None, "same-origin", "none"):
            return False
        if origin is not None and origin != "null" and _without_port(origin.partition("://")[2]) not in self.hosts:
            return False
        return hmac.compare_digest(self.form_token(person).encode(), token.encode("utf-8", "replace"))

    def _sign(self, what: str, said: str) -> str:
        return hmac.new(self.key, f"{what}\0{said}".encode(), hashlib.sha256).hexdigest()


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() and (not name.startswith("[") or name.endswith("]")) else host).lower()


def access_of(settings: Settings, people: Members | None, local: Member, provider: "Provider | None" = None) -> Access:
    """As the settings say. Raises WinnowError for a board that others can reach and nobody has to say who they are."""
    proxies = frozenset(_addresses(settings.board_proxies))
    if not is_loopback(settings.board_host) and people is None:
        raise WinnowError(
            f"the board would listen on {settings.board_host}, where others reach it, and lets everybody in",
            hint="Name who may with WINNOW_BOARD_PEOPLE_FILE, or leave WINNOW_BOARD_HOST at 127.0.0.1.",
        )
    if proxies and people is None:
        raise WinnowError("WINNOW_BOARD_PROXIES needs to know who may what", hint="Name them with WINNOW_BOARD_PEOPLE_FILE.")
    if provider is not None and people is None:
        raise WinnowError("WINNOW_BOARD_OIDC_ISSUER needs to know who may what", hint="Name them with WINNOW_BOARD_PEOPLE_FILE.")
    if people is not None and not people.have_tokens and not proxies and provider is None:
        raise WinnowError(
            "nobody in WINNOW_BOARD_PEOPLE_FILE has a token, and there is no proxy or provider",
            hint="`winnow board --token-for NAME` makes one.",
        )
    named = (one.strip().lower() for one in settings.board_hosts.split(",") if one.strip())
    own = urlsplit(settings.board_url).hostname
    hosts = frozenset((*LOOPBACK, *named, *([own] if own else ())))
    return Access(_key(settings), hosts, people, local if people is None else None, proxies, settings.board_identity_header, provider)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _addresses(text: str) -> list[str]:
    found = [one.strip() for one in text.split(",") if one.strip()]
    for one in found:
        try:
            ipaddress.ip_address(one)
        except ValueError as error:
            raise WinnowError(f"WINNOW_BOARD_PROXIES: {one!r} is no address", hint="Addresses, comma-separated, no names.") from error
    return found


def _key(settings: Settings) -> bytes:
    """What forms and sessions are signed with: the deployment's, or one that this folder keeps, so that open pages survive a restart."""
    if settings.board_key is not None:
        return hashlib.sha256(settings.board_key.get_secret_value().encode()).digest()
    path: Path = settings.board_folder / "key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    except OSError as error:
        raise WinnowError(f"cannot write {path}: {error.strerror}", hint="Set WINNOW_BOARD_FOLDER to one it may write.") from error
    return path.read_bytes()

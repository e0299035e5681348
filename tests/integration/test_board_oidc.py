"""Signing in on the board at a provider by OpenID Connect: a small one on loopback that is right, and wrong in every way."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from agents.board.access import access_of
from agents.board.oidc import provider_of
from agents.board.people import Member, Members, owner_of_machine
from agents.settings import load_settings
from schemas.errors import WinnowError
from tests.unit.agents.board.world import World, flow, surge, world

jwt = pytest.importorskip("joserfc.jwt")
from joserfc.jwk import KeySet, RSAKey  # noqa: E402  # only where the extra is

CLIENT, SECRET, HOME = "board", "a secret: 100%", "http://localhost:8440"
HOST = {"host": "localhost:8440"}


class SmallProvider(ThreadingHTTPServer):
    """What a provider does for the code flow; ``over`` changes what its next id token says, ``key`` what it is signed with."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signed_with, self.algorithm = self.key, "RS256"
        self.codes: dict[str, dict[str, str]] = {}
        self.over: dict[str, Any] = {}
        self.asked = list[str]()

    def log_in(self, address: str) -> str:
        """Somebody signs in there: the address that their browser is sent to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT, f"{HOME}/enter/back")
        assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid email")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"/enter/back?{urlencode({'code': code, 'state': asked['state']})}"

    def id_token(self, asked: dict[str, str]) -> str:
        """Of who signed in."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 60, "nonce": asked["nonce"],
                  "email": "bo@example.org", "email_verified": True, **self.over}  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        return str(jwt.encode({"alg": self.algorithm, "kid": "one"}, kept, self.signed_with, algorithms=[self.algorithm]))


class _Handler(BaseHTTPRequestHandler):
    server: SmallProvider

    def do_GET(self) -> None:
        """Metadata and keys."""
        provider = self.server
        provider.asked.append(self.path)
        if self.path == "/.well-known/openid-configuration":
            places = {"authorization_endpoint": f"{provider.issuer}/authorize", "token_endpoint": f"{provider.issuer}/token"}
            self._say(200, {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/keys", **places})
        elif self.path == "/keys":
            self._say(200, KeySet([provider.key]).as_dict(private=False))
        else:
            self._say(404, {})

    def do_POST(self) -> None:
        """A code for a token, once, for who began and is the client."""
        provider = self.server
        fields = {name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        asked = provider.codes.pop(fields["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        client = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        if asked is None or asked["code_challenge"] != proof or client != "board:a%20secret%3A%20100%25":
            self._say(400, {"error": "invalid_grant"})
        else:
            assert fields["redirect_uri"] == asked["redirect_uri"]
            self._say(200, {"access_token": "x", "token_type": "Bearer", "id_token": provider.id_token(asked)})

    def _say(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quietly."""


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    """One on loopback."""
    with SmallProvider() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def board(provider: SmallProvider, folder: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A board whose people sign in there; bo answers for comms."""
    settings = load_settings(
        board_folder=folder, board_url=f"{HOME}/", board_oidc_issuer=provider.issuer, board_oidc_client=CLIENT, board_oidc_secret=SECRET
    )
    people = Members({"bo@example.org": Member("bo@example.org", {"comms": frozenset(["answer"])})}, {})
    access = access_of(settings, people, owner_of_machine("ana"), provider_of(settings))
    made = world(folder, flow([surge()]), monkeypatch, people=people)
    made.board.access = access
    made.app.user_middleware[0].kwargs["access"] = access
    return made


def cookies(headers: dict[str, str]) -> str:
    """What a browser would send back."""
    return headers.get("set-cookie", "").split(";")[0]


def leave(made: World, place: str = "/queue/comms?sort=gravest") -> tuple[str, str]:
    """Begin: the provider's address, and the cookie that waits."""
    status, headers, _ = made.ask("GET", place, headers=HOST)
    assert (status, headers["location"]) == (303, f"/enter?{urlencode({'back': place})}")
    page = made.ask("GET", headers["location"], headers=HOST)[2]
    assert "Sign in with your organisation" in page
    assert 'name="token"' not in page.partition("<main")[2], "nobody has one"
    status, headers, _ = made.ask("GET", f"/enter/with?{urlencode({'back': place})}", headers=HOST)
    assert status == 303
    assert {"HttpOnly", "SameSite=lax", "Path=/enter"} <= set(headers["set-cookie"].split("; "))
    return headers["location"], cookies(headers)


def test_who_signs_in_there_is_who_the_people_file_says(provider: SmallProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a deep link to the provider and back to it; rights are those of the file; a code and a cookie hold once and ten minutes."""
    made = board(provider, tmp_path, monkeypatch)
    address, cookie = leave(made)
    back = provider.log_in(address)
    status, headers, page = made.ask("GET", back, headers=HOST | {"cookie": cookie})
    assert status == 200
    assert 'content="0; url=/queue/comms?sort=gravest"' in page
    session = next(one for one in headers["set-cookie"].split(", ") if one.startswith("winnow_board="))
    assert {"HttpOnly", "SameSite=strict"} <= set(session.split("; "))
    me = HOST | {"cookie": session.split(";")[0]}
    assert made.ask("GET", "/queue/comms?sort=gravest", headers=me)[0] == 200
    assert made.ask("GET", "/queue/support", headers=me)[0] == 403
    assert made.ask("GET", back, headers=HOST | {"cookie": cookie})[0] == 403, "the code was used"
    address, cookie = leave(made)
    assert made.ask("GET", provider.log_in(address), headers=HOST)[0] == 403, "another browser"
    other = leave(made)[1]
    assert made.ask("GET", provider.log_in(address), headers=HOST | {"cookie": other})[0] == 403, "another sign-in"
    sealed = cookie.partition("=")[2]
    assert made.board.access.unseal(sealed, time.time() + 601) is None
    assert made.board.access.unseal(f"{sealed[:-1]}0" if sealed[-1] != "0" else f"{sealed[:-1]}1", time.time()) is None
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"], "asked once"


def _other_key(provider: SmallProvider) -> None:
    provider.signed_with = RSAKey.generate_key(2048, {"kid": "one"})


def _unsigned(provider: SmallProvider) -> None:
    provider.id_token = lambda asked: ".".join(  # type: ignore[method-assign]  # this one does not sign
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode()
        for one in ({"alg": "none"}, {"iss": provider.issuer, "aud": CLIENT, "nonce": asked["nonce"], "email": "bo@example.org",
                                      "email_verified": True, "iat": 1, "exp": int(time.time()) + 60})
    ) + "."  # fmt: skip


def _says(**over: Any) -> Callable[[SmallProvider], None]:
    return lambda provider: provider.over.update(over)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_says(aud="another"), "does not hold"),
        (_says(iss="https://evil.example"), "does not hold"),
        (_says(nonce="another"), "does not hold"),
        (_says(nonce=None), "does not hold"),
        (_says(exp=1), "does not hold"),
        (_says(exp=None), "does not hold"),
        (_says(azp="another"), "for somebody else"),
        (_says(email_verified=False), "not verified"),
        (_says(email_verified=None), "not verified"),
        (_says(email=None), "does not say your email"),
        (_says(email=["bo@example.org"]), "does not say your email"),
        (_says(email="eve@example.org"), "may do nothing here"),
        (_other_key, "does not hold"),
        (_unsigned, "does not hold"),
    ],
)
def test_what_the_provider_did_not_say_of_this_sign_in_lets_nobody_in(
    provider: SmallProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[SmallProvider], None], why: str
) -> None:
    """A token for others, of others, old, unsigned or without a verified address: a page that says so, and no session."""
    made = board(provider, tmp_path, monkeypatch)
    address, cookie = leave(made)
    back = provider.log_in(address)
    spoil(provider)
    status, headers, page = made.ask("GET", back, headers=HOST | {"cookie": cookie})
    assert status == 403
    assert why in page
    assert "winnow_board=" not in headers.get("set-cookie", "")


def test_a_key_that_is_new_there_is_fetched(provider: SmallProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers change their keys: the next sign-in after ten seconds asks for them again."""
    made = board(provider, tmp_path, monkeypatch)
    address, cookie = leave(made)
    assert made.ask("GET", provider.log_in(address), headers=HOST | {"cookie": cookie})[0] == 200
    provider.key = provider.signed_with = RSAKey.generate_key(2048, {"kid": "one"})
    known = made.board.access.provider
    assert known is not None
    known._keys = (known._keys[0] - 11, known._keys[1])
    address, cookie = leave(made)
    assert made.ask("GET", provider.log_in(address), headers=HOST | {"cookie": cookie})[0] == 200


def test_a_refusal_and_a_provider_that_is_away_are_said(provider: SmallProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the provider calls it; or that it does not answer: nobody gets in, and the page stays."""
    made = board(provider, tmp_path, monkeypatch)
    address, cookie = leave(made)
    state = dict(parse_qsl(urlsplit(address).query))["state"]
    refusal = f"/enter/back?{urlencode({'error': 'access_denied<b>', 'state': state})}"
    status, _, page = made.ask("GET", refusal, headers=HOST | {"cookie": cookie})
    assert (status, "access_denied&lt;b&gt;" in page) == (403, True)
    access = made.board.access
    assert access.provider is not None
    access.provider.issuer, access.provider._metadata = "http://127.0.0.1:9", None
    assert made.ask("GET", "/enter/with", headers=HOST)[0] == 503


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"board_oidc_client": ""}, "WINNOW_BOARD_OIDC_CLIENT"),
        ({"board_url": ""}, "WINNOW_BOARD_URL"),
        ({"board_url": "http://board.example.org"}, "no https"),
        ({"board_oidc_issuer": "http://idp.example.org"}, "no https"),
        ({"board_oidc_issuer": "ftp://localhost"}, "no https"),
    ],
)
def test_settings_that_do_not_fit_are_one_line(given: dict[str, str], why: str) -> None:
    """Before anything listens."""
    whole = {"board_oidc_issuer": "https://idp.example.org", "board_oidc_client": "b", "board_url": "https://board.example.org"}
    with pytest.raises(WinnowError, match=why):
        provider_of(load_settings(**(whole | given)))
    settings = load_settings(**whole)
    with pytest.raises(WinnowError, match="WINNOW_BOARD_PEOPLE_FILE"):
        access_of(settings, None, owner_of_machine("ana"), provider_of(settings))
    assert provider_of(load_settings()) is None

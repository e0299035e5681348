"""Signing in at the organisation's own provider by OpenID Connect: the code flow with PKCE, by authlib. Who comes back has a name.

Nothing is kept on the server between leaving and coming back: state, nonce and verifier travel in a signed cookie of ten minutes.
"""

import asyncio
import base64
import importlib.util
import secrets
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import orjson

from agents.board.access import is_loopback
from agents.settings import Settings
from schemas.errors import Unavailable, WinnowError

ANSWER_SECONDS = 10.0
KEYS_SECONDS = 3_600.0
LEEWAY_SECONDS = 60
MOST_BYTES = 1_000_000
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that only the provider can make: neither none nor the client's own secret."""
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody on the way to the provider: where to, and what has to come back with them."""

    address: str
    kept: dict[str, str]


@dataclass(slots=True)
class Provider:
    """One provider and our name there. claim: of the id token, what the people file calls a person. home: the board's public address."""

    issuer: str
    client: str
    secret: str | None
    claim: str
    home: str
    _metadata: dict[str, Any] | None = None
    _keys: tuple[float, Any] = (float("-inf"), None)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def back(self) -> str:
        """Where the provider sends people back to: register it there."""
        return f"{self.home}/enter/back"

    async def leave(self, place: str) -> Leaving:
        """Send somebody there who wants to ``place``. Raises WinnowError when the provider does not say where to."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # noqa: PLC0415  # only where it is used is it needed
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415

        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        address = prepare_grant_uri(
            (await self._described())["authorization_endpoint"], self.client, "code", redirect_uri=self.back, scope=f"openid {self._scope}",
            state=kept["state"], nonce=kept["nonce"], code_challenge=create_s256_code_challenge(kept["verifier"]),
            code_challenge_method="S256",
        )  # fmt: skip
        return Leaving(address, kept | {"place": place})

    @property
    def _scope(self) -> str:
        return "email" if self.claim == "email" else "profile"

    async def arrive(self, code: str, kept: dict[str, str]) -> str:
        """The name of who came back with a code. Raises WinnowError when the provider does not vouch for them."""
        from authlib.oauth2.rfc6749.parameters import prepare_token_request  # noqa: PLC0415

        asked = prepare_token_request(
            "authorization_code", redirect_uri=self.back, code=code, code_verifier=kept["verifier"], client_id=self.client
        )
        told = await self._ask((await self._described())["token_endpoint"], asked)
        if not isinstance(told.get("id_token"), str):
            raise WinnowError("the provider says nothing of who you are", hint="Does the client have the scope openid?")
        claims = await self._claims(told["id_token"], kept["nonce"])
        name = claims.get(self.claim)
        if not isinstance(name, str) or not name:
            raise WinnowError(f"the provider does not say your {self.claim}", hint="See WINNOW_BOARD_OIDC_CLAIM.")
        if self.claim == "email" and claims.get("email_verified") is not True:
            raise WinnowError("the provider has not verified your mail address", hint="See WINNOW_BOARD_OIDC_CLAIM.")
        return name

    async def _claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """What an id token says, if it is this provider's, for us, for this sign-in, and of now."""
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.errors import JoseError  # noqa: PLC0415

        try:
            try:
                token = jwt.decode(id_token, await self._signers(anew=False), ALGORITHMS)
            except (JoseError, ValueError):  # a key that is new there
                token = jwt.decode(id_token, await self._signers(anew=True), ALGORITHMS)
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS, iss={"essential": True, "value": self.issuer}, aud={"essential": True, "value": self.client},
                exp={"essential": True}, iat={"essential": True}, nonce={"essential": True, "value": nonce},
            ).validate(token.claims)  # fmt: skip
        except (JoseError, ValueError, TypeError) as error:
            raise WinnowError(f"what the provider sent does not hold: {error}", hint="Sign in again.") from error
        claims: dict[str, Any] = token.claims
        if claims.get("azp", self.client) != self.client:
            raise WinnowError("what the provider sent is for somebody else", hint="Sign in again.")
        return claims

    async def _signers(self, *, anew: bool) -> Any:
        """The provider's public keys, as of the last hour; asked for again at most once in ten seconds."""
        from joserfc.jwk import KeySet  # noqa: PLC0415

        async with self._asking:
            read, keys = self._keys
            if time.monotonic() - read > (ANSWER_SECONDS if anew else KEYS_SECONDS):
                keys = KeySet.import_key_set(await self._ask((await self._described())["jwks_uri"]))  # type: ignore[arg-type]  # what it is, the import checks
                self._keys = (time.monotonic(), keys)
            return keys

    async def _described(self) -> dict[str, Any]:
        """What the provider says of itself; asked once. Raises WinnowError when that is another one."""
        if self._metadata is None:
            told = await self._ask(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != self.issuer or not all(_is_safe(told.get(name)) for name in _NEEDED):
                raise Unavailable(
                    f"{self.issuer} describes another provider, or no whole one",
                    hint="WINNOW_BOARD_OIDC_ISSUER is to the letter as it says.",
                )
            self._metadata = told
        return self._metadata

    async def _ask(self, address: str, form: str | None = None) -> dict[str, Any]:
        """One request to the provider: no redirect is followed, and only so much is read in so much time."""
        headers = {"Accept": "application/json"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            if self.secret is not None:
                pair = f"{quote(self.client, safe='')}:{quote(self.secret, safe='')}"
                headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session,
                session.request("GET" if form is None else "POST", address, data=form, headers=headers, allow_redirects=False) as answer,
            ):
                body = await answer.content.read(MOST_BYTES)
                if answer.status != HTTPStatus.OK:
                    raise WinnowError(f"the provider refused: {_said(body) or answer.status}", hint="Sign in again.")
                told = orjson.loads(body)
        except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError) as error:
            raise Unavailable(f"the provider at {self.issuer} does not answer as one: {error}", hint="Try again in a minute.") from error
        if not isinstance(told, dict):
            raise Unavailable(f"the provider at {self.issuer} does not answer as one", hint="Try again in a minute.")
        return told


def _said(body: bytes) -> str:
    """The error code of a refusal."""
    try:
        told = orjson.loads(body).get("error")
    except (orjson.JSONDecodeError, AttributeError):
        return ""
    return told[:80] if isinstance(told, str) else ""


def _is_safe(address: object) -> bool:
    """Encrypted on the way, or within this machine."""
    if not isinstance(address, str):
        return False
    split = urlsplit(address)
    return split.scheme == "https" or (split.scheme == "http" and is_loopback(split.hostname or ""))


def provider_of(settings: Settings) -> Provider | None:
    """As the settings say; None without one. Raises WinnowError for settings that do not fit, or when authlib is not installed."""
    if not settings.board_oidc_issuer:
        return None
    if not settings.board_oidc_client or not settings.board_url:
        raise WinnowError("WINNOW_BOARD_OIDC_ISSUER needs WINNOW_BOARD_OIDC_CLIENT and WINNOW_BOARD_URL")
    for name, address in (("ISSUER", settings.board_oidc_issuer), ("URL", settings.board_url)):
        if not _is_safe(address):
            raise WinnowError(f"{address!r} is no https address", hint=f"See the setting that ends in {name}.")
    if importlib.util.find_spec("authlib") is None:
        raise WinnowError("signing in at a provider needs authlib", hint="pip install 'winnow-pipeline[board]'")
    secret = settings.board_oidc_secret.get_secret_value() if settings.board_oidc_secret else None
    return Provider(
        settings.board_oidc_issuer, settings.board_oidc_client, secret, settings.board_oidc_claim, settings.board_url.rstrip("/")
    )

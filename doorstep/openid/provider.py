"""Asking the provider: where it is, with which keys it signs, and who came back with a code.

What the provider says of its addresses counts; an answer that leads on to another one is followed nowhere.
"""

import functools
from collections.abc import Mapping
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx2 import HTTPError, InvalidURL
from joserfc.errors import InvalidKeyIdError, JoseError

from doorstep.openid.attempt import Attempt
from doorstep.openid.tokens import Expected, Person, claims_of, person_of
from doorstep.settings import Settings

DISCOVERY = "/.well-known/openid-configuration"
SCOPE = "openid email"
TIMEOUT_SECONDS = 10
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
POST, BASIC = "client_secret_post", "client_secret_basic"


class ProviderSilentError(Exception):
    """The provider does not answer, or not with what it should: worth another try later, and a look by the operator."""


class ProviderRefusedError(Exception):
    """The provider gives nothing for that code, or what it gives does not stand the checks."""


class Provider:
    """One provider; what it says of itself is kept, and its keys until it signs with one that is not among them."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        """Nothing is asked before somebody comes."""
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._about: Mapping[str, object] | None = None
        self._keys: Mapping[str, object] | None = None

    async def where_to(self, attempt: Attempt, back: str) -> str:
        """The address to send a browser to.

        Raises:
            ProviderSilentError: it cannot be found out.
        """
        async with self._session(back) as session:
            endpoint = (await self._known(session))["authorization_endpoint"]
            more = {"state": attempt.state, "nonce": attempt.nonce, "code_verifier": attempt.verifier}
            url, _state = session.create_authorization_url(endpoint, **more)
        return str(url)

    async def who_came(self, attempt: Attempt, back: str, code: str) -> Person:
        """Who the provider gave that code to.

        Raises:
            ProviderSilentError: it does not answer; ProviderRefusedError: nobody that can be believed.
        """
        async with self._session(back) as session:
            about = await self._known(session)
            session.token_endpoint_auth_method = self._way_to_say_who_we_are(about)
            try:
                token = await session.fetch_token(
                    str(about["token_endpoint"]), code=code, code_verifier=attempt.verifier
                )
                claims = await self._claims(session, token, attempt)
                return person_of({**await self._more(session, about, claims), **claims}, self._issuer)
            except (HTTPError, InvalidURL) as error:
                raise ProviderSilentError(type(error).__name__) from None
            except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise ProviderRefusedError(type(error).__name__) from None

    def _session(self, back: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._client_secret or None,
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )

    async def _known(self, session: AsyncOAuth2Client) -> Mapping[str, object]:
        """What the provider says of itself, where it is the one that we mean."""
        if self._about is None:
            about = await self._asked(session, self._issuer.rstrip("/") + DISCOVERY)
            if about.get("issuer") != self._issuer:
                raise ProviderSilentError("it calls itself by another name than DOORSTEP_OIDC_ISSUER")
            scheme = urlsplit(self._issuer).scheme
            if not all(urlsplit(str(about.get(name, ""))).scheme in {"https", scheme} for name in ENDPOINTS):
                raise ProviderSilentError("an address of it is missing, or is not safe")
            self._about = about
        return self._about

    async def _asked(self, session: AsyncOAuth2Client, url: str) -> Mapping[str, object]:
        try:
            said = (await session.request("GET", url, withhold_token=True)).raise_for_status().json()
        except (HTTPError, InvalidURL, ValueError) as error:
            raise ProviderSilentError(type(error).__name__) from None
        if not isinstance(said, dict):
            raise ProviderSilentError("it does not answer in JSON objects")
        return said

    def _way_to_say_who_we_are(self, about: Mapping[str, object]) -> str:
        ways = about.get("token_endpoint_auth_methods_supported", [BASIC])
        if not self._client_secret:
            return "none"
        return POST if isinstance(ways, list) and BASIC not in ways and POST in ways else BASIC

    async def _claims(
        self, session: AsyncOAuth2Client, token: Mapping[str, object], attempt: Attempt
    ) -> Mapping[str, object]:
        id_token, access_token = str(token["id_token"]), str(token["access_token"])
        expected = Expected(self._issuer, self._client_id, attempt.nonce)
        known = self._keys or await self._fresh_keys(session)
        try:
            return claims_of(id_token, known, expected, access_token)
        except InvalidKeyIdError:  # it signs with a new one since
            return claims_of(id_token, await self._fresh_keys(session), expected, access_token)

    async def _fresh_keys(self, session: AsyncOAuth2Client) -> Mapping[str, object]:
        self._keys = await self._asked(session, str((await self._known(session))["jwks_uri"]))
        return self._keys

    async def _more(
        self, session: AsyncOAuth2Client, about: Mapping[str, object], claims: Mapping[str, object]
    ) -> Mapping[str, object]:
        """The e-mail address, where the provider tells it at another place; only about the same person."""
        if "email" in claims or "userinfo_endpoint" not in about:
            return {}
        said = (await session.get(str(about["userinfo_endpoint"]))).raise_for_status().json()
        return {name: said[name] for name in ("email", "email_verified")} if said["sub"] == claims["sub"] else {}


def provider_of(settings: Settings) -> Provider | None:
    """The provider that the settings name; None where they name none."""
    secret = settings.oidc_client_secret.get_secret_value()
    return _provider(settings.oidc_issuer, settings.oidc_client_id, secret) if settings.oidc_issuer else None


@functools.lru_cache(maxsize=8)
def _provider(issuer: str, client_id: str, client_secret: str) -> Provider:
    """One for the whole process, so that it is asked about itself once."""
    return Provider(issuer, client_id, client_secret)

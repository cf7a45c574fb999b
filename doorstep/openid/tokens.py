"""What a provider says about who came, believed once every check has passed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

LEEWAY_SECONDS = 60
"""How far the provider's clock may be from ours."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Those with a public key: neither `none`, nor one whose key is the secret of the client."""


@dataclass(frozen=True)
class Person:
    """Who came; `address` is the e-mail address that the provider has verified, empty where there is none."""

    issuer: str
    subject: str
    address: str


@dataclass(frozen=True)
class Expected:
    """What a token has to say: who made it, for whom, and for which attempt."""

    issuer: str
    client_id: str
    nonce: str


def claims_of(id_token: str, keys: Mapping[str, object], expected: Expected, access_token: str) -> Mapping[str, object]:
    """What an `id_token` says: signed with a key of the provider, for us, for this attempt, and just now.

    Raises:
        JoseError, AuthlibBaseError, ValueError: for any other.
    """
    key_set = KeySet.import_key_set(keys)  # type: ignore[arg-type]
    token = jwt.decode(id_token, key_set, algorithms=list(ALGORITHMS))
    options = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "nonce": {"essential": True, "value": expected.nonce},
    }
    params = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": access_token}
    claims = CodeIDToken(token.claims, token.header, options, params)
    claims.validate(leeway=LEEWAY_SECONDS)
    if _is_for_others(claims.get("aud"), expected.client_id):
        raise ValueError("a token for more than us")
    return dict(claims)


def person_of(claims: Mapping[str, object], issuer: str) -> Person:
    """Who that is; some providers write `email_verified` as a word."""
    word = claims.get("email_verified")
    address = claims.get("email") if word is True or word == "true" else None
    return Person(issuer, str(claims["sub"]), address if isinstance(address, str) else "")


def _is_for_others(audience: object, client_id: str) -> bool:
    names = [audience] if isinstance(audience, str) else audience
    return not isinstance(names, Sequence) or set(names) != {client_id}

"""What a provider says is believed once every check has passed: each of them, broken one at a time."""

import base64
import hashlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from authlib.common.errors import AuthlibBaseError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from doorstep.openid.attempt import Attempt
from doorstep.openid.tokens import Expected, Person, claims_of, person_of

ISSUER, CLIENT, NONCE, ACCESS = "https://id.example", "doorstep", "nonce of this attempt", "an access token"
EXPECTED = Expected(ISSUER, CLIENT, NONCE)
RSA = RSAKey.generate_key(2048, parameters={"kid": "r1", "use": "sig"})
EC = ECKey.generate_key("P-256", parameters={"kid": "e1", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, parameters={"kid": "r1", "use": "sig"})
PUBLIC: Any = KeySet([RSA, EC]).as_dict(private=False)


def said(**changed: object) -> dict[str, object]:
    """What a sound token says, or with changes; None leaves a claim out."""
    now = int(time.time())
    digest = hashlib.sha256(ACCESS.encode()).digest()[:16]
    claims: dict[str, object] = {
        "iss": ISSUER,
        "sub": "17",
        "aud": CLIENT,
        "nonce": NONCE,
        "iat": now,
        "exp": now + 300,
        "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "email": "ana@nz.example",
    }
    return {name: value for name, value in (claims | changed).items() if value is not None}


def signed(key: Any = RSA, alg: str = "RS256", kid: str = "r1", **changed: Any) -> str:
    """A token."""
    return jwt.encode({"alg": alg, "kid": kid}, said(**changed), key, algorithms=[alg])


@pytest.mark.parametrize("token", [signed, lambda: signed(EC, "ES256", "e1"), lambda: signed(aud=[CLIENT])])
def test_a_sound_token_is_believed(token: Callable[[], str]) -> None:
    """T24: signed by the provider, for us, for this attempt."""
    assert claims_of(token(), PUBLIC, EXPECTED, ACCESS)["sub"] == "17"


@pytest.mark.parametrize(
    "changed",
    [
        *({"iss": "https://evil.example"}, {"iss": f"{ISSUER}/"}, {"iss": None}, {"sub": None}),
        *({"aud": "another"}, {"aud": ["another"]}, {"aud": [CLIENT, "another"]}, {"aud": None}, {"aud": []}),
        *({"aud": "another", "azp": CLIENT}, {"azp": "another"}),
        *({"nonce": "of an attempt before"}, {"nonce": None}, {"nonce": ""}),
        *({"exp": 1_000_000}, {"exp": None}, {"iat": None}, {"iat": 4_000_000_000}, {"exp": "soon"}),
        *({"at_hash": "bm90IHRoaXMgb25lIQ"}, {"nbf": 4_000_000_000}),
    ],
    ids=str,
)
def test_t24_a_token_for_anybody_else_is_refused(changed: dict[str, Any]) -> None:
    """T24, T09: of another issuer, for another client, of another attempt, too old, or for another access token."""
    with pytest.raises((JoseError, AuthlibBaseError, ValueError)):
        claims_of(signed(**changed), PUBLIC, EXPECTED, ACCESS)


def unsigned() -> str:
    """A token without a signature, as `none` has it."""
    parts = [b'{"alg":"none"}', b'{"iss":"https://id.example","sub":"17"}', b""]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    "token",
    [
        unsigned,
        lambda: signed(STRANGER),
        lambda: signed(STRANGER, kid="of nobody"),
        lambda: signed(OctKey.import_key(RSA.as_pem(private=False)), "HS256"),
        lambda: signed()[:-4] + "AAAA",
        lambda: signed().replace(".", ".e30", 1),
        lambda: "",
        lambda: "a.b.c",
        lambda: "{}",
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # of forging one, which is the point
def test_t24_a_token_that_the_provider_did_not_sign_is_refused(token: Callable[[], str]) -> None:
    """T24: without a signature, of a stranger's key, of the public key taken for a shared secret, or changed."""
    with pytest.raises((JoseError, AuthlibBaseError, ValueError)):
        claims_of(token(), PUBLIC, EXPECTED, ACCESS)


@pytest.mark.parametrize(
    ("claims", "address"),
    [
        ({"email": "ana@nz.example", "email_verified": True}, "ana@nz.example"),
        ({"email": "ana@nz.example", "email_verified": "true"}, "ana@nz.example"),
        ({"email": "ana@nz.example", "email_verified": "false"}, ""),
        ({"email": "ana@nz.example", "email_verified": False}, ""),
        ({"email": "ana@nz.example", "email_verified": 1}, ""),
        ({"email": "ana@nz.example"}, ""),
        ({"email": ["ana@nz.example"], "email_verified": True}, ""),
        ({"email_verified": True}, ""),
    ],
)
def test_an_address_counts_once_the_provider_has_verified_it(claims: dict[str, object], address: str) -> None:
    """T24: whoever may type any address at the provider is nobody's colleague by it."""
    assert person_of({"sub": 17, **claims}, ISSUER) == Person(ISSUER, "17", address)


def test_t12_an_attempt_belongs_to_one_browser() -> None:
    """T12: what the provider is told of an attempt tells nobody its secret, nor one value another."""
    attempt, other = Attempt.new(), Attempt.new()
    values = {attempt.secret, attempt.state, attempt.nonce, attempt.verifier, other.state}

    assert len(values) == 5
    assert Attempt.of(attempt.secret) == attempt
    assert (attempt.began(attempt.state), attempt.began(other.state), attempt.began("")) == (True, False, False)
    assert [Attempt.of(each) for each in ("", "short", "ä" * 43, "a" * 44)] == [None] * 4

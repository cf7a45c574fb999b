"""One-time codes: the standard's own examples, the window, and that each is good once."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.security.codes import app_address, app_secret, right_step
from doorstep.security.links import KeyRing, Purpose, new_ring_text
from doorstep.security.signing import new_record, secret_of

OF_THE_STANDARD = base64.b32encode(b"12345678901234567890").decode()
MOMENTS = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"}
"""RFC 6238, appendix B, cut to six digits."""


@pytest.mark.parametrize("seconds", MOMENTS)
def test_the_codes_are_those_of_every_app(seconds: int) -> None:
    """T24: the examples of RFC 6238, which every app on a phone agrees with."""
    assert right_step(OF_THE_STANDARD, MOMENTS[seconds], seconds, 0) == seconds // 30


@given(late=st.integers(-300, 300))
def test_a_code_is_good_for_one_step_before_and_after(late: int) -> None:
    """T24: a phone may be half a minute behind or ahead, and not more."""
    seconds = 1234567890 + late

    found = right_step(OF_THE_STANDARD, MOMENTS[1234567890], seconds, 0)

    assert (found is not None) == (abs(seconds // 30 - 1234567890 // 30) <= 1)


@pytest.mark.parametrize(("used", "is_good"), [(-1, True), (0, False), (1, False)])
def test_t09_neither_a_used_code_nor_one_before_it_is_good(used: int, is_good: bool) -> None:  # noqa: FBT001 - a case
    """T09: once a code was taken, it and those before it are over."""
    step = 1234567890 // 30

    assert (right_step(OF_THE_STANDARD, "005924", 1234567890, step + used) is not None) == is_good


@pytest.mark.parametrize("typed", ["005924", " 005924 ", "005 924"])
def test_a_code_may_be_typed_as_the_app_shows_it(typed: str) -> None:
    """T24: many apps show a gap in the middle."""
    assert right_step(OF_THE_STANDARD, typed, 1234567890, 0) is not None


@given(typed=st.text(max_size=12))
def test_nothing_else_is_a_code(typed: str) -> None:
    """T24: whatever is typed, it is a code or it is none, and never a fault."""
    found = right_step(OF_THE_STANDARD, typed, 1234567890, 0)

    assert found is None or "".join(typed.split()).isdecimal()


def test_t09_the_secret_of_an_app_opens_nothing_else() -> None:
    """T09, T23: it is derived for one login and one purpose, the same each time, and has 160 bits."""
    ring = KeyRing.parse(new_ring_text("k1"))
    record = new_record(ring, Purpose.STAFF_CODE, UUID(int=1), 1)
    other = new_record(ring, Purpose.WEBHOOK, UUID(int=1), 1)

    secret = app_secret(secret_of(ring, record))

    assert secret == app_secret(secret_of(ring, record)) != app_secret(secret_of(ring, other))
    assert len(base64.b32decode(secret)) == 20
    assert app_address(secret, "mere@nz.example").startswith("otpauth://totp/Doorstep:mere%40nz.example?secret=")

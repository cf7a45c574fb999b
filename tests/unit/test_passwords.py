"""What is accepted as a password, and that the same work is done for everybody."""

import asyncio
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from doorstep.domain.errors import Invalid
from doorstep.security import passwords
from doorstep.security.passwords import LONGEST, SHORTEST, check, hash_password, verify_password

GOOD = "four plain words together"
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), min_size=SHORTEST, max_size=64)


@pytest.mark.parametrize("length", [SHORTEST, 64, LONGEST])
def test_t26_any_length_from_15_to_128_is_taken(length: int) -> None:
    """T26: fifteen characters are enough and 128 are taken as they are."""
    text = ("ab cdé" * 30)[:length]

    assert check(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "password_too_short"),
        ("a" * (SHORTEST - 1), "password_too_short"),
        ("e\u0301" * (SHORTEST - 1), "password_too_short"),
        ("ab cdé" * 30, "password_too_long"),
        (max(passwords._common()).upper(), "password_too_common"),
        ("ANA@Example.ORG.nz", "password_too_common"),
        ("Riverbend Homes", "password_too_common"),
    ],
)
def test_t26_what_a_guesser_tries_first_is_refused(text: str, code: str) -> None:
    """T26: too short, too long, on the list of common ones, or the person's own words; the field is named."""
    with pytest.raises(Invalid) as caught:
        check(text, context=("ana@example.org.nz", "riverbend homes"))

    assert (caught.value.code, caught.value.field, caught.value.status) == (code, "password", 422)
    assert not text or text not in caught.value.message


@given(ANYTHING)
def test_t26_any_characters_are_taken(text: str) -> None:
    """T26: no rule about composition: spaces, emoji and any script are fine."""
    assume(len(unicodedata.normalize("NFC", text)) >= SHORTEST)
    assume(text.casefold() not in passwords._common())

    assert check(text) == unicodedata.normalize("NFC", text)


@settings(max_examples=3)
@given(ANYTHING)
def test_t26_every_accepted_password_verifies(text: str) -> None:
    """T26: what was accepted opens, and what differs in its last character does not."""
    assume(unicodedata.normalize("NFC", text + "x") != unicodedata.normalize("NFC", text))

    async def is_right() -> tuple[bool, bool]:
        kept = await hash_password(text)
        return await verify_password(text, kept), await verify_password(text + "x", kept)

    assert asyncio.run(is_right()) == (True, False)


async def test_t26_a_long_password_is_not_cut() -> None:
    """T26: two passwords of the full length that differ in the last character are two passwords."""
    one, other = "a" * (LONGEST - 1) + "b", "a" * (LONGEST - 1) + "c"

    kept = await hash_password(one)

    assert await verify_password(one, kept)
    assert not await verify_password(other, kept)


async def test_t26_two_keyboards_make_one_password() -> None:
    """T26: a letter with its accent typed apart or in one is the same password (NFC)."""
    kept = await hash_password("caf\u00e9 au lait le matin")

    assert await verify_password("cafe\u0301 au lait le matin", kept)


async def test_the_hash_is_argon2_and_salted() -> None:
    """T07: Argon2id with 64 MiB, another salt each time, and never the password itself."""
    first, second = await hash_password(GOOD), await hash_password(GOOD)

    assert first != second
    assert first.startswith("$argon2id$v=19$m=65536,")
    assert GOOD not in first


async def test_t08_nobody_costs_as_much_as_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """T08: for an unknown user a hash is worked out too, with the same cost, and the answer is no."""
    worked: list[str] = []
    really = passwords._hasher.verify

    def counted(password: str, kept: str) -> bool:
        worked.append(kept.rpartition("$")[0].rpartition("$")[0])
        return really(password, kept)

    monkeypatch.setattr(passwords._hasher, "verify", counted)
    kept = await hash_password(GOOD)

    assert not await verify_password("the wrong words here", kept)
    assert not await verify_password("the wrong words here", None)
    assert not await verify_password("nobody has this password", None)

    assert len(worked) == 3
    assert len(set(worked)) == 1


async def test_t27_an_endless_password_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """T27: what is longer than any password is answered without hashing it."""
    kept = await hash_password(GOOD)
    monkeypatch.setattr(passwords._hasher, "verify", None)

    assert not await verify_password("a" * 1_000_000, kept)


async def test_t27_hashes_are_worked_on_off_the_loop() -> None:
    """T27: while passwords are hashed, the loop goes on answering others."""
    hashing = asyncio.create_task(hash_password(GOOD))
    turns = 0

    while not hashing.done():
        turns += 1
        await asyncio.sleep(0.001)

    assert turns > 3

"""Tokens of links: derived, bound to one purpose, one subject and one generation, under keys that rotate."""

import base64
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.security.links import (
    TOKEN_CHARACTERS,
    KeyRing,
    KeyRingError,
    LinkRecord,
    Purpose,
    UnknownKeyError,
    new_ring_text,
)

SUBJECT = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
RING = KeyRing.parse(new_ring_text("k1"))
RECORD = RING.make(Purpose.INVITATION, SUBJECT, 1)
TOKEN = RING.token(RECORD)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def opens_anything(token: str) -> bool:
    return RECORD.token_hash in RING.hashes(token) or RING.opens(RECORD, token)


def test_a_link_is_the_same_each_time() -> None:
    """F15: a retry and a reminder mail the same link, because it is derived from the row and the key."""
    again = KeyRing(dict(RING.keys))

    assert {RING.token(RECORD), again.token(RECORD)} == {TOKEN}
    assert len(TOKEN) == TOKEN_CHARACTERS
    assert RING.opens(RECORD, TOKEN)
    assert RECORD.token_hash in RING.hashes(TOKEN)


def test_the_row_does_not_tell_the_token() -> None:
    """T04: neither the nonce nor the hash of a dump is the token, and without the key it cannot be worked out."""
    stranger = KeyRing.parse(new_ring_text("k1"))

    assert TOKEN.encode() not in RECORD.nonce + RECORD.token_hash
    assert stranger.token(RECORD) != TOKEN
    assert not stranger.opens(RECORD, TOKEN)


@pytest.mark.parametrize(
    "other",
    [
        LinkRecord(Purpose.RESET, SUBJECT, 1, "k1", RECORD.nonce, b""),
        LinkRecord(Purpose.INVITATION, uuid.UUID(int=1), 1, "k1", RECORD.nonce, b""),
        LinkRecord(Purpose.INVITATION, SUBJECT, 2, "k1", RECORD.nonce, b""),
        LinkRecord(Purpose.INVITATION, SUBJECT, 1, "k1", bytes(16), b""),
    ],
    ids=["purpose", "subject", "generation", "nonce"],
)
def test_t09_a_token_opens_its_own_door_alone(other: LinkRecord) -> None:
    """T09: another purpose, another subject, another generation or another nonce is another token."""
    assert RING.token(other) != TOKEN
    assert not RING.opens(other, TOKEN)


def test_two_links_of_one_generation_differ() -> None:
    """T06: each link has a nonce of its own, so that knowing one helps with no other."""
    assert RING.token(RING.make(Purpose.INVITATION, SUBJECT, 1)) != TOKEN


def test_t23_links_survive_the_rotation_of_keys() -> None:
    """T23: the first key of the ring signs and all of them open; once a key is gone its links are dead, not errors."""
    new = KeyRing.parse(f"{new_ring_text('k2')},k1:{encoded(RING.keys['k1'])}")
    without = KeyRing({"k2": new.keys["k2"]})

    assert new.make(Purpose.INVITATION, SUBJECT, 2).key_id == "k2"
    assert new.opens(RECORD, TOKEN)
    assert RECORD.token_hash in new.hashes(TOKEN)
    assert not without.opens(RECORD, TOKEN)
    assert RECORD.token_hash not in without.hashes(TOKEN)
    with pytest.raises(UnknownKeyError, match="k1"):
        without.token(RECORD)


@given(position=st.integers(0, TOKEN_CHARACTERS - 1), character=st.sampled_from(ALPHABET))
def test_t06_one_other_character_opens_nothing(position: int, character: str) -> None:
    """T06: a token with one character changed never opens, the last one with its unused bits included."""
    changed = TOKEN[:position] + character + TOKEN[position + 1 :]

    assert opens_anything(changed) == (changed == TOKEN)


@given(st.text() | st.text(ALPHABET, min_size=TOKEN_CHARACTERS, max_size=TOKEN_CHARACTERS))
def test_t06_no_other_text_opens_anything(text: str) -> None:
    """T06: whatever is typed, in any script and of any length, is no error and opens nothing."""
    assert opens_anything(text) == (text == TOKEN)


@pytest.mark.parametrize(
    "changed",
    [
        TOKEN + "=",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN[:-1],
        TOKEN.swapcase(),
        TOKEN + TOKEN,
        TOKEN[::-1],
        "\0" + TOKEN[1:],
    ],
    # The token is another one in each process, and xdist wants the same names in all of them.
    ids=["padded", "line end", "space", "shorter", "other case", "twice", "reversed", "NUL"],
)
def test_t06_padding_case_and_spaces_are_not_forgiven(changed: str) -> None:
    """T06: a token has one spelling."""
    assert not opens_anything(changed)


def encoded(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


GOOD = encoded(b"a very good key of 32 characters")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Key 1"),
        (f"k1:{GOOD},", "Key 2"),
        (f":{GOOD}", "Key 1 .*name"),
        (f"k1:{GOOD},k1:{GOOD}", "Key 2 .*name"),
        (f"k1:{GOOD},k2:{GOOD[:10]}", "Key 2 .*shorter than 16"),
        (f"k1:{GOOD}!", "Key 1 .*base64url"),
        (f"k1:{GOOD[:-2]}ä", "Key 1 .*base64url"),
    ],
)
def test_a_ring_that_cannot_be_read_names_the_part(text: str, said: str) -> None:
    """T02: the sentence says which key is wrong and why, and never repeats a key."""
    with pytest.raises(KeyRingError, match=said) as caught:
        KeyRing.parse(text)

    assert GOOD[:10] not in str(caught.value)

"""When somebody who is named in a row or a form is a contact who is known already (S0.5)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.addresses import parse_email, parse_phone
from doorstep.domain.contact import Contact, Known, Named, name_key, same_person

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANA, GM, NUMBER, OTHER = "ana@kauri.example", "gm@kauri.example", "+64215550142", "+64215550143"


def named(name: str = "", email: str = "", phone: str = "") -> Named:
    """Somebody as a row names them."""
    return Named(name, parse_email(email) if email else None, parse_phone(phone, "NZ") if phone else None)


def known(name: str = "", email: str | None = None, phone: str | None = None, **more: object) -> Known:
    """A contact on the same account."""
    own = {"id": UUID(int=1), "portal_email_key": None, "is_here": True}
    return Known(name=name, email_key=email, phone_key=phone, **(own | more))  # type: ignore[arg-type]


SAME = {
    "the address": (named("Ana", ANA), known("Somebody", ANA)),
    "the address, on another account": (named("Ana", ANA), known("Ana", ANA, is_here=False)),
    "the address, another number": (named("Ana", ANA, OTHER), known("Ana", ANA, NUMBER)),
    "the portal address, and no other one": (named("Ana", ANA), known("Anna", None, NUMBER, portal_email_key=ANA)),
    "the portal address, now the default one": (named("ANA", GM), known("Ana", ANA, portal_email_key=GM)),
    "the number, no address yet": (named("Ana", ANA, NUMBER), known("", None, NUMBER)),
    "the number, no address any more": (named("Ana", "", NUMBER), known("Ana", ANA, NUMBER)),
    "nothing but the number": (named("Ana", "", NUMBER), known("", None, NUMBER, is_here=False)),
    "the name, no address yet": (named("Ana Ngata", ANA), known("ana  ngata")),
    "the name, no address here": (named("Ana Ngata"), known("Ana Ngata", ANA)),
    "the name, composed otherwise": (named("He\u0304mi"), known("H\u0113MI", ANA)),
}
OTHERS = {
    "another address": (named("Ana", ANA), known("Ana", GM)),
    "another address behind one number": (named("Ana", ANA, NUMBER), known("Ana", GM, NUMBER)),
    "the portal address of a colleague": (named("General Manager", GM), known("Ana", ANA, portal_email_key=GM)),
    "that of a namesake elsewhere": (named("Ana", GM), known("Ana", ANA, portal_email_key=GM, is_here=False)),
    "the number of another account": (named("Ana", ANA, NUMBER), known("Ana", None, NUMBER, is_here=False)),
    "one of another account who has an address": (named("", "", NUMBER), known("", ANA, NUMBER, is_here=False)),
    "a namesake elsewhere": (named("Ana"), known("Ana", ANA, is_here=False)),
    "another name": (named("Ana"), known("Ben")),
    "no name at all": (named(""), known("")),
    "a namesake with another number": (named("Ana", "", NUMBER), known("Ana", None, OTHER)),
}


@pytest.mark.parametrize("what", SAME)
def test_one_person(what: str) -> None:
    """S0.5: known by account and address or number; by name alone where there is nothing else."""
    person, contact = SAME[what]

    assert same_person(person, [contact]) == contact


@pytest.mark.parametrize("what", OTHERS)
def test_two_people(what: str) -> None:
    """S0.5: colleagues, namesakes and households are not thrown together."""
    person, contact = OTHERS[what]

    assert same_person(person, [contact]) is None


def test_the_likeliest_is_taken() -> None:
    """S0.5: an address says more than a number, a number on the account more than elsewhere; else the first."""
    by_number, by_address = known("", None, NUMBER), known("", ANA, id=UUID(int=2))
    elsewhere, here = known("", None, NUMBER, is_here=False), known("", ANA, NUMBER, id=UUID(int=2))

    assert same_person(named("Ana", ANA, NUMBER), [by_number, by_address]) == by_address
    assert same_person(named("Ana", "", NUMBER), [elsewhere, here]) == here
    assert same_person(named("Ana"), [known("Ana"), known("Ana", id=UUID(int=2))]) == known("Ana")
    assert same_person(named("Ana", ANA), []) is None


@given(st.text())
def test_names_are_compared_without_case_and_spacing(name: str) -> None:
    """S0.5: the form in which names are compared is its own form, whatever the spelling."""
    assert name_key(name_key(name)) == name_key(name)
    assert name_key(f"  {name} ") == name_key(name)


@pytest.mark.parametrize(("default", "own", "goes_to"), [(ANA, "", ANA), (ANA, GM, GM), ("", GM, GM), ("", "", "")])
def test_the_invitation_goes_to_the_portal_address_first(default: str, own: str, goes_to: str) -> None:
    """S3.6, S4.31, S4.32: it starts as the default address; where staff saved another one, that one counts."""
    contact = Contact(UUID(int=1), "nz", "Ana", default, "", own, True, (), (), NOW)

    assert contact.invitation_address == goes_to

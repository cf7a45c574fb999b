"""T34: whoever is erased stands in no table any more; what happened is recorded still, and nobody can change that."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from doorstep.domain.errors import Gone, Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import audit
from doorstep.store.audit import AuditEntry
from tests.faults.misbehaving_smtp import ACCEPT, DEFER_451
from tests.functional.direct import mail_to
from tests.house import PASSWORD, House, eventually
from tests.security.persons import ANOTHER, Person, invited, somebody, walked
from tests.security.temporal_bytes import all_of, leaks
from tests.security.traces import tables_with


@pytest.fixture
async def person(house: House) -> Person:
    return await somebody(house)


async def erased_by_id(house: House, made: Invitation, _person: Person) -> None:
    """As for one invitation."""
    await house.doorstep.erase(made.id)


async def erased_by_username(house: House, _made: Invitation, person: Person) -> None:
    """As for a user."""
    await house.doorstep.user_erase(person.username.lower())


@pytest.mark.parametrize("erase", [erased_by_id, erased_by_username])
async def test_nothing_of_an_erased_person_stands_in_any_table(
    house: House, person: Person, erase: Callable[[House, Invitation, Person], Awaitable[None]]
) -> None:
    """T34: address in every spelling, number, name, username, note and key: no table has any of it, outbox included."""
    made = await walked(house, person)
    before = await tables_with(house, person.words)
    entries = await entries_of(house, made.id, made.user_id)

    await erase(house, made, person)

    assert before >= {"audit", "deliveries", "invitations", "password_links", "users"}
    assert await tables_with(house, person.words) == set()
    assert_kept(entries, await entries_of(house, made.id, made.user_id))
    assert (await house.doorstep.show(made.id)).state is State.ERASED


async def entries_of(house: House, *subjects: UUID | None) -> list[AuditEntry]:
    """Everything recorded about an invitation and its user."""
    found: list[AuditEntry] = []
    for subject in filter(None, subjects):
        found += await house.run(lambda tx, s=subject: audit.entries(tx, s))  # type: ignore[misc]
    return sorted(found, key=lambda entry: (entry.at, entry.event))


def assert_kept(before: list[AuditEntry], after: list[AuditEntry]) -> None:
    """Every line is there still, at its time and by its door; the person in it is called `erased`."""
    said = [(each.at, each.via, each.event, each.code) for each in before]
    assert said == [(each.at, each.via, each.event, each.code) for each in after[: len(before)]]
    assert {each.event for each in after[len(before) :]} <= {"invitation.erased", "user.erased"}
    assert len(after) > len(before)
    renamed = {
        (old.actor.lower(), new.actor) for old, new in zip(before, after, strict=False) if old.actor != new.actor
    }
    assert {new for _, new in renamed} == {"erased"}
    assert {old.actor for old in before} - {new.actor for new in after}, "somebody was renamed"


async def test_temporal_never_held_anything_to_erase(house: House, person: Person) -> None:
    """T34, T03: no byte of the workflows tells of the person, before and after."""
    made = await walked(house, person)
    secrets = [each.encode() for each in person.words]
    before = leaks(await all_of(house, house.handle(made)), secrets)

    await house.doorstep.erase(made.id)
    await house.until_state(made, State.ERASED)

    found = await all_of(house, house.handle(made))
    assert (before, leaks(found, secrets)) == ([], [])


async def test_a_user_is_erased_with_the_invitations_that_never_led_to_one(house: House, person: Person) -> None:
    """T34: an earlier invitation of the same person that expired goes too, and one that is open elsewhere ends."""
    first = await invited(house, person)
    await house.doorstep.revoke(first.id, reason=f"{person.word} was away")
    await house.until_state(first, State.REVOKED)
    made = await walked_again(house, person)
    draft = await house.doorstep.invite(office=await house.office(), email=person.typed, is_draft=True)

    await house.doorstep.user_erase(person.username)

    assert await tables_with(house, person.words) == set()
    states = {(await house.doorstep.show(each.id)).state for each in (first, made, draft)}
    assert states == {State.ERASED}


async def walked_again(house: House, person: Person) -> Invitation:
    """A second invitation, up to the sign-in."""
    made = await house.doorstep.invite(office=person.office, email=person.typed, accounts=["1042"])
    await house.mail_of(made, Message.INVITATION, copies=2)
    await house.set_up(made, username=person.username)
    await house.doorstep.approve(made.id, approver=person.boss)
    return await house.until_state(made, State.ACTIVE)


async def test_a_pair_is_erased_with_both_logins_and_their_requests(house: House, person: Person) -> None:
    """T34, S4.9: the staff login, what it asked for, and the mails of way A."""
    await house.doorstep.add_user(
        office=person.office, account="1042", email=person.typed, username=person.username, name=f"Ana {person.word}"
    )
    mail = await mail_to(house, person.typed, Message.SET_PASSWORD)
    await house.doorstep.reset(house.token(mail), password=PASSWORD, staff_password=ANOTHER)
    await house.doorstep.sign_in(f"{person.username}S", ANOTHER, source=person.word)
    await house.doorstep.forgot(f"{person.username}S", source=person.word)
    reset = house.token(await mail_to(house, person.typed, Message.PASSWORD_RESET))
    before = await tables_with(house, person.words)

    await house.doorstep.user_erase(person.username)

    assert before >= {"deliveries", "password_links", "users"}
    assert await tables_with(house, person.words) == set()
    assert await house.doorstep.seats(person.office) == 0
    with pytest.raises(Gone):
        await house.doorstep.open_reset(reset)


async def test_an_invitation_by_text_is_erased_too(house: House, person: Person) -> None:
    """T34, S0.17: the number is an address as any other."""
    made = await house.doorstep.invite(office=person.office, phone=person.phone, name=f"Ana {person.word}")
    assert "deliveries" in await tables_with(house, person.words)

    await house.doorstep.erase(made.id)

    assert await tables_with(house, person.words) == set()
    assert await house.handle(made).result() == {"state": "erased"}


async def refused(house: House, person: Person, made: Invitation) -> None:
    """Rejected, with a reason."""
    await house.doorstep.reject(made.id, approver=person.boss, reason=f"{person.word} is a stranger")
    await house.mail_of(made, Message.REJECTED)


async def taken_back(house: House, person: Person, made: Invitation) -> None:
    """Taken back after the set-up."""
    await house.doorstep.revoke(made.id, reason=f"{person.word} moved", actor=f"clerk@{person.office}.example")


async def deleted(house: House, person: Person, made: Invitation) -> None:
    """Let in, and deleted by staff."""
    await house.doorstep.approve(made.id, approver=person.boss)
    await house.until_state(made, State.ACTIVE)
    await house.doorstep.user_delete(person.username)


@pytest.mark.parametrize("ended", [refused, taken_back, deleted])
async def test_whoever_had_a_user_once_leaves_nothing_either(
    house: House, person: Person, ended: Callable[[House, Person, Invitation], Awaitable[None]]
) -> None:
    """T34: the user is gone long since, and with it what was mailed when that user had forgotten the password."""
    made = await house.set_up(await invited(house, person), username=person.username)
    await house.doorstep.forgot(person.username, source=person.word)
    await house.mail_of(made, Message.SET_UP_RECEIVED, copies=2)
    await ended(house, person, made)

    await house.doorstep.erase(made.id)

    assert await tables_with(house, person.words) == set()


async def test_whoever_forgot_a_password_before_there_was_one_leaves_nothing(house: House, person: Person) -> None:
    """T34: the requests that named the address while the link was out, and the copies that they brought."""
    made = await invited(house, person)
    for spelling in person.spellings:
        await house.doorstep.forgot(spelling, source=person.word)
    await house.mail_of(made, Message.INVITATION, copies=4)
    before = await tables_with(house, person.words)

    await house.doorstep.erase(made.id)

    assert "password_links" in before
    assert await tables_with(house, person.words) == set()


async def test_an_address_that_was_changed_leaves_no_mask(house: House, person: Person) -> None:
    """T34: the records of a change of address lose the masked forms, which may be enough to know somebody by."""
    made = await invited(house, person)
    await house.doorstep.readdress(made.id, f"zoe.{person.word}@{person.word}.example")
    await house.mail_of(made, Message.READDRESSED_NOTICE)
    masked = await detail_of(house, made, "invitation.readdressed")

    await house.doorstep.erase(made.id)

    assert set(masked) == {"before", "after"}
    assert await detail_of(house, made, "invitation.readdressed") == {}
    assert await tables_with(house, person.words) == set()


async def detail_of(house: House, made: Invitation, event: str) -> dict[str, object]:
    """What was recorded beside one event."""
    return next(each.detail for each in await house.doorstep.audit(made.id) if each.event == event)


async def test_what_waits_in_the_outbox_never_goes_out(house: House, person: Person) -> None:
    """T34: erased while the mail server puts the mail off: no mail, no link, and the workflow ends as erased."""
    house.smtp.mode = DEFER_451
    made = await house.doorstep.invite(office=person.office, email=person.typed, name=f"Ana {person.word}")
    url = await house.doorstep.link(made.id)
    await house.until(made, lambda row: any(each.cause for each in row.deliveries))

    await house.doorstep.erase(made.id)
    house.smtp.mode = ACCEPT

    assert await house.handle(made).result() == {"state": "erased"}
    assert house.mails(person.typed) == []
    assert {(each.recipient, each.status) for each in (await house.doorstep.show(made.id)).deliveries} == {
        ("", "failed")
    }
    with pytest.raises(Gone) as dead:
        await house.doorstep.open_link(url.rpartition("/")[2])
    assert dead.value.code == "link_unknown"
    assert await tables_with(house, person.words) == set()


async def test_counters_of_tries_hold_hashes_alone(house: House, person: Person) -> None:
    """T34, T07: who guessed, from where, and whose password it was cannot be read from the counters."""
    await asyncio.gather(
        house.doorstep.forgot(person.typed, source=person.word),
        house.doorstep.forgot(person.username, source=person.phone),
    )
    with pytest.raises(Refused):
        await house.doorstep.sign_in(person.username, "not the password", source=person.word)

    async def asked() -> bool | None:
        return True if await tables_with(house, person.words) == {"password_links"} else None

    await eventually(asked, "the names to stand in the requests alone")

"""Contacts for the portal: found, flagged, given an address of their own, and invited one by one or many at once."""

import pytest

from doorstep.domain.errors import Conflict, Invalid, NotFound
from doorstep.domain.messages import Message
from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import State
from starter.contacts import Invited
from tests.client_commands import fresh
from tests.functional.importing import imported, only
from tests.functional.staffing import contact_named, staffed
from tests.house import House
from tests.office_rows import fingerprints
from tests.pages import active


async def invited(house: House, *contacts: object, **options: object) -> list[Invited]:
    """What became of each of a list."""
    return [each async for each in house.doorstep.contacts_invite(contacts, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ana", ["Ana Ngata"]),
        ("NGATA", ["Ana Ngata"]),
        ("ana@", ["Ana Ngata"]),
        ("555 0143", ["Ben Rata"]),
        ("+64 21 555-0143", ["Ben Rata"]),
        ("1042", ["Ana Ngata", "Cara Both"]),
        ("rimu", ["Ben Rata", "Cara Both"]),
        ("  both ", ["Cara Both"]),
        ("", ["Ana Ngata", "Ben Rata", "Cara Both"]),
        ("nobody", []),
        ("%", []),
        ("_", []),
        ("\\", []),
    ],
)
async def test_customers_are_found_by_whatever_identifies_them(house: House, search: str, found: list[str]) -> None:
    """S3.3: by name, address, number, account number and account name, in any case; a wildcard is a letter."""
    office, _ = await staffed(house, "customerView")

    assert [each.name for each in await house.doorstep.contacts(office, search=search)] == found


async def test_the_portal_address_is_saved_beside_the_default_one(house: House) -> None:
    """S3.6, S4.31, S4.32, S4.33: it starts as the default one, is edited and emptied, and never changes that one."""
    office = await house.office()
    await imported(house, office, "1042,Kauri Farms,,,,Ana Ngata,ap@kauri.example,")
    ana = await only(house, office)

    edited = await house.doorstep.contact_set(ana.id, portal_email="gm@kauri.example")
    with pytest.raises(Invalid) as wrong:
        await house.doorstep.contact_set(ana.id, portal_email="gm at kauri")
    [one] = await invited(house, ana.id)
    emptied = await house.doorstep.contact_set(ana.id, portal_email="")

    assert [each.invitation_address for each in (ana, edited, emptied)] == [
        *("ap@kauri.example", "gm@kauri.example", "ap@kauri.example")
    ]
    assert [each.email for each in (ana, edited, emptied)] == ["ap@kauri.example"] * 3
    assert (wrong.value.code, wrong.value.field) == ("address_invalid", "portal_email")
    assert one.invitation is not None
    assert one.invitation.address == "gm@kauri.example"
    assert await house.mail_of(one.invitation, Message.INVITATION)


async def test_nothing_is_sent_to_whoever_is_no_portal_user(house: House) -> None:
    """S3.5: with the flag off, by contact, by address and from a list; the refusal names what mends it."""
    office = await house.office()
    await imported(house, office, "1042,Kauri Farms,,,,Ana Ngata,ana@kauri.example,021 555 0142")
    ana = await only(house, office)
    await house.doorstep.contact_set(ana.id, portal_email="gm@kauri.example", is_portal_user=False)

    for asked in (
        house.doorstep.invite(office=office, contact=ana.id),
        house.doorstep.invite(office=office, email="ANA@kauri.example"),
        house.doorstep.invite(office=office, email="gm@kauri.example"),
        house.doorstep.invite(office=office, phone="021 555 0142"),
    ):
        with pytest.raises(Conflict) as caught:
            await asked
        assert caught.value.code == "not_portal_user"
        assert f"doorstep contact set {ana.id} --portal-user" in caught.value.message
    assert [(each.outcome, each.code) for each in await invited(house, ana.id)] == [("refused", "not_portal_user")]
    assert await house.doorstep.list(office=office) == []

    await house.doorstep.contact_set(ana.id, is_portal_user=True)
    assert [each.outcome for each in await invited(house, ana.id)] == ["invited"]


async def test_turning_the_flag_off_takes_open_invitations_back(house: House) -> None:
    """S3.9: every open one of the contact, whoever made it and wherever it stands; those of others stay."""
    office, clerk = await staffed(house, "companyView", "companyEdit")
    ana = await contact_named(house, office, "Ana")
    await house.doorstep.contact_set(ana, portal_email=f"gm@{office}.example")
    drafted = await house.doorstep.invite(office=office, contact=ana, job="a", is_draft=True)
    pending = await house.pending(office, email=f"gm@{office}.example", job="b")
    waiting = await house.waiting(office, email=f"ana@{office}.example", job="c")
    others = await house.pending(office, email=f"ben@{office}.example")
    token = house.token(await house.mail_of(pending, Message.INVITATION))

    changed = await clerk.contact_set(ana, is_portal_user=False)

    assert changed.is_portal_user is False
    for each in (drafted, pending, waiting):
        assert (await house.until_state(each, State.REVOKED)).decision_note == "no longer a portal user"
    assert (await house.doorstep.show(others.id)).state is State.PENDING
    assert [each.actor for each in await house.doorstep.audit(pending.id) if each.event == "invitation.revoked"] == [
        clerk.actor.name
    ]
    link = await house.doorstep.open_link(token)
    assert link.refusal is not None
    assert link.refusal.code == "link_revoked"


async def test_turning_the_flag_off_leaves_whoever_is_in(house: House) -> None:
    """S3.9: an invitation that came to its good end is not open, so it stays, and the user too."""
    office, _ = await staffed(house, "companyView")
    member = await active(house, office, email=f"ana@{office}.example", accounts=["1042"])

    await house.doorstep.contact_set(await contact_named(house, office, "Ana"), is_portal_user=False)

    assert (await house.doorstep.show(member.id)).state is State.ACTIVE
    assert (await house.doorstep.user(member.username)).user.state == "active"


async def test_a_list_mails_every_valid_row(house: House) -> None:
    """S4.34, S4.35, S4.36: no address, no portal user, a username already, an unknown id: each says so, none stops."""
    office = await house.office()
    names = ("No Address", "No Portal", "Has Username", "Valid One", "Valid Two")
    rows = [f"{n},Firm {n},,,,{name},{'' if n == 0 else f'p{n}@{office}.example'}," for n, name in enumerate(names)]
    await imported(house, office, *rows)
    await active(house, office, email=f"p2@{office}.example", accounts=["2"])
    ids = {name: await contact_named(house, office, name) for name in names}
    await house.doorstep.contact_set(ids["No Portal"], is_portal_user=False)
    nobody = (await active(house, office)).id

    said = await invited(house, *(ids[name] for name in names), nobody, roles=["rep"])

    assert [(each.outcome, each.code) for each in said] == [
        *(("skipped", "no_address"), ("refused", "not_portal_user"), ("skipped", "has_username")),
        *(("invited", ""), ("invited", ""), ("refused", "no_such_contact")),
    ]
    assert "doorstep contact set ID --portal-email ADDRESS" in said[0].sentence
    for each in said[3:5]:
        assert each.invitation is not None
        mailed = await house.mail_of(each.invitation, Message.INVITATION)
        assert each.invitation.address in mailed["To"]
        assert set(each.invitation.permissions) == permissions_of(["rep"])
        assert [account.code for account in each.invitation.accounts] == [each.invitation.address[1]]


async def test_a_list_that_is_sent_again_makes_no_second_link(house: House) -> None:
    """S4.37, S4.35: nor does a name that stands on it twice."""
    office = await house.office()
    await imported(house, office, "1,Firm,,,,Ana,ana@kauri.example,")
    ana = await only(house, office)

    said = [*await invited(house, ana.id, ana.id), *await invited(house, ana.id)]

    assert len({each.invitation.id for each in said if each.invitation}) == 1
    assert len(await house.doorstep.list(office=office)) == 1


async def without_username(house: House, office: str) -> list[str]:
    """The names on the list of those to invite; the flag of each contact says the same."""
    listed = [each.name for each in await house.doorstep.contacts(office, is_without_username=True)]
    assert listed == [each.name for each in await house.doorstep.contacts(office) if not each.has_username]
    return listed


async def test_the_list_holds_customers_without_a_username_alone(house: House) -> None:
    """S4.26, S4.39, S4.48: whoever is set up leaves it, by address, by number or by way A; a refused one is back."""
    (office, _), elsewhere = await staffed(house, "companyView"), await house.office()
    await imported(house, office, "3,Third,,,,Dan Text,,021 555 0144", "3,Third,,,,Eve Own,eve@kauri.example,")
    await active(house, elsewhere, email=f"cara@{office}.example")
    everybody = ["Ana Ngata", "Ben Rata", "Cara Both", "Dan Text", "Eve Own"]
    assert await without_username(house, office) == everybody

    waiting = await house.waiting(office, email=f"ana@{office}.example", accounts=["1042"])
    add = house.doorstep.add_user
    await add(office=office, account="2000", email=f"BEN@{office}.example", username=fresh("ben"))
    await add(office=office, account="3", email=f"x@{office}.example", username=fresh("test"), is_test=True)
    await house.doorstep.contact_set(await contact_named(house, office, "Eve"), portal_email=f"x@{office}.example")
    assert await without_username(house, office) == ["Cara Both", "Dan Text", "Eve Own"]

    await active(house, office, email=f"x@{office}.example", accounts=["3"])
    await active(house, office, email=f"{fresh('dan')}@example.org", phone="021 555 0144", accounts=["3"])
    await house.doorstep.reject(waiting.id, approver=f"boss1@{office}.example")
    assert await without_username(house, office) == ["Ana Ngata", "Cara Both"]


async def test_another_person_is_added_to_an_account_by_hand(house: House) -> None:
    """S0.4: with an address or a number, on accounts that are there; with neither, or to none, nothing is made."""
    office, clerk = await staffed(house, "companyView", "companyEdit")
    before = await house.run(lambda tx: fingerprints(tx, office))

    with pytest.raises(Invalid) as nothing:
        await clerk.contact_add(office=office, name="Partner", accounts=["1042"])
    with pytest.raises(Invalid) as unknown:
        await clerk.contact_add(office=office, name="Partner", email="partner@example.org", accounts=["1042", "9"])
    assert await house.run(lambda tx: fingerprints(tx, office)) == before
    partner = await clerk.contact_add(office=office, name="Partner", phone="021 555 0188", accounts=["1042", "1042"])

    assert (nothing.value.code, unknown.value.code) == ("address_required", "unknown_account")
    assert (partner.name, partner.phone, [each.code for each in partner.accounts]) == (
        "Partner",
        "021 555 0188",
        ["1042"],
    )
    again = await clerk.contact_set(partner.id, add_accounts=["2000"])
    assert [each.code for each in again.accounts] == ["1042", "2000"]
    with pytest.raises(NotFound):
        await clerk.contact((await active(house, office)).id)


async def test_a_number_that_is_anothers_alone_is_not_given_twice(house: House) -> None:
    """S0.5: of two contacts without an address each has a number of their own; the refusal is one sentence."""
    office = await house.office()
    await imported(house, office, "1,Firm,,,,Ana,,021 555 0142", "2,Firm,,,,Ben,,021 555 0143")

    with pytest.raises(Conflict) as caught:
        await house.doorstep.contact_set(await contact_named(house, office, "Ben"), phone="+64 21 555 0142")

    assert caught.value.code == "contact_exists"

"""Contacts that have a number and no address are invited by text, where texts can be sent at all."""

from tests.functional.importing import imported, only
from tests.house import House
from tests.pages_texts import text_line


async def test_s0_8_a_contact_with_a_mobile_number_alone_is_invited_by_text(house: House) -> None:
    """S0.8, S4.34: by text where there is a gateway; skipped without one, with a landline, and with neither."""
    found = []
    for number in ("021 555 0199", "09 300 1234", ""):
        office = await house.office()
        await imported(house, office, f"1042,Firm,,,,Ana,,{number}")
        found.append((await only(house, office)).id)

    async with text_line(house) as line:
        told = [each async for each in line.silent.contacts_invite(found)]
    without = [each async for each in house.doorstep.contacts_invite(found[1:])]

    assert [(each.outcome, each.code) for each in told] == [("invited", ""), *[("skipped", "no_address")] * 2]
    assert told[0].invitation is not None
    assert told[0].invitation.address == "+64215550199"
    assert [each.code for each in without] == ["no_address"] * 2

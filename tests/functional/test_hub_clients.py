"""Clients in the Team Hub: found, added now or later, by whoever may and by nobody else."""

import pytest
from fastapi import FastAPI

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.importing import imported, on, only
from tests.functional.staffing import EXPORT
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import add_accounts, seen

FULL = "administrator"


async def clerk(house: House, app: FastAPI, *permissions: str, **more: object) -> Colleague:
    """Somebody in a new office that has accounts 1042 and 2000 with three people; 1042 is assigned to them."""
    office = await house.office()
    async for _ in await house.doorstep.import_rows(EXPORT.format(office).encode(), office):
        pass
    return await colleague(house, app, office, *(permissions or (FULL,)), **{"accounts": ["1042"], **more})  # type: ignore[arg-type]


async def landed(who: Colleague, path: str, **fields: object) -> str:
    """Where a form leads."""
    answer = await who.send(path, **fields)
    assert answer.status_code == 303, seen(answer).words
    return str(answer.headers["location"])


@pytest.mark.parametrize(
    ("search", "found"),
    [("ngata", ["Ana"]), ("555 0143", ["Ben"]), ("rimu", ["Ben", "Cara"]), ("1042", ["Ana", "Cara"]), ("%", [])],
)
async def test_clients_are_found_by_what_identifies_them(
    house: House, app: FastAPI, search: str, found: list[str]
) -> None:
    """S3.3: the page of clients searches name, number, address and account; an empty answer says what to do."""
    who = await clerk(house, app)

    answer = await who.browser.get(who.path("/clients"), params={"q": search})

    words = seen(answer).words
    assert [name for name in ("Ana", "Ben", "Cara") if name in words] == found
    assert ("Nobody matches" in words) == (found == [])


async def test_a_client_is_found_by_the_number_that_the_erp_knows_them_by(house: House, app: FastAPI) -> None:
    """S3.3: the key of the ERP identifies somebody too, and only as a whole."""
    who = await clerk(house, app)
    await house.doorstep.contact_put(who.office, "C-881", name="Dora Keyed", email=f"dora@{who.office}.example")

    whole = await who.look(who.path("/clients?q=C-881"))
    part = await who.look(who.path("/clients?q=C-8"))

    assert ("Dora" in whole.words, "Dora" in part.words) == (True, False)


async def test_a_long_list_comes_in_pages(house: House, app: FastAPI) -> None:
    """S3.3: a list of more than a page leads on to the next, and back to the beginning."""
    who = await colleague(house, app, await house.office(), FULL)
    rows = [f"A,Farm,,,,Person {n},p{n}@{who.office}.example," for n in range(60)]
    await imported(house, who.office, *rows)

    first = await who.look(who.path("/clients"))
    [more] = [link for link in first.links if "after=" in link]
    second = await who.look(more)

    assert "Person 49" in first.words
    assert ("Person 50" in second.words, "Person 49" in second.words) == (True, False)
    assert who.path("/clients?") in second.links


async def test_an_added_client_is_invited_and_staff_land_on_their_page(house: House, app: FastAPI) -> None:
    """S0.2, S0.12, S1.17, S1.18: Add makes the contact with its accounts and the invitation with its roles."""
    who = await clerk(house, app)
    address = f"eva@{who.office}.example"
    fields = {"email": address, "name": "Eva Poata", "account": "Rimu Dairies", "more": "1042, 1042"}

    path = await landed(who, who.path("/clients/new"), **fields, roles=["buyer"], groups=["family_farm"], step="send")
    page = await who.look(path)

    [invitation] = await house.doorstep.list(office=who.office)
    contact = await house.doorstep.contact(invitation.contact_id or invitation.id)
    assert path.startswith(who.path(f"/clients/{contact.id}"))
    assert page.fields["name"]["value"] == "Eva Poata"
    assert (on(contact), [each.code for each in invitation.accounts]) == (["1042", "2000"], ["1042", "2000"])
    assert (invitation.roles, invitation.invited_by) == (("family_farm", "buyer"), who.address)
    await house.mail_of(invitation, Message.INVITATION)


async def test_everything_that_is_missing_is_said_and_nothing_typed_is_lost(house: House, app: FastAPI) -> None:
    """S0.6, S0.9, S0.10: one message a field, with neither address one too; what was typed stays; nobody is added."""
    office = await house.office(required_fields=("name", "job"), account_required=True)
    who = await colleague(house, app, office, FULL)

    answer = await who.send(who.path("/clients/new"), more="", template="Kept-EJS", roles=["buyer"], step="send")
    page = seen(answer)

    assert answer.status_code == 422
    assert {name for name in page.by_id if name.endswith("-fault")} == {
        *("name-fault", "job-fault", "account-fault", "email-fault")
    }
    assert page.fields["template"]["value"] == "Kept-EJS"
    assert await house.doorstep.contacts(office) == []


@pytest.mark.parametrize("field", ["email", "phone"])
async def test_one_address_alone_is_enough(house: House, app: FastAPI, field: str) -> None:
    """S0.7, S0.8, S0.17: an e-mail address alone or a mobile number alone will do; the channel follows."""
    who = await clerk(house, app)
    given = {"email": f"fay@{who.office}.example", "phone": "021 555 0177"}[field]

    await landed(who, who.path("/clients/new"), **{field: given}, step="draft")

    [invitation] = await house.doorstep.list(office=who.office)
    assert invitation.channel.value == {"email": "mail", "phone": "text"}[field]


async def test_a_draft_sends_nothing_until_it_is_sent_from_the_portal_tab(house: House, app: FastAPI) -> None:
    """S0.15, S0.16: saved for later it has no link and no deadline; later it goes out without typing anything again."""
    who = await clerk(house, app)
    fields = {"email": f"gus@{who.office}.example", "name": "Gus", "account": "1042"}

    path = await landed(who, who.path("/clients/new"), **fields, step="draft")
    [saved] = await house.doorstep.list(office=who.office)
    tab = path.partition("?")[0] + "/portal"
    before = await who.look(tab)
    await landed(who, f"{tab}/{saved.id}/release")

    assert (saved.state, saved.expires_at) == (State.DRAFT, None)
    assert "Saved, not sent" in before.words
    await house.mail_of(saved, Message.INVITATION)


async def test_an_address_that_looks_mistyped_is_asked_about_once(house: House, app: FastAPI) -> None:
    """S3.7: a likely slip is a warning before anything is sent; the right one is a tick away, the same one is taken."""
    who = await clerk(house, app)
    path, typed = who.path("/clients/new"), f"{who.office}@gmial.com"

    asked = await who.send(path, email=typed, name="Hal", step="send")
    nobody = await house.doorstep.contacts(who.office, search="Hal")
    await landed(who, path, email=typed, kept=typed, use_meant="yes", name="Hal", step="draft")
    await landed(who, path, email=typed, kept=typed, name="Ida", step="draft")

    assert (asked.status_code, nobody) == (422, [])
    assert f"{who.office}@gmail.com" in seen(asked).words
    assert seen(asked).fields["name"]["value"] == "Hal"
    found = {each.name: each.email for each in await house.doorstep.contacts(who.office, search=who.office)}
    assert (found["Hal"], found["Ida"]) == (f"{who.office}@gmail.com", typed)


async def test_a_company_that_merely_looks_alike_is_offered_and_never_taken(house: House, app: FastAPI) -> None:
    """S1.10, S0.13: a company is taken by its code or whole name; a part of one is a question, nonsense a fault."""
    who = await clerk(house, app)
    path, fields = who.path("/clients/new"), {"email": f"jo@{who.office}.example", "step": "draft"}

    part = seen(await who.send(path, **fields, account="rimu"))
    nonsense = seen(await who.send(path, **fields, account="nowhere"))
    nobody = await house.doorstep.list(office=who.office)
    await landed(who, path, **fields, account="rimu", asked="rimu", picked="2000")

    assert ("Which company?" in part.words, part.fields["picked"]["value"]) == (True, "2000")
    assert ("account-fault" in nonsense.by_id, nobody) == (True, [])
    [invitation] = await house.doorstep.list(office=who.office)
    assert [each.code for each in invitation.accounts] == ["2000"]


async def test_the_same_person_again_is_answered_with_the_open_invitation(house: House, app: FastAPI) -> None:
    """S0.5, S1.19: a second Add of an address makes no second contact and mails nothing, and the page says so."""
    who = await clerk(house, app)
    fields = {"email": f"kim@{who.office}.example", "name": "Kim", "account": "1042", "step": "send"}

    first = await landed(who, who.path("/clients/new"), **fields)
    second = await landed(who, who.path("/clients/new"), **fields)

    assert second == first.replace("client-invited", "client-known")
    assert len(await house.doorstep.list(office=who.office)) == 1


async def test_a_test_invitation_makes_no_contact(house: House, app: FastAPI) -> None:
    """S4.18: whoever walks the way under an address of their own is in no list of clients."""
    who = await clerk(house, app)

    path = await landed(who, who.path("/clients/new"), email=f"me@{who.office}.example", account="1042", test="yes")

    [invitation] = await house.doorstep.list(office=who.office)
    assert (path, invitation.is_test) == (f"/hub/invitations/{invitation.id}", True)
    assert await house.doorstep.contacts(who.office, search="me@") == []


@pytest.mark.parametrize(
    ("permissions", "from_list", "from_company"),
    [
        (["customerView", "customerEdit"], True, False),
        (["companyView", "companyEdit"], False, True),
        (["crmCompanyView", "crmCompanyEdit"], False, True),
        (["superuser"], True, True),
        (["customerView"], False, False),
        (["companyView"], False, False),
    ],
)
async def test_each_way_in_is_open_to_those_whose_way_it_is(
    house: House, app: FastAPI, permissions: list[str], *, from_list: bool, from_company: bool
) -> None:
    """S1.2, S1.4, S1.5: the button is there for those who may, and the form refuses everybody else."""
    who = await clerk(house, app, *permissions)
    ways = {"/clients": ("/clients/new", from_list), "/companies/1042": ("/companies/1042/customers/new", from_company)}

    for page, (form, is_theirs) in ways.items():
        links = (await who.look(who.path(page))).links
        shown = await who.browser.get(who.path(form))
        sent = await who.send(who.path(form), email=f"lea@{who.office}.example", step="draft")

        assert (who.path(form) in links, shown.status_code == 200) == (is_theirs, is_theirs)
        assert sent.status_code == (303 if is_theirs else 403)


async def test_where_all_staff_invite_nobody_needs_a_way(house: House, app: FastAPI) -> None:
    """S0.1: an office can let everybody on its staff add clients."""
    office = await house.office()
    await house.doorstep.office_set(office, own={"any_staff_invites": True})
    who = await colleague(house, app, office, "manage_email_templates")

    page = await who.look(who.path("/clients"))

    assert who.path("/clients/new") in page.links


async def test_a_rep_sees_and_adds_to_their_own_companies_alone(house: House, app: FastAPI) -> None:
    """S1.3, S4.3: another company is in no list, has no page, and is unknown to the form."""
    who = await clerk(house, app, "crmCompanyView", "crmCompanyEdit", is_rep=True)

    words = [(await who.look(who.path(page))).words for page in ("/clients", "/companies", "/clients/companies")]
    hidden = [await who.browser.get(who.path(f"/companies/2000{form}")) for form in ("", "/customers/new")]
    fields = {"email": f"max@{who.office}.example", "more": "2000", "step": "draft"}
    refused = await who.send(who.path("/companies/1042/customers/new"), **fields)

    assert not any("Rimu" in each for each in words)
    assert [answer.status_code for answer in hidden] == [404, 404]
    assert (refused.status_code, await house.doorstep.list(office=who.office)) == (422, [])


async def test_nobody_is_offered_a_role_that_they_may_not_grant(house: House, app: FastAPI) -> None:
    """S1.20: roles beyond one's own are not on the form, and refused from another one."""
    may_grant = ["account", "invoices", "statements", "messages", "self_service", "orders.track"]
    who = await clerk(house, app, "customerView", "customerEdit", may_grant=may_grant)

    page = await who.look(who.path("/clients/new"))
    fields = {"email": f"nic@{who.office}.example", "roles": ["buyer"], "step": "draft"}
    refused = await who.send(who.path("/clients/new"), **fields)

    assert "Customer: " in page.words
    assert "Buyer: " not in page.words
    assert (refused.status_code, await house.doorstep.list(office=who.office)) == (403, [])


async def test_a_template_that_the_office_has_not_is_refused_beside_its_field(house: House, app: FastAPI) -> None:
    """S1.14, S1.16: the field offers the welcome mails of the office, and takes no other name."""
    who = await clerk(house, app)
    await house.doorstep.template_add(who.office, "Growers")

    page = await who.browser.get(who.path("/clients/new"))
    answer = await who.send(who.path("/clients/new"), email=f"oz@{who.office}.example", template="Nothing", step="send")

    assert '<option value="Growers">' in page.text
    assert '<option value="accountactivation-EJS">' in page.text
    assert (answer.status_code, "template-fault" in seen(answer).by_id) == (422, True)


async def test_an_account_whose_code_holds_a_slash_has_its_page(house: House, app: FastAPI) -> None:
    """S1.7: whatever the ERP calls a company, its row opens it."""
    who = await colleague(house, app, await house.office(), FULL)
    await add_accounts(house, who.office, {"NZ/10 & 2": "Slashed"})

    listed = await who.look(who.path("/companies?q=slashed"))
    [path] = [link for link in listed.links if "/companies/NZ" in link]
    page = await who.look(path)
    landing = await landed(who, f"{path}/customers/new", email=f"pia@{who.office}.example", step="draft")

    assert page.title.startswith("Slashed")
    assert on(await only(house, who.office)) == ["NZ/10 & 2"]
    assert path in (await who.look(landing)).links

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from tests.browser.looking import COLOURS, RULES, SMALL_TARGETS
from tests.functional.batching import checked, people, until_batch
from tests.functional.importing import imported
from tests.hub import colleague
from tests.hub_browsing import signed_in
from tests.hub_engines import ledgered
from doorstep.domain.batches import BatchState, NewRow
from uuid import UUID

ROWS = [f"{n},Hill Farm {n} Limited Partnership,{'Retail' if n%2 else 'Trade'},{'Kim' if n%3 else 'Lee Moana'},A,Person Number {n},p{n}@OFF.example," for n in range(1, 56)]
ROWS += ["90,Lake Farm,Retail,Kim,B,Ben Lake,,", "91,Road,Rep,Kim,A,Kim Road,kim@OFF.example,"]

@pytest.mark.timeout(560)
async def test_look(chromium, portal, house, app):
    office = await house.office()
    await imported(house, office, *(r.replace("OFF", office) for r in ROWS))
    who = await colleague(house, app, office, "administrator", address=f"boss1@{office}.example")
    first = (await house.doorstep.contacts(office, search="Person Number 1"))[0]
    await house.doorstep.contact_set(first.id, portal_email=f"someone.with.a.long.name@{office}.example")
    await house.pending(office, email=f"p2@{office}.example", accounts=["2"], name="Person Number 2")
    await house.waiting(office, email=f"p3@{office}.example", accounts=["3"], name="Person Number 3")
    b1 = await checked(house, office, [*people(office, 3), NewRow(email="eva at x", name="Eva")], name="Spring growers", actor=who.address)
    contacts = [c.id for c in await house.doorstep.contacts(office, search="Lake")] + [first.id]
    b2 = await house.doorstep.batch_create(office, contacts=contacts, starts_by_itself=True, name="Customers, Retail", actor=who.address)
    await until_batch(house, b2, BatchState.DONE)
    home = f"/hub/offices/{office}"
    pages = {"invite": f"{home}/invite", "invite-all": f"{home}/invite?all=yes&customer_type=Retail", "reps": f"{home}/invite?reps=yes",
      "none": f"{home}/invite?customer_type=zzz", "invited": f"{home}/invite/invited", "unapproved": f"{home}/invite/unapproved",
      "user": f"{home}/users/new", "batches": f"{home}/batches", "new": f"{home}/batches/new", "from": f"{home}/batches/new?from={b1.id}",
      "checked": f"/hub/batches/{b1.id}", "done": f"/hub/batches/{b2.id}"}
    async with ledgered(house) as (lapp, ledger):
        chief = await colleague(house, lapp, office, address=who.address)
        for name, path in pages.items():
            await chief.browser.get(path); ledger.clear()
            a = await chief.browser.get(path)
            print("QUERIES", name, a.status_code, len(ledger.asked))
            if len(ledger.asked) > 8: print(*ledger.asked, sep="\n   ")
    async with await chromium.new_context(base_url=portal) as context:
        page = await (await signed_in(context, portal, who.session)).new_page()
        page.on("console", lambda m: print("CONSOLE", m.text))
        for name, path in pages.items():
            await page.set_viewport_size({"width": 360, "height": 740})
            await page.emulate_media(color_scheme="light")
            await page.goto(path)
            await page.evaluate(AXE_SCRIPT)
            if name == "invite":
                await page.evaluate("document.querySelector('.edit').open = true")
            if name == "checked":
                await page.evaluate("document.querySelector('.final').open = true")
            small = await page.evaluate(SMALL_TARGETS)
            if small: print("SMALL", name, len(small), small[:2])
            for w, scheme in ((360, "light"), (1280, "dark")):
                await page.set_viewport_size({"width": w, "height": 800})
                await page.emulate_media(color_scheme=scheme)
                await page.screenshot(path=f"/tmp/mine/{name}-{w}-{scheme}.png", full_page=name not in ("invite", "invite-all") or w != 360)
                if not await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"): print("WIDE", name, w)
                found = await page.evaluate("(o) => axe.run(o)", RULES if scheme == "light" else COLOURS)
                for v in found["violations"]: print("AXE", name, w, scheme, v["id"], [n["html"][:160] for n in v["nodes"]][:2])

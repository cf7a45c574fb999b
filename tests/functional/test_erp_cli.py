"""The command line for sources of the ERP's export, as one walk."""

from tests.command_line import CommandLine
from tests.functional.test_erp_pull import ended, exported
from tests.house import ERP_FOLDER, House


async def test_a_source_is_set_run_shown_paused_and_removed(house: House, doorstep: CommandLine) -> None:
    """S0.3: each command answers with what stands there now; two sentences say how it went and what is next."""
    office = await house.office()
    exported(office, "1042,Ana Ngata,ana@kauri.example,,", "1043,Ben,no address,,")
    folder = str(ERP_FOLDER)

    words = ("--from", office, "--cron", "0 2 * * *", "--timezone", "Pacific/Auckland")
    made = await doorstep.done("erp", "set", office, "daily", *words, DOORSTEP_ERP_FOLDER=folder)
    refused = await doorstep.refused("erp", "set", office, "daily", "--from", "/etc", "--every", "1h")
    await doorstep.done("erp", "run", office, "daily")
    await ended(house, office)
    shown = (await doorstep("erp", "show", office, "daily")).out
    runs = await doorstep.done("erp", "runs", office, "daily")
    paused = await doorstep.done("erp", "pause", office, "daily")
    removed = await doorstep.done("erp", "remove", office, "daily")

    assert (made["timetable"], made["last"]) == ("cron 0 2 * * * in Pacific/Auckland", None)
    assert refused["code"] == "erp_location"
    assert "is done: 2 rows, 1 new accounts, 1 new contacts, 0 changed, 1 refused. The next one is due" in shown
    assert f"doorstep erp runs {office} daily" in shown
    assert [each["outcome"] for each in runs["runs"]] == ["done"]
    assert runs["runs"][0]["problems"][0]["code"] == "malformed_email"
    assert (paused["state"], removed["state"]) == ("paused", "removed")

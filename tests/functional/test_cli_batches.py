"""The command line for batches: looked at, sent, stopped, and written to a file to be sent again."""

from pathlib import Path

from doorstep.domain.batches import BatchState, NewRow
from tests.command_line import CommandLine
from tests.functional.batching import checked, invited, people
from tests.house import House


async def test_a_file_is_looked_at_sent_corrected_and_sent_again(
    house: House, doorstep: CommandLine, tmp_path: Path
) -> None:
    """S4.35, T31: the whole of it as somebody types it; one object with --json."""
    office = await house.office()
    file, results = tmp_path / "people.csv", tmp_path / "results.csv"
    file.write_text(f"email,name\nana@{office}.example,Ana\nben at x,Ben\n", encoding="utf-8")
    of_file = (str(file), "--office", office)

    looked = await doorstep("batch", "check", *of_file)
    unsure = await doorstep("batch", "send", *of_file)
    nobody = await invited(house, office)
    done = await doorstep.done("batch", "send", *of_file, "--idempotency-key", "k")
    written = await doorstep.done("batch", "results", done["id"], str(results))
    results.write_text(results.read_text("utf-8").replace("ben at x", f"ben@{office}.example"), encoding="utf-8")
    again = await doorstep("batch", "send", str(results), "--office", office, "--yes")

    assert looked.status == 0
    assert "1 would be invited" in looked.out
    assert "address_invalid" in looked.out
    assert (unsure.status, nobody) == (1, [])
    assert (done["state"], done["sent"]["ok"], done["sent"]["refused"]) == ("done", 1, 1)
    assert [each["row"] for each in done["left_out"]] == [3]
    assert written == {"file": str(results), "rows": 2}
    assert again.status == 0, again
    assert "1 invited, 1 skipped" in again.out
    assert await invited(house, office) == [f"{name}@{office}.example" for name in ("ana", "ben")]


async def test_a_batch_is_told_what_to_do(house: House, doorstep: CommandLine) -> None:
    """Listed, shown row by row, started and cancelled; what does not fit the state is refused."""
    office = await house.office()
    batch = await checked(house, office, [*people(office, 2), NewRow(email="bad")])

    listed = await doorstep.done("batch", "list", office)
    refused = await doorstep.done("batch", "rows", str(batch.id), "--result", "refused")
    early = await doorstep.refused("batch", "pause", batch.workflow_id)
    cancelled = await doorstep.done("batch", "cancel", batch.workflow_id)
    shown = await doorstep("batch", "show", str(batch.id))

    assert [each["id"] for each in listed["batches"]] == [str(batch.id)]
    assert [(each["row"], each["checked_code"]) for each in refused["rows"]] == [(3, "address_invalid")]
    assert early["code"] == "wrong_state"
    assert cancelled["state"] == BatchState.CANCELLED
    assert "Nobody further is invited" in shown.out

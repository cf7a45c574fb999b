"""Where the ERP's export lies and when it is pulled: read from what somebody typed."""

from datetime import timedelta

import pytest

from doorstep.domain.erp_sources import checked_folder, checked_name, checked_timetable, kept_timetable
from doorstep.domain.errors import Invalid

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("every", "cron", "words"),
    [
        (HOUR, "", "every 1 h"),
        (timedelta(minutes=90), "", "every 90 min"),
        (None, "0 2 * * *", "at 0 2 * * * on the clock of Pacific/Auckland"),
        (None, " */15  8-18 1,15 * 1-5 ", "at */15 8-18 1,15 * 1-5 on the clock of Pacific/Auckland"),
    ],
)
def test_a_timetable_is_kept_as_it_was_meant(every: timedelta | None, cron: str, words: str) -> None:
    """S0.3: how often, or when on the clock of a zone; what is kept reads as the same."""
    when = checked_timetable(every, cron, "Pacific/Auckland")

    assert when.in_words == words
    assert kept_timetable(when.text) == when


@pytest.mark.parametrize(
    ("every", "cron", "zone"),
    [
        (None, "", "Pacific/Auckland"),
        (HOUR, "0 2 * * *", "Pacific/Auckland"),
        (timedelta(minutes=4), "", "Pacific/Auckland"),
        (timedelta(days=32), "", "Pacific/Auckland"),
        (None, "0 2 * * * *", "Pacific/Auckland"),
        (None, "60 2 * * *", "Pacific/Auckland"),
        (None, "0 18-8 * * *", "Pacific/Auckland"),
        (None, "0 2 * * mon; x", "Pacific/Auckland"),
        (None, "@every 1s", "Pacific/Auckland"),
        (None, "0 2 * * *", "Kauri/Ridge"),
    ],
)
def test_a_timetable_that_cannot_be_kept_is_refused(every: timedelta | None, cron: str, zone: str) -> None:
    """S0.3: with one sentence, before anything is saved."""
    with pytest.raises(Invalid) as refused:
        checked_timetable(every, cron, zone)

    assert refused.value.code == "erp_timetable"


@pytest.mark.parametrize("folder", ["/etc", "..", "nz/../../etc", "a\0b"])
def test_a_folder_that_leads_out_is_refused(folder: str) -> None:
    """T32: nobody who sets a source reads any other file of the worker."""
    with pytest.raises(Invalid):
        checked_folder(folder)


def test_names_and_folders_are_kept_as_they_are_typed() -> None:
    """S0.3: a blank folder is the one of the setting."""
    assert [checked_folder(each) for each in ("", "nz/", "./nz/daily")] == [".", "nz", "nz/daily"]
    assert checked_name(" customers ") == "customers"
    with pytest.raises(Invalid):
        checked_name("x" * 61)

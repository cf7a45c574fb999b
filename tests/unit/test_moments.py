"""Moments in the words of an office."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from doorstep.mail.moments import absolute, how_long, office_zone, text_locale

MOMENT = datetime(2026, 11, 22, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "zone", "words"),
    [
        ("en_NZ", "Pacific/Auckland", "Sunday, 22 November 2026 at 3:04 pm NZDT (UTC+13:00)"),
        ("en-US", "America/Chicago", "Saturday, November 21, 2026 at 8:04 PM CST (UTC-06:00)"),
        ("en_CA", "America/St_Johns", "Saturday, November 21, 2026 at 10:34 p.m. NST (UTC-03:30)"),
        ("en_IN", "Asia/Kolkata", "Sunday, 22 November 2026 at 7:34 am UTC+05:30"),
        ("en_GB", "Europe/London", "Sunday, 22 November 2026 at 02:04 GMT (UTC)"),
        ("en", "UTC", "Sunday, November 22, 2026 at 2:04 AM UTC"),
        ("uk_UA", "Europe/Berlin", "Sunday, 22 November 2026 at 3:04 am UTC+01:00"),
        ("fr_FR", "Europe/Paris", "Sunday, 22 November 2026 at 03:04 CET (UTC+01:00)"),
        ("de_DE", "Europe/Berlin", "Sonntag, 22. November 2026 um 03:04 Uhr MEZ (UTC+01:00)"),
        ("de_US", "America/Chicago", "Samstag, 21. November 2026 um 20:04 Uhr UTC-06:00"),
        ("es_ES", "Europe/Madrid", "domingo, 22 de noviembre de 2026 a las 3:04 CET (UTC+01:00)"),
        ("es_MX", "America/Mexico_City", "sábado, 21 de noviembre de 2026 a las 8:04 p.m. UTC-06:00"),
        ("xx_nowhere", "UTC", "Sunday, November 22, 2026 at 2:04 AM UTC"),
    ],
)
def test_a_moment_names_its_zone(locale: str, zone: str, words: str) -> None:
    """S2.15: the date is written as the office's country does, in the language of the texts, and its zone is named."""
    said = absolute(MOMENT, text_locale(locale), office_zone(zone))

    # Which zones have letters of their own is for the CLDR data that Babel brings to say; the offset is ours.
    assert said == words or said == words.replace("IST (UTC+05:30)", "UTC+05:30")


@pytest.mark.parametrize(
    ("locale", "zone", "words"),
    [
        ("es_ES", "Europe/Madrid", "viernes, 22 de enero de 2027 a la 1:04 CET (UTC+01:00)"),
        ("es_ES", "UTC", "viernes, 22 de enero de 2027 a las 0:04 UTC"),
        ("es_MX", "Asia/Tokyo", "viernes, 22 de enero de 2027 a las 9:04 a.m. UTC+09:00"),
        ("es_MX", "Asia/Anadyr", "viernes, 22 de enero de 2027 a las 12:04 p.m. UTC+12:00"),
        ("es_MX", "Pacific/Auckland", "viernes, 22 de enero de 2027 a la 1:04 p.m. UTC+13:00"),
        ("de_AT", "Europe/Vienna", "Freitag, 22. Jänner 2027 um 01:04 Uhr MEZ (UTC+01:00)"),
        ("de_DE", "Europe/Berlin", "Freitag, 22. Januar 2027 um 01:04 Uhr MEZ (UTC+01:00)"),
    ],
)
def test_a_time_of_day_joins_its_date_as_people_say_it(locale: str, zone: str, words: str) -> None:
    """S2.15: one o'clock is singular in Spanish, `Uhr` follows in German, and January is Jänner in Austria."""
    moment = datetime(2027, 1, 22, 0, 4, tzinfo=UTC)

    assert absolute(moment, text_locale(locale), office_zone(zone)) == words


def test_a_page_in_english_alone_has_english_dates() -> None:
    """Whoever has no text in a language asks for none of its dates."""
    english = frozenset({"en"})

    assert [str(text_locale(tag, english)) for tag in ("de_AT", "es_419", "en_NZ", "de_US")] == [
        "en_AT",
        "en_001",
        "en_NZ",
        "en",
    ]


def test_f19_the_hour_that_comes_twice_is_told_apart() -> None:
    """F19: when the clock goes back, two moments share an hour; zone and offset tell them apart."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    berlin, locale = ZoneInfo("Europe/Berlin"), text_locale("en_GB")

    said = [absolute(moment, locale, berlin) for moment in (first, first + timedelta(hours=1))]

    assert said == [
        "Sunday, 25 October 2026 at 02:30 CEST (UTC+02:00)",
        "Sunday, 25 October 2026 at 02:30 CET (UTC+01:00)",
    ]


def test_a_moment_without_a_zone_is_refused() -> None:
    """F19: a naive moment would be read on the clock of whatever machine composes the mail."""
    with pytest.raises(ValueError, match="zone"):
        absolute(MOMENT.replace(tzinfo=None), text_locale("en"), office_zone("UTC"))


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=74), ["3 days", "3 días", "3 Tage"]),
        (timedelta(hours=24), ["24 hours", "24 horas", "24 Stunden"]),
        (timedelta(minutes=90), ["90 minutes", "90 minutos", "90 Minuten"]),
        (timedelta(seconds=-5), ["1 minute", "1 minuto", "1 Minute"]),
    ],
)
def test_a_wait_is_told_in_its_biggest_unit(span: timedelta, words: list[str]) -> None:
    """A reader compares days, not hours; a clock that runs backwards says nothing absurd."""
    assert [how_long(MOMENT, MOMENT + span, text_locale(tag)) for tag in ("en", "es_MX", "de_AT")] == words

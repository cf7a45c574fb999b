"""Offices, their username administrators, and the import of an ERP export."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import parseaddr
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel import Locale, UnknownLocaleError
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.destination import email_of
from doorstep.domain.erp import open_export
from doorstep.domain.errors import Invalid
from doorstep.domain.invitation import Office
from doorstep.store import authority, offices
from doorstep.store.importing import Import, Importer
from doorstep.store.offices import Front
from starter.waking import Waking

LONGEST_CODE = 40
LONGEST = timedelta(days=3660)
NUMBERS: Mapping[str, tuple[float, float]] = {"reminder_share": (0.05, 1), "places_per_job": (1, 1000)}
"""From where to where the rules go that are numbers."""


class Offices(Waking):
    """What an office needs before it may send."""

    async def office_set(
        self,
        code: str,
        *,
        own: Mapping[str, object] | None = None,
        rules: Mapping[str, object] | None = None,
        seen: str | None = None,
        actor: str | None = None,
    ) -> Office:
        """Make or change an office: `own` are its name, region, locale …; `rules` its policy.

        Raises:
            Invalid: with the field; Forbidden: `not_staff`, `not_allowed`; Changed: `changed_meanwhile`, where its
                edition (`domain.editions`) is not the one that the caller has `seen`.
        """
        clean = code.strip().lower()
        if not clean.replace("-", "").isalnum() or not clean.isascii() or len(clean) > LONGEST_CODE:
            raise Invalid(
                "office_code", "An office's code is made of letters, digits and hyphens, such as nz.", field="code"
            )
        texts = {name: value.strip() for name, value in (own or {}).items() if isinstance(value, str)}
        _check_own(texts)
        check_rules(rules or {})
        checked = dict(own or {}) | texts
        who, detail = self._as(actor), {"command": "office.set", "office": clean}
        work = partial(offices.put, actor=who, code=clean, own=checked, rules=rules or {}, seen=seen)
        return await self._recorded(who, detail, work)

    async def office(self, code: str, *, actor: str | None = None) -> Office:
        """The office, its policy and its administrators, for its own people.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> Office:
            found = await offices.get(tx, code)
            await authority.standing(tx, who, code)
            return found

        return await self._run(work)

    async def offices(self) -> list[str]:
        """The codes of all offices."""
        return await self._run(offices.codes)

    async def fronts(self) -> list[Front]:
        """What the pages show of each office: its name, its help contact, its address."""
        return await self._run(offices.fronts)

    async def approvers_set(
        self, office: str, addresses: Sequence[str], *, seen: str | None = None, actor: str | None = None
    ) -> Office:
        """Replace the username administrators of an office, one to three (S4.22).

        Raises:
            Refused: with the field, or the reason; Changed: `changed_meanwhile`, where the edition of the list is not
                the one that the caller has `seen`.
        """
        checked = [email_of(address) for address in addresses]
        who, detail = self._as(actor), {"command": "approvers.set", "office": office}
        return await self._recorded(who, detail, lambda tx: offices.set_approvers(tx, who, office, checked, seen=seen))

    async def approver_remove(self, office: str, address: str, *, actor: str | None = None) -> Office:
        """Take one username administrator off; the last one only while nothing is open."""
        checked = email_of(address)
        who, detail = self._as(actor), {"command": "approvers.remove", "office": office}
        return await self._recorded(who, detail, lambda tx: offices.remove_approver(tx, who, office, checked))

    async def import_rows(
        self, data: bytes, office: str, *, is_dry_run: bool = False, actor: str | None = None
    ) -> Import:
        """Begin the import of an ERP export; iterate over it to carry it out, row by row.

        Raises:
            ExportError: the file as a whole cannot be read; NotFound: no such office; Forbidden: `not_staff`,
                `not_allowed`.
        """
        who, detail = self._as(actor), {"command": "import", "office": office}

        async def work(tx: AsyncConnection) -> Office:
            found = await offices.get(tx, office)
            await authority.require_in_office(tx, who, office, Right.IMPORT)
            return found

        region = (await self._recorded(who, detail, work)).region
        importer = Importer(self.engine, self.ring, who, office, region, self._wake_all)
        return Import(importer, await asyncio.to_thread(open_export, data), is_dry_run=is_dry_run)


def _check_own(own: Mapping[str, str]) -> None:
    region = own.get("region")
    if own.get("name") == "":
        raise Invalid("office_name", "An office needs a name that people read.", field="name")
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid("region", "A region is the code of a country, such as NZ, AU or US.", field="region")
    _check_clock(own)
    if own.get("help_email"):
        email_of(own["help_email"], field="help_email")
    if own.get("sender"):
        email_of(parseaddr(own["sender"])[1], field="sender")
    for name in ("public_url", "client_guide"):
        if own.get(name) and not own[name].startswith(("https://", "http://")):
            raise Invalid(name, f"The {name.replace('_', ' ')} is an address that begins with https://", field=name)


def _check_clock(own: Mapping[str, str]) -> None:
    for name, read, such in (("locale", Locale.parse, "en_NZ"), ("time_zone", ZoneInfo, "Pacific/Auckland")):
        try:
            if name in own:
                read(own[name])
        except (UnknownLocaleError, ValueError, ZoneInfoNotFoundError, OSError):
            sentence = f"That is no {name.replace('_', ' ')}. Use one such as {such}."
            raise Invalid("locale", sentence, field=name) from None


def check_rules(rules: Mapping[str, object]) -> None:
    """Refuse rules that nobody could keep.

    Raises:
        Invalid: `duration`, `rule_number`, with the field.
    """
    for name, value in rules.items():
        if isinstance(value, timedelta) and value < timedelta(0):
            raise Invalid("duration", f"The duration {name!r} cannot be negative.", field=name)
        if isinstance(value, timedelta) and value > LONGEST:
            raise Invalid("duration", f"Use at most {LONGEST.days} days.", field=name)
        least, most = NUMBERS.get(name, (0, 0))
        if most and not (isinstance(value, int | float) and least <= value <= most):
            raise Invalid("rule_number", f"Use a number from {least:g} to {most:g}.", field=name)
    if rules.get("validity") == timedelta(0):
        raise Invalid("duration", "A link has to be valid for some time.", field="validity")
    if rules.get("retention") == timedelta(0):
        raise Invalid("duration", "Unanswered invitations have to be kept for some time.", field="retention")

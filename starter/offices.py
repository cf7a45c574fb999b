"""Offices, their username administrators, and the import of an ERP export."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel import Locale, UnknownLocaleError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.contact import name_key
from doorstep.domain.destination import email_of
from doorstep.domain.erp import ImportRow, RefusedRow, RowRefusal, describe_export, read_export
from doorstep.domain.errors import Invalid
from doorstep.domain.events import Event
from doorstep.domain.invitation import Office
from doorstep.store import audit, authority, directory, offices
from doorstep.store.audit import Actor
from doorstep.store.directory import Merged
from doorstep.store.offices import Front
from starter.desk import Connected

LONGEST_CODE = 40


@dataclass
class ImportReport:
    """What an import did; `refused` and `warned` hold the lines that a person should look at."""

    rows: int
    new_accounts: int = 0
    new_contacts: int = 0
    merged: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    warned: list[tuple[int, str]] = field(default_factory=list)

    def note(self, row: ImportRow, merged: Merged) -> None:
        """Count one row that was taken."""
        self.new_accounts += merged.is_new_account
        self.new_contacts += merged.is_new_contact
        self.merged += not (merged.is_new_account or merged.is_new_contact)
        self.warned += [(row.line, warning) for warning in row.warnings]


class Offices(Connected):
    """What an office needs before it may send."""

    async def office_set(
        self,
        code: str,
        *,
        own: Mapping[str, object] | None = None,
        rules: Mapping[str, object] | None = None,
        actor: str | None = None,
    ) -> Office:
        """Make or change an office: `own` are its name, region, locale …; `rules` its policy.

        Raises:
            Invalid: with the field; Forbidden: `not_staff`, `not_allowed`.
        """
        clean = code.strip().lower()
        if not clean.replace("-", "").isalnum() or not clean.isascii() or len(clean) > LONGEST_CODE:
            raise Invalid(
                "office_code", "An office's code is made of letters, digits and hyphens, such as nz.", field="code"
            )
        texts = {name: value.strip() for name, value in (own or {}).items() if isinstance(value, str)}
        _check_own(texts)
        _check_rules(rules or {})
        checked = dict(own or {}) | texts
        who, detail = self._as(actor), {"command": "office.set", "office": clean}
        return await self._recorded(who, detail, lambda tx: offices.put(tx, who, clean, checked, rules or {}))

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

    async def approvers_set(self, office: str, addresses: Sequence[str], *, actor: str | None = None) -> Office:
        """Replace the username administrators of an office, one to three (S4.22)."""
        checked = [email_of(address) for address in addresses]
        who, detail = self._as(actor), {"command": "approvers.set", "office": office}
        return await self._recorded(who, detail, lambda tx: offices.set_approvers(tx, who, office, checked))

    async def approver_remove(self, office: str, address: str, *, actor: str | None = None) -> Office:
        """Take one username administrator off; the last one only while nothing is open."""
        checked = email_of(address)
        who, detail = self._as(actor), {"command": "approvers.remove", "office": office}
        return await self._recorded(who, detail, lambda tx: offices.remove_approver(tx, who, office, checked))

    async def import_rows(
        self, data: bytes, office: str, *, is_dry_run: bool = False, actor: str | None = None
    ) -> "Import":
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
        return Import(self, who, office, data, region, is_dry_run=is_dry_run)


class Import:
    """An import under way: each step takes one row, in a transaction of its own."""

    def __init__(self, client: Offices, who: Actor, office: str, data: bytes, region: str, *, is_dry_run: bool) -> None:
        self.summary = describe_export(data)
        self.report = ImportReport(rows=self.summary.rows)
        self._client = client
        self._who = who
        self._office = office
        self._is_dry_run = is_dry_run
        self._rows: Iterator[ImportRow | RefusedRow] = read_export(data, region=region)
        self._met: set[str] = set()

    def __aiter__(self) -> "Import":
        return self

    async def __anext__(self) -> ImportRow | RefusedRow:
        row = next(self._rows, None)
        if row is None:
            await self._finish()
            raise StopAsyncIteration
        if isinstance(row, RefusedRow):
            self.report.refused.append(row)
            return row
        return await self._take(row)

    async def _take(self, row: ImportRow) -> ImportRow | RefusedRow:
        try:
            merged = await self._client._run(lambda tx: self._merge(tx, row))  # noqa: SLF001 - our own other half
        except DBAPIError:
            refused = RefusedRow(
                row.line, "", RowRefusal.UNREADABLE, "The database refused it.", "Report it with its line."
            )
            self.report.refused.append(refused)
            return refused
        self.report.note(row, merged)
        return row

    async def _merge(self, tx: AsyncConnection, row: ImportRow) -> Merged:
        merged = await directory.merge(tx, self._office, row)
        if not self._is_dry_run:
            return merged
        await tx.rollback()
        address = row.email or row.phone
        person = address.key if address else f"{row.account_code}/{name_key(row.contact_name)}"
        return Merged(
            merged.is_new_account and self._is_first(f"account {row.account_code}"),
            merged.is_new_contact and self._is_first(f"person {person}"),
        )

    def _is_first(self, what: str) -> bool:
        """In a dry run each row is taken back, so that the next one would make the same account again."""
        is_first = what not in self._met
        self._met.add(what)
        return is_first

    async def _finish(self) -> None:
        if self._is_dry_run:
            return
        report = self.report
        detail = {"office": self._office, "rows": report.rows, "refused": len(report.refused)}
        await self._client._run(  # noqa: SLF001 - our own other half
            lambda tx: audit.record(tx, Event.IMPORTED, self._who, subject_id=None, detail=detail)
        )


def _check_own(own: Mapping[str, str]) -> None:
    region = own.get("region")
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


def _check_rules(rules: Mapping[str, object]) -> None:
    for name, value in rules.items():
        if isinstance(value, timedelta) and value < timedelta(0):
            raise Invalid("duration", f"The duration {name!r} cannot be negative.", field=name)
    if rules.get("validity") == timedelta(0):
        raise Invalid("duration", "A link has to be valid for some time.", field="validity")
    if rules.get("retention") == timedelta(0):
        raise Invalid("duration", "Unanswered invitations have to be kept for some time.", field="retention")

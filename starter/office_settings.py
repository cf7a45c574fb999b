"""The settings of an office for whoever changes them: as they are, and what a change would do."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.editions import edition_of, edition_of_approvers
from doorstep.domain.invitation import Office
from doorstep.domain.messages import Message
from doorstep.store import authority, foreseeing, offices, templates
from doorstep.store.foreseeing import Foresight
from starter.desk import Connected
from starter.offices import check_rules


@dataclass(frozen=True)
class OfficeSheet:
    """An office, and the welcome templates that it can choose from (S1.16)."""

    office: Office
    welcome_templates: tuple[str, ...]

    @property
    def edition(self) -> str:
        """Of its settings and rules: what a change of them is made for."""
        return edition_of(self.office)

    @property
    def approvers_edition(self) -> str:
        """Of the list of its username administrators."""
        return edition_of_approvers(self.office)


class OfficeSettings(Connected):
    """For administrators of the office."""

    async def office_sheet(self, code: str, *, actor: str | None = None) -> OfficeSheet:
        """The settings of an office, for whoever may change them.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> OfficeSheet:
            await authority.require_in_office(tx, who, code, Right.SETTINGS)
            found = await offices.get(tx, code)
            known = await templates.existing(tx, code)
            welcomes = tuple(each.name for each in known if each.message is Message.WELCOME)
            return OfficeSheet(found, welcomes)

        return await self._recorded(who, {"command": "office.show", "office": code}, work)

    async def office_foresee(self, code: str, rules: Mapping[str, object], *, actor: str | None = None) -> Foresight:
        """What it would do to give an office other rules; nothing is changed.

        Raises:
            Invalid: with the field; NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        check_rules(rules)
        who, detail = self._as(actor), {"command": "office.set", "office": code}
        return await self._recorded(who, detail, lambda tx: foreseeing.of_rules(tx, who, code, rules))

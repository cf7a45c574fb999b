"""One row of a batch as a person reads it: who is meant, what became of it, why, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from doorstep.domain.batches import BatchRow, RowResult
from doorstep.store.batch_sheets import Whom

REMEDIES: Mapping[str, str] = {
    "no_address": "There is no e-mail address. Enter an invitation address, then invite again.",
    "has_username": "There is a username already. A second one goes through Add Portal User.",
    "already_invited": "This person was invited already; nothing was sent.",
    "not_portal_user": "The contact is not marked as a portal user. Turn that on under Clients, then invite again.",
    "no_approver": "The office has no username administrator who could approve. Save one first.",
}
"""What to do on these pages, where the sentence of the refusal names a command to type."""

OF_CONTACT = "those of the contact"
DONE = {RowResult.OK: "invited", RowResult.SKIPPED: "skipped", RowResult.REFUSED: "refused"}
WOULD_BE = {RowResult.OK: "would be invited", RowResult.SKIPPED: "would be skipped", RowResult.REFUSED: "refused"}


@dataclass(frozen=True)
class Line:
    """A row: `who` is a name where one is known, `to` the address; `about` is the column that is to blame.

    `kind` is the result, `open` while there is none, and `state` says it in words.
    """

    number: int
    who: str
    to: str
    accounts: str
    kind: str
    state: str
    why: str
    about: str
    invitation: UUID | None


def line_of(row: BatchRow, people: Mapping[UUID, Whom]) -> Line:
    """The row, with its contact where it names one."""
    given = row.given
    person = people.get(row.contact_id) if row.contact_id is not None else None
    to = given.get("email") or given.get("phone") or (person.address if person is not None else "")
    name = given.get("name") or (person.name if person is not None else "")
    code, message, field = row.checked_code, row.checked_message, row.checked_field
    state = "not looked at yet" if row.checked is None else WOULD_BE[row.checked]
    if row.result is not None:
        code, message, field, state = row.code, row.message, row.field, DONE[row.result]
    return Line(
        number=row.number,
        who=name,
        to=to,
        accounts=given.get("accounts", "").replace(";", ", ") or (OF_CONTACT if row.contact_id is not None else "none"),
        kind=row.result or row.checked or "open",
        state=state,
        why=REMEDIES.get(code, message),
        about=field,
        invitation=row.invitation_id,
    )

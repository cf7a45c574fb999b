"""What is told about an invitation beside its fields: why it stands where it does, and what is recorded of it."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from doorstep.store.audit import AuditEntry
from starter.troubles import Explanation
from web.api.invitation_models import ID
from web.api.texts import Answer


class WhyAnswer(Answer):
    """Why it stands where it does."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": ID,
                    "state": "pending",
                    "sentences": ["It waits for the invitee since 2026-11-22 21:00 NZDT."],
                    "troubles": [],
                    "commands": [f"doorstep resend {ID}"],
                }
            ]
        }
    )

    id: Annotated[UUID, Field(description="The invitation.")]
    state: Annotated[str, Field(description="Where it stands.")]
    sentences: Annotated[list[str], Field(description="What it waits for, and what is wrong or was done so far.")]
    troubles: Annotated[list[str], Field(description="The kinds of what is wrong, the worst first.")]
    commands: Annotated[list[str], Field(description="What an operator can type to help.")]

    @classmethod
    def of(cls, found: Explanation) -> Self:
        """What is told of an explanation."""
        return cls(
            id=found.id,
            state=found.state,
            sentences=list(found.sentences),
            troubles=[str(trouble.kind) for trouble in found.troubles],
            commands=list(found.commands),
        )


class RecordAnswer(Answer):
    """One line of the audit."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "at": "2026-11-22T08:00:00Z",
                    "actor": "key erp",
                    "via": "api",
                    "event": "invitation.created",
                    "code": "",
                    "detail": {"office": "nz"},
                }
            ]
        },
    )

    at: Annotated[datetime, Field(description="When.")]
    actor: Annotated[str, Field(description="Who.")]
    via: Annotated[str, Field(description="Through which door: api, cli, page, temporal, clock.")]
    event: Annotated[str, Field(description="What, such as `invitation.created`.")]
    code: Annotated[str, Field(description="The code of a refusal.")]
    detail: Annotated[dict[str, Any], Field(description="What else is known.")]


class RecordsAnswer(Answer):
    """Everything recorded about one thing, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": []}]})

    data: Annotated[list[RecordAnswer], Field(description="The records.")]

    @classmethod
    def of(cls, entries: tuple[AuditEntry, ...]) -> Self:
        """What is told of records."""
        return cls(data=[RecordAnswer.model_validate(each) for each in entries])

"""A mail provider that reports: signed by the library that providers use, sent over HTTP to the application."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx2
import uuid_utils.compat as uuid_utils
from fastapi import FastAPI
from standardwebhooks import Webhook

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.store import tables as t
from starter.delivery_sources import Reporting
from tests.house import House
from tests.pages import visitor
from web.app import create_app

NOBODY = "<0199a4c2-8d10-7b3c-a1f2-6b0de94c7735@doorstep.example>"


@dataclass(frozen=True)
class Provider:
    """The provider of one office, which knows its address and its secret."""

    house: House
    app: FastAPI
    reporting: Reporting

    @property
    def path(self) -> str:
        """Where it reports."""
        return urlsplit(self.reporting.address).path

    async def post(
        self, body: bytes, *, secret: str = "", age: timedelta = timedelta(0), path: str = "", **headers: str
    ) -> httpx2.Response:
        """Send a body, signed with `secret` or its own one, `age` ago."""
        name, at = f"msg_{uuid_utils.uuid7().hex}", datetime.fromtimestamp(time.time(), UTC) - age
        text = body.decode(errors="replace")
        signature = Webhook(secret or self.reporting.secret).sign(name, at, text)
        signed = {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
        sent = signed | {name.replace("_", "-"): value for name, value in headers.items()}
        return await visitor(self.app).post(path or self.path, content=body, headers=sent)

    async def reports(self, *events: object) -> list[str]:
        """Report events; the outcomes."""
        answer = await self.post(json.dumps(events).encode())
        assert answer.status_code == 200, answer.text
        return [each["outcome"] for each in answer.json()["events"]]

    async def became(self, invitation: Invitation, message: Message = Message.INVITATION) -> tuple[str, str]:
        """Status and cause of the newest mail of a message."""
        row = await self.row(invitation, message)
        return str(row["status"]), str(row["cause"])

    async def row(self, invitation: Invitation, message: Message = Message.INVITATION) -> dict[str, object]:
        """The row of the newest mail of a message."""
        d = t.deliveries.c
        query = t.deliveries.select().where(d.subject_id == invitation.id, d.message == message)
        rows = await self.house.run(lambda tx: tx.execute(query.order_by(d.generation.desc()).limit(1)))
        return dict(rows.mappings().one())


def event_of(house: House, invitation: Invitation, event: str, **more: object) -> dict[str, object]:
    """What a provider says of the mail as it arrived there: its Message-ID, as it stands in the header."""
    mail = house.mails(invitation.address, Message.INVITATION)[-1]
    return {"message_id": mail["Message-ID"], "event": event, **more}


async def provider_of(house: House, invitation: Invitation) -> Provider:
    """A provider that reports to the office of an invitation."""
    made = await house.doorstep.delivery_source_add(invitation.office.code, "Postwerk")
    return Provider(house, create_app(house.doorstep), made)

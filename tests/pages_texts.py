"""A house that sends texts: invitations by number, handed over without a workflow, and the reports of the gateway."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
from fastapi import FastAPI
from pydantic import SecretStr

from activities.post import Post
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.mail.smtp import Mailer
from doorstep.store import tables as t
from doorstep.text.texter import Texter
from starter.client import Doorstep
from tests.faults.misbehaving_texts import Callback, MisbehavingTexts, Stored
from tests.functional.ground import NobodyAtWork
from tests.house import House, mobile
from tests.pages import visitor
from web.app import create_app
from worker import build_post


@dataclass
class Line:
    """The house with a gateway: `silent` wakes nobody, so that a text goes out when `post` is told to send it."""

    house: House
    gateway: MisbehavingTexts
    silent: Doorstep
    post: Post
    app: FastAPI

    async def invited(self, **rules: Any) -> Invitation:
        """An invitation by text that nobody has handed over yet."""
        office = await self.house.office(**rules)
        clerk = replace(self.silent.actor, name=f"clerk@{office}.example")
        return await replace(self.silent, actor=clerk).invite(office=office, phone=mobile())

    async def texted(self, **rules: Any) -> tuple[Invitation, Stored]:
        """An invitation whose text the gateway took, and that text."""
        invitation = await self.invited(**rules)
        return await self.post.send_all(invitation.id), self.gateway.stored[-1]

    async def report(
        self, callback: Callback, *, headers: Mapping[str, str] | None = None, path: str = ""
    ) -> httpx2.Response:
        """Send a report as the gateway does, from a machine of its own."""
        signed = {"X-Twilio-Signature": callback.signature} | dict(headers or {})
        where = path or urlsplit(callback.url).path
        return await visitor(self.app).post(where, data=callback.fields, headers=signed)

    async def became(self, delivery: Delivery) -> tuple[str, str, int | None, bool]:
        """Status, cause, code of a delivery now, and whether an attempt is open."""
        d = t.deliveries.c
        row = (await self.house.run(lambda tx: tx.execute(t.deliveries.select().where(d.id == delivery.id)))).one()
        return row.status, row.cause, row.reply_code, row.is_attempt_open


@asynccontextmanager
async def text_line(house: House) -> AsyncIterator[Line]:
    """The house, connected to a gateway of its own."""
    async with MisbehavingTexts() as gateway:
        settings = house.settings.model_copy(update={"text_url": SecretStr(gateway.url)})
        async with Mailer.of(settings) as mailer, Texter.of(settings) as texter:
            yield Line(
                house,
                gateway,
                replace(house.doorstep, settings=settings, starter=NobodyAtWork()),
                build_post(house.engine, mailer, texter, settings),
                create_app(replace(house.doorstep, settings=settings)),
            )

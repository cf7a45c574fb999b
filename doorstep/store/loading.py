"""One query that reads an invitation with its office, policy, accounts, administrators and deliveries."""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Row, ScalarSelect, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.invitation import Account, Delivery, Invitation, InvitationId, Office
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.policy import Policy
from doorstep.domain.standing import Facts, Standing, latest, next_step
from doorstep.domain.states import State
from doorstep.store import tables as t

log = structlog.get_logger()
OFFICE_FIELDS = (
    *("name", "region", "locale", "time_zone", "public_url", "sender", "help_email", "help_phone"),
    *("client_guide", "welcome_template", "any_staff_invites"),
)
"""What an office has of its own, beside its policy."""
POLICY_COLUMNS = [column for column in t.policies.c if column.name in Policy.__dataclass_fields__]


def _json_list(item: ColumnElement[object], order: ColumnElement[object]) -> ColumnElement[object]:
    return func.coalesce(func.jsonb_agg(aggregate_order_by(item, order)), func.jsonb_build_array())


def _approvers(office: ColumnElement[str]) -> ScalarSelect[object]:
    ordered = func.array_agg(t.approvers.c.address)
    return (
        select(func.coalesce(ordered, array([], type_=t.approvers.c.address.type)))
        .where(t.approvers.c.office == office)
        .scalar_subquery()
    )


_invitation = t.invitations
_deliveries = (
    select(_json_list(func.to_jsonb(t.deliveries.table_valued()), t.deliveries.c.id))
    .where(t.deliveries.c.subject_id == _invitation.c.id)
    .scalar_subquery()
)
_account = func.jsonb_build_object("id", t.accounts.c.id, "code", t.accounts.c.code, "name", t.accounts.c.name)
_accounts = (
    select(_json_list(_account, t.accounts.c.code))
    .select_from(t.accounts.join(t.invitation_accounts, t.invitation_accounts.c.account_id == t.accounts.c.id))
    .where(t.invitation_accounts.c.invitation_id == _invitation.c.id)
    .scalar_subquery()
)
_job = select(t.jobs.c.name).where(t.jobs.c.id == _invitation.c.job_id).scalar_subquery()

_QUERY = select(
    _invitation,
    *(column.label(f"office_{column.name}") for column in t.offices.c),
    *(column.label(f"policy_{column.name}") for column in POLICY_COLUMNS),
    t.policies.c.version.label("policy_version"),
    _approvers(_invitation.c.office).label("approvers"),
    exists().where(t.templates.c.office == _invitation.c.office).label("has_templates"),
    _deliveries.label("deliveries"),
    _accounts.label("accounts"),
    _job.label("job"),
    func.now().label("now"),
).select_from(
    _invitation.join(t.offices, t.offices.c.code == _invitation.c.office).join(
        t.policies, t.policies.c.id == _invitation.c.policy_id
    )
)


# Made once: SQLAlchemy then finds what it compiled without looking through the statement again.
_ONE = _QUERY.where(_invitation.c.id == bindparam("wanted"))
_ONE_LOCKED = _ONE.with_for_update(of=_invitation)


async def load(tx: AsyncConnection, invitation_id: UUID, *, for_update: bool = False) -> Invitation | None:
    """The invitation, or None; with `for_update` its row stays locked until the transaction ends."""
    row = (await tx.execute(_ONE_LOCKED if for_update else _ONE, {"wanted": invitation_id})).one_or_none()
    return None if row is None else _read(row)


async def load_many(tx: AsyncConnection, query_filter: ColumnElement[bool], *, limit: int) -> list[Invitation]:
    """The newest invitations that match, at most `limit`, in one query; without those that this code cannot read."""
    query = _QUERY.where(query_filter).order_by(_invitation.c.created_at.desc()).limit(limit)
    found = [_read_or_skip(row) for row in await tx.execute(query)]
    return [each for each in found if each is not None]


def _read_or_skip(row: Row[tuple[object, ...]]) -> Invitation | None:
    """A state from the future, for instance, must not hide every other row (F20)."""
    try:
        return _read(row)
    except ValueError:
        log.error("row_unreadable", invitation_id=str(row.id))
        return None


def _read(row: Row[tuple[object, ...]]) -> Invitation:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    policy = Policy(
        **{c.name: values[f"policy_{c.name}"] for c in POLICY_COLUMNS} | _tuple(values, "policy_required_fields")
    )
    office = {name: values[f"office_{name}"] for name in ("code", *OFFICE_FIELDS)}
    fields = Invitation.__dataclass_fields__.keys() & values.keys()
    own = {name: values[name] for name in fields}
    lists = {name: tuple(values[name]) for name in ("roles", "permissions", "attention")}
    own |= lists | {
        "id": InvitationId(values["id"]),
        "state": State(values["state"]),
        "granted": None if values["granted"] is None else tuple(values["granted"]),
        "accounts": tuple(Account(UUID(a["id"]), a["code"], a["name"]) for a in values["accounts"]),
        "deliveries": tuple(read_delivery(d) for d in values["deliveries"]),
        "office": Office(
            **office,
            policy=policy,
            policy_id=values["policy_id"],
            policy_version=values["policy_version"],
            approvers=tuple(sorted(values["approvers"])),
            has_templates=values["has_templates"],
        ),
    }
    return Invitation(**own)


def _tuple(values: dict[str, object], name: str) -> dict[str, tuple[str, ...]]:
    return {name.removeprefix("policy_"): tuple(values[name])}  # type: ignore[arg-type]


def read_delivery(values: dict[str, object]) -> Delivery:
    """A delivery from its row as JSON."""
    return Delivery(
        id=UUID(str(values["id"])),
        message=Message(str(values["message"])),
        generation=int(str(values["generation"])),
        recipient=str(values["recipient"]),
        status=DeliveryStatus(str(values["status"])),
        attempts=int(str(values["attempts"])),
        is_attempt_open=bool(values["is_attempt_open"]),
        cause=str(values["cause"]),
        reply_code=None if values["reply_code"] is None else int(str(values["reply_code"])),
        facts=dict(values["facts"]),  # type: ignore[call-overload]
        created_at=_instant(values["created_at"]),
        handed_over_at=_instant_or_none(values["handed_over_at"]),
        sent_at=_instant_or_none(values["sent_at"]),
        delivered_at=_instant_or_none(values["delivered_at"]),
    )


def _instant(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def _instant_or_none(value: object) -> datetime | None:
    return None if value is None else _instant(value)


def facts_of(invitation: Invitation) -> Facts:
    """What decides the next step."""
    current = invitation.of(Message.INVITATION)
    return Facts(
        state=invitation.state,
        now=invitation.now,
        policy=invitation.policy,
        expires_at=invitation.expires_at,
        set_up_at=invitation.set_up_at,
        expired_at=invitation.expired_at,
        is_reminded=invitation.is_reminded,
        is_undeliverable=any(d.status is DeliveryStatus.BOUNCED for d in current),
        is_end_unknown=any(d.is_attempt_open for d in current),
        is_nudged=invitation.is_nudged,
        is_escalated=invitation.is_escalated,
        is_closed=invitation.closed_at is not None,
        unsent=frozenset(d.message for d in invitation.unsent()),
    )


def standing_of(invitation: Invitation) -> Standing:
    """Where it stands and what comes next, with nothing personal in it."""
    step, wait_seconds = next_step(facts_of(invitation))
    return Standing(
        state=invitation.state.value,
        rev=invitation.rev,
        step=step.value,
        wait_seconds=wait_seconds,
        since=invitation.since.isoformat(timespec="seconds"),
        expires_at=None if invitation.expires_at is None else invitation.expires_at.isoformat(timespec="seconds"),
        is_closed=invitation.closed_at is not None,
        deliveries=latest({d.message: d.status for d in invitation.deliveries}),
        attention=list(invitation.attention),
        last_refusal=invitation.last_refusal,
    )

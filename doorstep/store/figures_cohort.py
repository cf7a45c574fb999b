"""The cohort of figures: one line an invitation, with how far it got and how long that took, made in the database."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Float, Select, Text, and_, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array

from doorstep.domain.figures import By, Step, Stretch
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import Attention, State
from doorstep.store import tables as t

i = t.invitations.c
d = t.deliveries.c
u = t.users.c
ia = t.invitation_accounts.c
ac = t.accounts.c

COUNTS: ColumnElement[bool] = and_(~i.is_test, or_(i.link_made_at.is_not(None), i.set_up_at.is_not(None)))
"""No rehearsal (S4.18), and no draft, one that was given up included: a link was made, or a user needed none."""

IS_INVITATION = d.message == Message.INVITATION


def cohort(*wanted: ColumnElement[bool]) -> CTE:
    """The invitations that match and count, one line each."""
    sent = func.min(d.sent_at)
    lines = (
        select(i.id, i.office, i.template, i.batch_id, i.state, i.is_existing, i.created_at)
        .add_columns(_channel().label("channel"), *_steps(sent), *_times(sent))
        .add_columns(i.attention.contains([Attention.UNDELIVERABLE]).label("is_undeliverable"))
        .add_columns(and_(i.activated_at.is_not(None), i.user_id.is_(None)).label("is_departed"))
        .outerjoin(t.deliveries, and_(d.subject_id == i.id, IS_INVITATION))
        .outerjoin(t.users, u.id == i.user_id)
        .where(COUNTS, *wanted)
        .group_by(i.id, u.id)
    )
    return lines.cte("cohort")


def _channel() -> ColumnElement[str]:
    """How it went out first; of one that went out by none, how its address is reached, and nothing of an erased one."""
    went = func.coalesce(func.min(d.channel).filter(d.generation == 1), func.min(d.channel))
    by_address = case((i.address == "", ""), (i.address.contains("@"), "mail"), else_="text")
    return func.coalesce(went, by_address)


def _steps(sent: ColumnElement[object]) -> list[ColumnElement[bool]]:
    """Whoever reached a step reached every one before it, also where nobody reported that a mail arrived."""
    signed_in = func.coalesce(u.last_signed_in_at >= i.activated_at, False)
    approved = or_(i.activated_at.is_not(None), i.state == State.APPROVED)
    set_up = or_(approved, i.set_up_at.is_not(None))
    arrived = func.coalesce(func.bool_or(d.status == DeliveryStatus.DELIVERED), False)
    delivered = or_(set_up, arrived)
    flags = {
        Step.INVITED: literal(True),
        Step.SENT: or_(delivered, sent.is_not(None)),
        Step.DELIVERED: delivered,
        Step.SET_UP: set_up,
        Step.APPROVED: approved,
        Step.SIGNED_IN: signed_in,
    }
    return [flag.label(step) for step, flag in flags.items()]


def _times(sent: ColumnElement[object]) -> list[ColumnElement[float]]:
    """Seconds of each stretch, NULL where it was not gone from end to end."""
    between = {
        Stretch.ASKED_TO_SENT: (func.min(d.created_at), sent),
        Stretch.SENT_TO_DELIVERED: (sent, func.min(d.delivered_at)),
        Stretch.SENT_TO_SET_UP: (sent, i.set_up_at),
        Stretch.SET_UP_TO_DECISION: (i.set_up_at, i.decided_at),
        Stretch.DECISION_TO_ACTIVE: (i.decided_at, i.activated_at),
        Stretch.ACTIVE_TO_SIGNED_IN: (i.activated_at, u.first_signed_in_at),
    }
    return [
        # Whoever had signed in before, or had a user before the mail left, took no time that could be told.
        case((until >= since, func.date_part("epoch", until - since, type_=Float))).label(stretch)
        for stretch, (since, until) in between.items()
    ]


def in_all(lines: CTE) -> Select[*tuple[Any, ...]]:
    """All lines in one."""
    return select(literal(True).label("is_total"), literal("", Text).label("name"), *_sums(lines)).select_from(lines)


def apart(lines: CTE, by: By, *, is_one_office: bool) -> Select[*tuple[Any, ...]]:
    """The same sums for each value of `by`; an invitation to several accounts counts at each of them."""
    name = _name(lines, by, is_one_office=is_one_office)
    query = select(literal(False).label("is_total"), name.label("name"), *_sums(lines)).group_by(name)
    if by is not By.ACCOUNT:
        return query
    linked = lines.outerjoin(t.invitation_accounts, ia.invitation_id == lines.c.id)
    return query.select_from(linked.outerjoin(t.accounts, ac.id == ia.account_id))


def _name(lines: CTE, by: By, *, is_one_office: bool) -> ColumnElement[str]:
    c = lines.c
    # Two offices may call two accounts the same.
    account = ac.code if is_one_office else func.concat(ac.office, " ", ac.code)
    names: dict[By, ColumnElement[str]] = {
        By.OFFICE: c.office,
        By.CHANNEL: c.channel,
        By.TEMPLATE: c.template,
        By.ACCOUNT: case((ac.id.is_(None), ""), else_=account),
        By.BATCH: func.coalesce(c.batch_id.cast(Text), ""),
        By.MONTH: func.to_char(func.timezone("UTC", c.created_at), "YYYY-MM"),
    }
    return names[by]


FLAGS = ("is_undeliverable", "is_existing", "is_departed")


def _sums(lines: CTE) -> list[ColumnElement[Any]]:
    """What is counted, and how many lines the answer has, of which it may be given a part."""
    c = lines.c
    return [
        func.count().over().label("lines"),
        *(func.count().filter(c[step]).label(step) for step in Step),
        *(func.count().filter(c.state == state).label(f"state_{state}") for state in State),
        *(func.count().filter(c[flag]).label(flag) for flag in FLAGS),
        *(func.count(c[stretch]).label(f"timed_{stretch}") for stretch in Stretch),
        *(_percentiles(c[stretch]).label(f"took_{stretch}") for stretch in Stretch),
    ]


def _percentiles(seconds: ColumnElement[float]) -> ColumnElement[list[float]]:
    return func.percentile_cont(array([0.5, 0.95]), type_=ARRAY(Float)).within_group(seconds)

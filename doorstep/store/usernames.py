"""Whether a contact has a username in its office, or is about to (S4.26, S4.39); a rehearsal is none (S4.18).

Said twice: of the few contacts of a page, each by an index, and of a whole office at once, so that neither reads every
user for every contact.
"""

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from doorstep.store import tables as t

c = t.contacts.c
i = t.invitations.c
m = t.memberships.c
u = t.users.c

_is_here = or_(
    exists().where(m.user_id == u.id, m.office == c.office).correlate(t.users, t.contacts),
    exists().where(i.user_id == u.id, i.office == c.office).correlate(t.users, t.contacts),
)
# As `doorstep.store.person` has it: a number tells nothing of two people who have an address each.
_is_alone = or_(u.email_key == "", c.email_key.is_(None))

HAS_USERNAME: ColumnElement[bool] = or_(
    exists().where(u.email_key.in_([c.email_key, c.portal_email_key]), _is_here, ~u.is_test).correlate(t.contacts),
    # Most users have no number; without the second condition the planner reads them all.
    exists().where(u.phone_key == c.phone_key, u.phone_key > "", _is_alone, _is_here, ~u.is_test).correlate(t.contacts),
    exists().where(i.contact_id == c.id, i.user_id.is_not(None), ~i.is_test).correlate(t.contacts),
)
"""True of such a contact, in a query for a few."""


def have_none(office: str) -> ColumnElement[bool]:
    """True of the other contacts of an office, in a query for all of them."""

    def keys(key: ColumnElement[str], *wanted: ColumnElement[bool]) -> Select[str]:
        theirs = select(m.user_id).where(m.office == office)
        invited = select(i.user_id).where(i.office == office, i.user_id.is_not(None))
        return select(key).where(u.id.in_(theirs.union(invited)), ~u.is_test, key > "", *wanted)

    led_to_one = select(i.contact_id).where(i.office == office, i.user_id.is_not(None), ~i.is_test)
    by_number = func.coalesce(c.phone_key, "")
    return and_(
        func.coalesce(c.email_key, "").not_in(keys(u.email_key)),
        func.coalesce(c.portal_email_key, "").not_in(keys(u.email_key)),
        by_number.not_in(keys(u.phone_key, u.email_key == "")),
        or_(c.email_key.is_not(None), by_number.not_in(keys(u.phone_key))),
        c.id.not_in(led_to_one.where(i.contact_id.is_not(None))),
    )

"""Rows of the ERP merged into what is known, in memory: who is new, what has changed, what was closed (S0.3, S0.5).

One code path for an import, a pull and a single `PUT`. It knows no database: the store loads a `Book` with whatever the
rows may touch, and writes down what is in it afterwards.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from uuid import UUID

from doorstep.domain.contact import Known, Named, same_person
from doorstep.domain.erp_columns import Column
from doorstep.domain.erp_rows import ImportRow, RowRefusal, RowRefused


@dataclass
class Firm:
    """An account as it is known."""

    id: UUID
    code: str
    name: str = ""
    customer_type: str = ""
    sales_rep: str = ""
    price_list: str = ""
    is_closed: bool = False


@dataclass
class Person:
    """A contact as it is known, with those of its accounts that the rows name; `place` is its age among the others."""

    id: UUID
    place: int
    name: str = ""
    email: str | None = None
    email_key: str | None = None
    portal_email_key: str | None = None
    phone: str | None = None
    phone_key: str | None = None
    is_portal_user: bool = True
    kept_fields: tuple[str, ...] = ()
    external_key: str | None = None
    firms: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Merged:
    """What one row did; the ids are None where it names no account or nobody."""

    is_new_account: bool = False
    is_new_contact: bool = False
    is_changed: bool = False
    account_id: UUID | None = None
    contact_id: UUID | None = None


@dataclass
class Book:
    """What is known of whatever some rows may touch, and what they made of it."""

    new_id: Callable[[], UUID]
    firms: dict[str, Firm] = field(default_factory=dict)
    people: dict[UUID, Person] = field(default_factory=dict)
    new_firms: dict[UUID, Firm] = field(default_factory=dict)
    changed_firms: dict[UUID, Firm] = field(default_factory=dict)
    closed: dict[UUID, Firm] = field(default_factory=dict)
    new_people: dict[UUID, Person] = field(default_factory=dict)
    changed_people: dict[UUID, Person] = field(default_factory=dict)
    barred: dict[UUID, Person] = field(default_factory=dict)
    links: dict[tuple[UUID, UUID], None] = field(default_factory=dict)
    _by: dict[object, dict[UUID, Person]] = field(default_factory=lambda: defaultdict(dict))

    def know(self, person: Person) -> None:
        """Put somebody where `_alike` looks."""
        self.people[person.id] = person
        keys = (person.email_key, person.portal_email_key, person.phone_key)
        own = [("key", person.external_key)] if person.external_key else []
        for mark in (*filter(None, keys), *own, *person.firms):
            self._by[mark][person.id] = person

    def merge(self, row: ImportRow) -> Merged:
        """Take one row, whole or not at all; a blank cell never empties what is known.

        Raises:
            RowRefused: `address_taken`.
        """
        firm, is_new_firm = self._firm_of(row)
        person, is_new_person = self._person_of(row, firm)
        said = {} if person is None else _said(row, person)
        if person is not None and not is_new_person:
            self._require_free(person, said)
        is_changed = self._write_firm(firm, row, is_new=is_new_firm)
        if person is not None:
            is_changed |= self._write_person(person, said, firm, is_new=is_new_person)
        ids = (None if firm is None else firm.id, None if person is None else person.id)
        return Merged(is_new_firm, is_new_person, is_changed, *ids)

    def _firm_of(self, row: ImportRow) -> tuple[Firm | None, bool]:
        if not row.account_code:
            return None, False
        known = self.firms.get(row.account_code)
        return (known, False) if known is not None else (Firm(self.new_id(), row.account_code), True)

    def _person_of(self, row: ImportRow, firm: Firm | None) -> tuple[Person | None, bool]:
        known = self._known(row, firm)
        if known is not None or not row.has_contact:
            return known, False
        return Person(self.new_id(), len(self.people)), True

    def _known(self, row: ImportRow, firm: Firm | None) -> Person | None:
        """Who is meant: by the ERP's own key, else by account and address, number or name (S0.5)."""
        by_key = self._by.get(("key", row.contact_key)) if row.contact_key else None
        if by_key:
            return next(iter(by_key.values()))
        named = Named(row.contact_name, row.email, row.phone)
        alike = self._alike(named, firm) if row.has_contact else []
        if not row.contact_key:
            return self._same(named, alike, firm)
        # Somebody with another key is another person to the ERP, unless the address leaves room for one only.
        strangers = [each for each in alike if not each.external_key]
        return self._same(named, strangers, firm) or next(
            (each for each in alike if _has_address_of(named, each)), None
        )

    def _alike(self, named: Named, firm: Firm | None) -> list[Person]:
        marks = [mark for mark in (named.email_key, named.phone_key, firm and firm.id) if mark]
        found = {key: each for mark in marks for key, each in self._by.get(mark, {}).items()}
        return sorted(found.values(), key=lambda each: each.place)

    def _same(self, named: Named, alike: Iterable[Person], firm: Firm | None) -> Person | None:
        found = same_person(named, [_as_known(each, firm) for each in alike])
        return None if found is None else self.people[found.id]

    def _require_free(self, person: Person, said: Mapping[str, object]) -> None:
        """An address is one person's in an office; somebody whom the ERP sends to another's is not merged with them."""
        email = said.get("email_key", person.email_key)
        phone = said.get("phone_key", person.phone_key)
        for other in self._by.get(email, {}).values() if email else ():
            if other is not person and other.email_key == email:
                raise _taken(Column.EMAIL)
        for other in self._by.get(phone, {}).values() if phone and email is None else ():
            if other is not person and other.phone_key == phone and other.email_key is None:
                raise _taken(Column.PHONE)

    def _write_firm(self, firm: Firm | None, row: ImportRow, *, is_new: bool) -> bool:
        if firm is None:
            return False
        texts = {"name": row.account_name, "customer_type": row.customer_type}
        texts |= {"sales_rep": row.sales_rep, "price_list": row.price_list}
        said: dict[str, object] = {name: text for name, text in texts.items() if text}
        said |= {} if row.is_closed is None else {"is_closed": row.is_closed}
        changed = _differing(firm, said)
        if changed.get("is_closed") and not is_new:
            self.closed[firm.id] = firm
        elif "is_closed" in changed:
            self.closed.pop(firm.id, None)
        _set(firm, changed)
        if is_new:
            self.firms[firm.code] = self.new_firms[firm.id] = firm
        elif changed and firm.id not in self.new_firms:
            self.changed_firms[firm.id] = firm
        return bool(changed) and not is_new

    def _write_person(self, person: Person, said: dict[str, object], firm: Firm | None, *, is_new: bool) -> bool:
        changed = _differing(person, said)
        is_joining = firm is not None and firm.id not in person.firms
        if "is_portal_user" in changed and not is_new:
            self.barred.pop(person.id, None)
            self.barred |= {} if changed["is_portal_user"] else {person.id: person}
        _set(person, changed)
        if firm is not None and is_joining:
            person.firms.add(firm.id)
            self.links[person.id, firm.id] = None
        self.know(person)
        if is_new:
            self.new_people[person.id] = person
        elif (changed or is_joining) and person.id not in self.new_people:
            self.changed_people[person.id] = person
        return (bool(changed) or is_joining) and not is_new


def _as_known(person: Person, firm: Firm | None) -> Known:
    is_here = firm is not None and firm.id in person.firms
    keys = (person.email_key, person.portal_email_key, person.phone_key)
    return Known(person.id, person.name, *keys, person.kept_fields, is_here)


def _has_address_of(named: Named, person: Person) -> bool:
    if named.email_key is not None:
        return named.email_key == person.email_key
    return named.phone_key is not None and person.email_key is None and named.phone_key == person.phone_key


def _said(row: ImportRow, person: Person) -> dict[str, object]:
    """What the ERP says of the person, without what staff wrote for the portal (S0.5)."""
    said: dict[str, object] = {"name": row.contact_name} if row.contact_name else {}
    said |= {"email": row.email.typed, "email_key": row.email.key} if row.email else {}
    said |= {"phone": row.phone.typed, "phone_key": row.phone.key} if row.phone else {}
    said |= {} if row.is_portal_user is None else {"is_portal_user": row.is_portal_user}
    said |= {"external_key": row.contact_key} if row.contact_key and not person.external_key else {}
    return {name: value for name, value in said.items() if name.removesuffix("_key") not in person.kept_fields}


def _differing(known: Firm | Person, said: Mapping[str, object]) -> dict[str, object]:
    names = {each.name for each in fields(known)}
    return {name: value for name, value in said.items() if name in names and getattr(known, name) != value}


def _set(known: Firm | Person, changed: Mapping[str, object]) -> None:
    for name, value in changed.items():
        setattr(known, name, value)


def _taken(column: Column) -> RowRefused:
    reason = "Another contact of this office has that address already, so it cannot be this one's too."
    remedy = "If both are one person, take the address off the other contact; else correct it in the ERP."
    return RowRefused(RowRefusal.ADDRESS_TAKEN, column, reason, remedy)

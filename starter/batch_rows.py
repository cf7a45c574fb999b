"""The rows of a batch, read and checked as far as that needs no database, and ready for the table."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from doorstep.domain.batches import BatchOptions, NewRow, Problem, RowResult, Skip, numbered
from doorstep.domain.destination import email_of, phone_of
from doorstep.domain.errors import Invalid
from doorstep.domain.messages import Channel
from starter.typed import checked_locale, one_line

Person = tuple[str, str, str, str, tuple[str, ...]]


def checked_options(options: BatchOptions) -> BatchOptions:
    """The options, with the texts as they are kept.

    Raises:
        Invalid: `unknown_channel`, `locale`, `field_invalid`.
    """
    if options.channel and options.channel not in set(Channel):
        raise Invalid("unknown_channel", "The channel is mail or text.", field="channel")
    return replace(
        options,
        template=options.template.strip(),
        locale=checked_locale(options.locale),
        job=one_line(options.job, "job"),
        roles=tuple(options.roles),
    )


def ready_rows(rows: Sequence[NewRow], options: BatchOptions, region: str) -> list[dict[str, object]]:
    """The rows of the table; what cannot be read is refused already, and whoever stands there twice is skipped once.

    Raises:
        Invalid: `batch_empty`, `batch_too_long`.
    """
    met: dict[Person, int] = {}
    return [_ready(number, row, options, region, met) for number, row in numbered(rows)]


def _ready(number: int, row: NewRow, options: BatchOptions, region: str, met: dict[Person, int]) -> dict[str, object]:
    values: dict[str, object] = dict.fromkeys(_TEXTS, "") | {"number": number, "checked": None, "result": None}
    values |= {"given": {}, "contact_id": None}
    if row.problem is not None:
        return values | _refused(row.problem)
    try:
        email, phone, texts = _checked(row, region)
    except Invalid as refusal:
        shown = {name: text for name, text in _told(row).items() if text and text.isprintable()}
        return values | {"given": shown} | _refused(Problem(refusal.code, refusal.message, refusal.field))
    job = texts["job"] or options.job
    person = (email, phone, texts["contact"], job, tuple(sorted(set(row.accounts))))
    first = met.setdefault(person, number) if email or phone or texts["contact"] else number
    values |= {"given": {name: text for name, text in texts.items() if text}, "job": job, "address_key": email or phone}
    return values if first == number else values | _repeated(first)


_TEXTS = (
    *("address_key", "job", "checked_code", "checked_message", "checked_field"),
    *("code", "message", "field"),
)


def _checked(row: NewRow, region: str) -> tuple[str, str, dict[str, str]]:
    """The keys of the person, and the texts as they are kept.

    Raises:
        Invalid: with the column.
    """
    texts = _told(row)
    texts |= {name: one_line(texts[name], name) for name in ("name", "job", "accounts")}
    for name in ("contact", "invitation"):
        if texts[name]:
            texts[name] = str(_id(texts[name], name))
    email = email_of(texts["email"]).key if texts["email"] else ""
    phone = phone_of(texts["phone"], region).key if texts["phone"] else ""
    return email, phone, texts


def _told(row: NewRow) -> dict[str, str]:
    alike = ("email", "phone", "name", "job", "contact", "invitation")
    texts = {name: str(getattr(row, name)).strip() for name in alike}
    return texts | {"accounts": ";".join(code.strip() for code in row.accounts)}


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        sentence = "That is no id of ours; leave the cell empty, or copy the id whole."
        raise Invalid("field_invalid", sentence, field=field) from None


def _refused(problem: Problem) -> dict[str, object]:
    said = {"code": problem.code, "message": problem.sentence, "field": problem.field}
    checked = {f"checked_{name}": text for name, text in said.items()}
    return {"checked": RowResult.REFUSED, "result": RowResult.REFUSED, **said, **checked}


def _repeated(first: int) -> dict[str, object]:
    message = f"The same person, for the same, as in row {first}."
    return {"checked": RowResult.SKIPPED, "checked_code": Skip.ALREADY_INVITED.value, "checked_message": message}

"""E-mail addresses and phone numbers: what was typed, and the key that two of them are compared by.

Syntax alone: nothing here asks the network whether an address exists, and no message repeats one.
"""

import re
import unicodedata
from dataclasses import dataclass, field

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

from doorstep.domain.slips import meant_domain

MAX_EMAIL = 254  # octets, RFC 5321 with its erratum 1690
MAX_PHONE = 40  # characters; E.164 has 15 digits, the rest is punctuation
MIN_UNLISTED = 8  # digits after the country prefix; fewer is a number cut short unless the plan lists it

# A line break or NUL would end a mail header early and let the rest of the text start another one.
_HEADER_BREAKERS = re.compile(r"[\r\n\0]")
_PHONE_PUNCTUATION = frozenset("+()-./ \u2010\u2011\u2012\u2013\u2014")
_HOST = re.compile(r"[\w.-]+")
_E164 = re.compile(r"\+[0-9]{7,15}")
_VOICE_ONLY = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)


class AddressError(ValueError):
    """An address that cannot be used: what is wrong with it, and what to do. Neither sentence repeats it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason, self.remedy = reason, remedy


@dataclass(frozen=True, repr=False)
class EmailAddress:
    """An address as its owner writes it, equal to every other spelling of itself."""

    typed: str = field(compare=False)
    key: str

    def __repr__(self) -> str:
        """Masked, because a repr ends in logs and error reports."""
        return f"EmailAddress({mask(self.key)})"


@dataclass(frozen=True, repr=False)
class PhoneNumber:
    """A number as its owner writes it, equal to every other spelling of itself; the key is E.164."""

    typed: str = field(compare=False)
    key: str

    @property
    def takes_texts(self) -> bool:
        """Whether a text message may reach it; false only where the numbering plan says landline or service."""
        return phonenumbers.number_type(phonenumbers.parse(self.key)) not in _VOICE_ONLY

    def __repr__(self) -> str:
        """Masked, because a repr ends in logs and error reports."""
        return f"PhoneNumber({mask(self.key)})"


def parse_email(text: str) -> EmailAddress:
    """The address in `text`, its reserved and international forms included."""
    typed = text.strip()
    if fault := _fault_of_shape(text, typed):
        raise fault
    validated = _validated(typed)
    if validated is None:
        raise _fault_of_parts(typed)
    key = f"{_folded(validated.local_part or '')}@{validated.ascii_domain.removesuffix(_suffix(typed))}"
    if len(key.encode()) > MAX_EMAIL:  # folding may lengthen a name, and a key has to be an address again
        raise AddressError(*_TOO_LONG)
    return EmailAddress(typed, key)


_EXAMPLE = "Write it like name@example.org."
_TOO_LONG = (f"The e-mail address is longer than {MAX_EMAIL} characters.", "Check that only one address was entered.")


def _fault_of_shape(text: str, typed: str) -> AddressError | None:
    has_space = any(character.isspace() for character in typed)
    faults = (
        (not typed, "The e-mail address is empty.", _EXAMPLE),
        (_HEADER_BREAKERS.search(text), "The e-mail address contains a line break or a NUL character.", _EXAMPLE),
        (len(typed) > MAX_EMAIL, *_TOO_LONG),
        (
            "<" in typed or ">" in typed,
            "The e-mail address stands in angle brackets.",
            f"Leave the name out. {_EXAMPLE}",
        ),
        ("@" not in typed, "The e-mail address has no @.", _EXAMPLE),
        (typed.count("@") > 1, "There is more than one @ in the e-mail address.", f"Keep one address. {_EXAMPLE}"),
        (has_space, "The e-mail address contains a space.", f"Remove it. {_EXAMPLE}"),
    )
    return next((AddressError(reason, remedy) for is_wrong, reason, remedy in faults if is_wrong), None)


def _suffix(typed: str) -> str:
    """What the validator must see behind a reserved domain (`.test`, `.local`, `localhost`), which it refuses.

    Rehearsals, demos and offices with a mail server of their own use them, and syntax is all that is asked here.
    """
    last_label = typed.rpartition("@")[2].rpartition(".")[2].lower()
    return ".example" if last_label in SPECIAL_USE_DOMAIN_NAMES else ""


def _validated(typed: str) -> ValidatedEmail | None:
    try:
        return validate_email(typed + _suffix(typed), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None  # its words may repeat a part of the address; ours do not


def _fault_of_parts(typed: str) -> AddressError:
    local, _, domain = typed.partition("@")
    if _validated(f"{local}@example.org") is None:
        return AddressError(
            "The part of the e-mail address before the @ is empty, has a dot too many or a sign not allowed there.",
            _EXAMPLE,
        )
    if "." not in domain:
        return AddressError("The e-mail address has no ending such as .com after the @.", _EXAMPLE)
    return AddressError("The part of the e-mail address after the @ is no domain name.", _EXAMPLE)


def _folded(local: str) -> str:
    # Canonical caseless matching (Unicode 3.13, D145): decomposing first keeps folding stable under repetition.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", local).casefold())


def likely_domain(address: EmailAddress) -> str | None:
    """The domain that the address was probably meant to have, if the one it has looks mistyped (S3.7)."""
    domain = address.key.rpartition("@")[2]
    # Nobody recognises their own domain in punycode, unless that is what they typed.
    return meant_domain(address.typed.rpartition("@")[2].lower() if "xn--" in domain else domain)


def suggestion(address: EmailAddress) -> str | None:
    """The whole address as it was probably meant, for the one who typed it; None where nothing looks mistyped (S3.7).

    A warning, never a refusal: what was typed may be right. It repeats the address, so it belongs in no log.
    """
    meant = likely_domain(address)
    return None if meant is None else f"{address.typed.rpartition('@')[0]}@{meant}"


def parse_phone(text: str, region: str) -> PhoneNumber:
    """The number in `text`; without a country prefix it is one of `region` (ISO 3166, two letters)."""
    typed = text.strip()
    plain = _plain(typed)
    if not typed:
        raise AddressError("The phone number is empty.", _EXAMPLE_NUMBER)
    if len(typed) > MAX_PHONE:
        raise AddressError(f"The phone number is longer than {MAX_PHONE} characters.", "Enter one number only.")
    if not all(character.isdecimal() or character in _PHONE_PUNCTUATION for character in plain):
        raise AddressError("The phone number contains letters or other signs.", f"Remove them. {_EXAMPLE_NUMBER}")
    try:
        number = phonenumbers.parse(plain, region.upper())
    except phonenumbers.NumberParseException:
        number = None  # raised outside, so that no report chains the original text
    if number is None or not _is_credible(number, is_international=plain.startswith("+")):
        raise _fault_of_number(number, region.upper())
    return PhoneNumber(typed, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


_EXAMPLE_NUMBER = "Write it with + and the country prefix, like +64 21 555 0142."


def _plain(typed: str) -> str:
    """Full-width digits and every kind of space as ASCII; letters stay, so that 0800 FLOWERS is not guessed at."""
    return " ".join(unicodedata.normalize("NFKC", typed).split())


def _is_credible(number: phonenumbers.PhoneNumber, *, is_international: bool) -> bool:
    """Whether the numbering plan has it; a written-out country prefix vouches for ranges newer than our tables."""
    if phonenumbers.is_valid_number(number):
        return True
    digits = len(phonenumbers.national_significant_number(number))
    return is_international and digits >= MIN_UNLISTED and phonenumbers.is_possible_number(number)


def _fault_of_number(number: phonenumbers.PhoneNumber | None, region: str) -> AddressError:
    if number is None:
        return AddressError("The phone number cannot be read.", _EXAMPLE_NUMBER)
    length = phonenumbers.is_possible_number_with_reason(number)
    if length == phonenumbers.ValidationResult.TOO_SHORT:
        return AddressError("The phone number has too few digits.", _EXAMPLE_NUMBER)
    if length == phonenumbers.ValidationResult.TOO_LONG:
        return AddressError("The phone number has too many digits.", f"Enter one number only. {_EXAMPLE_NUMBER}")
    return AddressError(
        f"The phone number is not in use in its country (without a prefix it was read as one of {region}).",
        f"Check the digits. {_EXAMPLE_NUMBER}",
    )


def mask(address: str) -> str:
    """An address that a log or an audit row may show: `a…@example.org`, `+64…42`, and `…` for anything else."""
    local, at, domain = address.rpartition("@")
    if at and _HOST.fullmatch(domain):
        return f"{local[0] if len(local) > 1 else ''}…@{domain}"
    if _E164.fullmatch(address):
        return f"{address[:3]}…{address[-2:]}"
    return "…"


def address_key(text: str) -> str:
    """The key of an address, or of whatever else somebody is called: for comparing names that may be addresses."""
    try:
        return parse_email(text).key
    except AddressError:
        return text.strip().casefold()

"""Where the messages of an invitation go: by e-mail or by text message, and how else the person can be reached."""

from dataclasses import dataclass

from doorstep.domain.addresses import AddressError, EmailAddress, PhoneNumber, parse_email, parse_phone
from doorstep.domain.errors import Invalid
from doorstep.domain.messages import Channel

ADDRESS_NEEDED = "Enter an e-mail address or a mobile number; at least one of them is needed."


@dataclass(frozen=True)
class Destination:
    """The address that messages go to, as typed or in E.164, and the other one of the profile; each with its key."""

    address: str
    key: str
    other_address: str | None = None
    other_key: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """What the person is recognised by."""
        return (self.key,) if self.other_key is None else (self.key, self.other_key)


def destination(email: EmailAddress | None, phone: PhoneNumber | None, channel: Channel | None) -> Destination:
    """Where to send: by `channel`, else by mail where there is an address, else by text (S0.6-S0.8, S0.17).

    Raises:
        Invalid: `address_required`, `email_required`, `phone_required`, `no_texts`.
    """
    if email is None and phone is None:
        raise Invalid("address_required", ADDRESS_NEEDED, field="email")
    mail = None if email is None else (email.typed, email.key)
    text = None if phone is None else (phone.key, phone.key)
    by_text = channel is Channel.TEXT or (channel is None and mail is None)
    first, second = (text, mail) if by_text else (mail, text)
    if first is None:
        raise _missing(is_text=by_text)
    if by_text and phone is not None:
        require_texts(phone)
    return Destination(*first, *(second or (None, None)))


def require_texts(phone: PhoneNumber, *, field: str = "phone") -> None:
    """Let a number through that a text message may reach.

    Raises:
        Invalid: `no_texts`.
    """
    if not phone.takes_texts:
        raise Invalid("no_texts", "This number is a landline and takes no text messages.", field=field)


def _missing(*, is_text: bool) -> Invalid:
    if is_text:
        return Invalid("phone_required", "To invite by text message, enter a mobile number.", field="phone")
    return Invalid("email_required", "To invite by e-mail, enter an e-mail address.", field="email")


def email_of(text: str, *, field: str = "email") -> EmailAddress:
    """The e-mail address in a field.

    Raises:
        Invalid: `address_invalid`.
    """
    try:
        return parse_email(text)
    except AddressError as error:
        raise Invalid("address_invalid", str(error), field=field) from None


def phone_of(text: str, region: str, *, field: str = "phone") -> PhoneNumber:
    """The number in a field, by the rules of the office's region where it has no prefix.

    Raises:
        Invalid: `phone_invalid`.
    """
    try:
        return parse_phone(text, region)
    except AddressError as error:
        raise Invalid("phone_invalid", str(error), field=field) from None


def address_of(text: str, region: str) -> EmailAddress | PhoneNumber:
    """Whatever somebody typed where either will do: an e-mail address has an @.

    Raises:
        Invalid: `address_invalid`, `phone_invalid`.
    """
    return email_of(text, field="address") if "@" in text else phone_of(text, region, field="address")

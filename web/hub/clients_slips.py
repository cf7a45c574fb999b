"""Slips of the finger in an address, pointed out before anything is sent to it; a warning, and no refusal (S3.7)."""

from dataclasses import dataclass

from doorstep.domain.addresses import AddressError, parse_email, suggestion


@dataclass(frozen=True)
class Slip:
    """An address that looks mistyped, and how it was probably meant; `kept` is what somebody insisted on already."""

    typed: str
    meant: str


def slip_in(typed: str) -> Slip | None:
    """The slip in an address; None where it looks right, or is no address at all, which is for others to refuse."""
    try:
        meant = suggestion(parse_email(typed)) if typed else None
    except AddressError:
        return None
    return None if meant is None else Slip(typed, meant)


def settled(typed: str, kept: str, *, uses_meant: bool) -> tuple[str, Slip | None]:
    """The address to go on with, and the slip that has to be pointed out first.

    Whoever sends the same address a second time means it, or ticked the box for the other one.
    """
    slip = slip_in(typed)
    if slip is None or kept != typed:
        return typed, slip
    return (slip.meant if uses_meant else typed), None

"""Addresses that look mistyped: a warning for whoever typed them, and never a refusal (S3.7)."""


def slips_in(*addresses: str) -> list[str]:
    """A sentence for each address whose domain is nearly a well-known one."""
    found = ((address, meant_by(address)) for address in addresses)
    return [f"The domain of {typed} may be mistyped: is {meant} meant?" for typed, meant in found if meant]


def meant_by(text: str) -> str | None:
    """The address that was probably meant; None where nothing looks mistyped, and for what is no address."""
    from doorstep.domain import addresses  # noqa: PLC0415 - takes a moment, and `--help` needs it not

    try:
        return addresses.suggestion(addresses.parse_email(text))
    except addresses.AddressError:
        return None

"""What can go wrong with a local stack."""


class LocalError(Exception):
    """The local stack cannot do it; the text is for the person at the terminal and says what to do."""

"""What a page says about what was just done: sentences by name, since an address says nothing of its own (T18)."""

NOTICES = {
    "signed-out": "You are signed out.",
    "password-set": "Your password is set. Sign in with it.",
    "session-ended": "That session is ended.",
    "shown": "The instructions are back.",
}


def notice(name: str) -> str:
    """The sentence of that name; empty for any other."""
    return NOTICES.get(name, "")

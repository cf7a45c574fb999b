"""How long a link to set a new password lives (S4.13)."""

from datetime import timedelta

RESET_VALIDITY = timedelta(hours=24)

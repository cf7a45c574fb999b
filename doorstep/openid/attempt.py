"""One attempt to sign in through the provider, remembered by the browser alone."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from typing import Self

SECRET_CHARACTERS = 43


@dataclass(frozen=True)
class Attempt:
    """A secret that only the browser has, and what is derived from it for the provider.

    Nobody can finish an attempt that another browser began (T12), nor use a code that was meant for another (PKCE), nor
    bring an old `id_token` once more (the nonce).
    """

    secret: str

    @classmethod
    def new(cls) -> Self:
        """A fresh one."""
        return cls(secrets.token_urlsafe(32))

    @classmethod
    def of(cls, secret: str) -> Self | None:
        """The one that a browser remembers, if it remembers one at all."""
        return cls(secret) if len(secret) == SECRET_CHARACTERS and secret.isascii() else None

    @property
    def state(self) -> str:
        """What comes back through the browser."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What comes back inside of the `id_token`."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What the code is exchanged with; the provider saw its digest before."""
        return self._derived("verifier")

    def began(self, state: str) -> bool:
        """Whether the answer with that state belongs to this attempt."""
        return hmac.compare_digest(self.state.encode(), state.encode())

    def _derived(self, purpose: str) -> str:
        raw = hmac.digest(self.secret.encode(), purpose.encode(), "sha256")
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

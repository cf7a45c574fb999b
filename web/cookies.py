"""The cookies of the pages, all HttpOnly and Lax; what they hold never stands in an address (T01, T24)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from fastapi import Request, Response

from doorstep.settings import Settings


class Cookie(StrEnum):
    """What a browser carries for us."""

    SESSION = "doorstep_session"
    LINK = "doorstep_link"
    RESET = "doorstep_reset"
    STAFF = "doorstep_staff"
    STAFF_LINK = "doorstep_staff_link"
    OPENID = "doorstep_openid"


@dataclass(frozen=True)
class Cookies:
    """Reads and writes them; over https under the prefix that no subdomain and no plain http can forge."""

    is_secure: bool

    @classmethod
    def of(cls, settings: Settings) -> "Cookies":
        """Secure in production and wherever people come by https."""
        return cls(is_https(settings))

    def name(self, cookie: Cookie) -> str:
        """The name that the browser knows."""
        return f"__Host-{cookie}" if self.is_secure else str(cookie)

    def read(self, request: Request, cookie: Cookie) -> str:
        """What the browser sent; empty where it sent nothing."""
        return request.cookies.get(self.name(cookie), "")

    def put(self, response: Response, cookie: Cookie, value: str, *, lasts: timedelta | None = None) -> None:
        """Set it, until the browser closes where `lasts` says nothing."""
        response.set_cookie(
            self.name(cookie),
            value,
            max_age=None if lasts is None else int(lasts.total_seconds()),
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response, cookie: Cookie) -> None:
        """Take it away."""
        response.delete_cookie(self.name(cookie), path="/", secure=self.is_secure, httponly=True, samesite="lax")


def is_https(settings: Settings) -> bool:
    """True where people come by https."""
    return settings.is_production or settings.public_url.startswith("https://")

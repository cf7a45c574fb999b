"""One-time codes of an app on the phone (RFC 6238): six digits that change every half a minute.

The secret behind them is derived like every other one and never stored (T04); what the app is given is its base32.
"""

import base64
import hmac

from pyotp.totp import TOTP

from doorstep.security.signing import PREFIX

STEP_SECONDS = 30
DIGITS = 6
WINDOW = 1
"""How many steps a phone's clock may be behind or ahead."""

SECRET_BYTES = 20
"""As long as the digest behind the codes, which RFC 4226 asks for."""

ISSUER = "Doorstep"


def app_secret(signing_secret: str) -> str:
    """What an app is given of a derived secret: 32 letters and digits."""
    raw = base64.b64decode(signing_secret.removeprefix(PREFIX))
    return base64.b32encode(raw[:SECRET_BYTES]).decode()


def app_address(secret: str, address: str) -> str:
    """The `otpauth://` address that a QR code of it holds; the app shows the e-mail address beside its codes."""
    return TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(name=address, issuer_name=ISSUER)


def right_step(secret: str, code: str, seconds: int, used: int) -> int | None:
    """The step whose code it is, at `seconds` since 1970; None for a wrong one, and for any up to the step `used`.

    A code is good once: whoever reads it over a shoulder, or in a form that was not ours, comes too late.
    """
    typed = "".join(code.split())
    if len(typed) != DIGITS or not typed.isdecimal() or not typed.isascii():
        return None
    maker = TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    now = seconds // STEP_SECONDS
    steps = [step for step in range(now - WINDOW, now + WINDOW + 1) if step > used]
    # Every one is compared, so that the time tells nothing.
    right = [step for step in steps if hmac.compare_digest(maker.generate_otp(step), typed)]
    return right[0] if right else None

"""What an authenticator app on a phone shows."""

import time

from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value


def code(secret: str, back: int = 0) -> str:
    """Return the code that the app shows now, or showed so many half minutes ago: then one that stays so for a second."""
    left = TOTP_PERIOD - time.time() % TOTP_PERIOD
    time.sleep(left if back > 0 and left < 1 else 0)
    return format_hotp_value(hotp_value(secret, int(time.time()) // TOTP_PERIOD - back))

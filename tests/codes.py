"""What an authenticator app on a phone shows."""

import time

from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value


def code(secret: str) -> str:
    """Return the code that the app shows now; not one that ends while it is typed."""
    left = TOTP_PERIOD - time.time() % TOTP_PERIOD
    time.sleep(left if left < 3 else 0)
    return format_hotp_value(hotp_value(secret, int(time.time()) // TOTP_PERIOD))

"""What an authenticator app on a phone shows."""

import time

from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

given: set[tuple[str, str]] = set()


def code(secret: str, back: int = 0) -> str:
    """Return the code that the app shows now, or showed so many half minutes ago."""
    shown = format_hotp_value(hotp_value(secret, int(time.time()) // TOTP_PERIOD - back))
    given.add((secret, shown))
    return shown


def another_code(secret: str) -> str:
    """Return a code that counts now and was not given to a test before: each counts once."""
    wait_for(2)
    now = int(time.time()) // TOTP_PERIOD
    counting = [format_hotp_value(hotp_value(secret, now + step)) for step in (1, 0, -1)]
    unused = next(shown for shown in counting if (secret, shown) not in given)
    given.add((secret, unused))
    return unused


def wait_for(seconds: float) -> None:
    """Wait until the half minute has as many seconds left, so that what follows happens within it."""
    left = TOTP_PERIOD - time.time() % TOTP_PERIOD
    time.sleep(left if left < seconds else 0)

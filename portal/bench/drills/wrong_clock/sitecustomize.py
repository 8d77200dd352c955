"""Read by Python itself where a drill moves its clock: libfaketime breaks time.sleep(), which waits for a moment, not a while."""

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex, /) -> None:
    """Wait for a while."""
    select.select([], [], [], float(seconds))


time.sleep = sleep

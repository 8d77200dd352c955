"""Read by Python itself where a drill moves its clock: libfaketime breaks time.sleep(), which waits for a moment, not a while."""

import select
import time


def sleep(seconds: float) -> None:
    """Wait for a while."""
    select.select([], [], [], seconds)


time.sleep = sleep

"""How errors stand in the log: their kind and the way to them, never what they say."""

import logging
import traceback
from typing import Any


class WithoutValues(logging.Formatter):
    """Leaves out the words of an exception: those of the database, above all, can quote the row that it refused."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # what another formatter may have kept holds the words
        return super().format(record)

    def formatException(self, ei: Any) -> str:
        return "\nwhich came from\n".join(told(error) for error in chain(ei[1]))


def chain(error: BaseException | None) -> list[BaseException]:
    """Return an exception and those that it came from, the last one first."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def told(error: BaseException) -> str:
    """Return the kind of an exception, the database's code for it, and the lines of code that it passed."""
    code = getattr(error, "sqlstate", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} {frame.name}: {frame.line}" for frame in frames]
    return "\n".join([f"{type(error).__module__}.{type(error).__qualname__}" + (f" {code}" if code else ""), *lines])

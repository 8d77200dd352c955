"""Numbers of cases, referrals and receipts: random, to be read out, with a check digit for a wrong or swapped digit."""

import re
import secrets
from unicodedata import decimal

from portal.casework.code_names import MARKS

SHAPE = re.compile(r"^VC([0-9]{4})([0-9]{7})([0-9])$")
BETWEEN = re.compile(r"[\s\u200e\u200f\u2066-\u2069\u2010-\u2015\u2212-]+")  # spaces, marks of direction, hyphens


class WrongNumber(ValueError):
    """The text looks like a case number but its check digit does not fit."""


def check_digit(digits: str) -> int:
    """Return the check digit of a string of digits (ISO 7064, MOD 11,10)."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10


def new_number(year: int, of: str = "VC") -> str:
    """Return a random number of the year, such as VC-2026-4830172-6; of: what it numbers, a case unless said otherwise."""
    digits = f"{secrets.randbelow(10**7):07d}"
    return f"{of}-{year}-{digits}-{check_digit(f'{year}{digits}')}"


def read_number(text: str) -> str | None:
    """Return the case number typed, None where the text is no number; raise WrongNumber where a digit is wrong.

    It is understood with or without hyphens and spaces, and in the digits of any language.
    """
    bare = BETWEEN.sub("", text).strip(MARKS).upper()
    match = SHAPE.match("".join(str(decimal(c, c)) for c in bare))
    if match is None:
        return None
    year, digits, check = match.groups()
    if check_digit(year + digits) != int(check):
        raise WrongNumber(text)
    return f"VC-{year}-{digits}-{check}"

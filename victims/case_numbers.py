"""Case numbers: random, for people to read out, with a check digit that catches a wrong or swapped digit."""

import re
import secrets

SHAPE = re.compile(r"^VC-(\d{4})-(\d{7})-(\d)$")


class WrongNumber(ValueError):
    """The text looks like a case number but its check digit does not fit."""


def check_digit(digits: str) -> int:
    """Return the check digit of a string of digits (ISO 7064, MOD 11,10)."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10


def new_number(year: int) -> str:
    """Return a random case number of the year, such as VC-2026-4830172-6."""
    digits = f"{secrets.randbelow(10**7):07d}"
    return f"VC-{year}-{digits}-{check_digit(f'{year}{digits}')}"


def read_number(text: str) -> str | None:
    """Return the case number typed, None where the text is no number; raise WrongNumber where a digit is wrong."""
    cleaned = re.sub(r"\s+", "", text).upper().replace("–", "-").replace("—", "-")
    match = SHAPE.match(cleaned)
    if match is None:
        return None
    year, digits, check = match.groups()
    if check_digit(year + digits) != int(check):
        raise WrongNumber(cleaned)
    return cleaned

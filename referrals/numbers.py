"""Referral numbers: random, for people to read out, with the check digit of case numbers."""

import secrets

from victims.case_numbers import check_digit


def new_number(year: int) -> str:
    """Return a random referral number of the year, such as R-2026-4830172-6."""
    digits = f"{secrets.randbelow(10**7):07d}"
    return f"R-{year}-{digits}-{check_digit(f'{year}{digits}')}"

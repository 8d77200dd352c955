"""What a rescue is recorded with."""

import datetime

import pytest

from portal.audit import clock
from victims.models import Rescue


@pytest.fixture
def raid():
    """The values of a rescue two hours ago."""
    return {
        "at": clock.now() - datetime.timedelta(hours=2),
        "operation": "canary-operation",
        "lead_agency": "Northern Unit",
        "legal_basis": "court_order",
        "order_number": "214/26",
        "court": "Family Court",
        "expires": (clock.now() + datetime.timedelta(days=7)).date(),
        "present": ["police", "interpreter"],
        "force_used": Rescue.Force.NO,
        "condition": ["hunger", "distress"],
        "evidence_reference": "B-77120",
        "interviews": 0,
    }

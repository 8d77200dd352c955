"""What a rescue is recorded with."""

import datetime

import pytest

from portal.audit import clock
from victims.models import Rescue


@pytest.fixture
def raid():
    """The values of a rescue two hours ago, or at midnight: of today, as the order that the file of the small world holds."""
    now = clock.now()
    return {
        "at": max(now - datetime.timedelta(hours=2), now.replace(hour=0, minute=0, second=0, microsecond=0)),
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

"""A file whose owner's agency has a privacy officer, an order of a court, and what the child asks for."""

import pytest

from portal.access.fresh_codes import Proof
from portal.access.sections import Section
from portal.audit import clock
from portal.casework.models import Approval
from tests.care.conftest import contact  # noqa: F401
from tests.oversight import register_overseers
from tests.shelters.conftest import hold, house  # noqa: F401
from tests.victims.conftest import raid  # noqa: F401
from tests.world import DAY
from victims import child_requests, disclosures

S = Section


@pytest.fixture
def officers(cast):
    """Privacy officers of the owner's agency and of the shelter's."""
    register_overseers(cast)
    return cast


@pytest.fixture
def order(officers, files):
    """Ask to give sections of a file to a court: order(S.CARE, begins=...)."""

    def asked(*parts, file="Mira", by="social_worker", **values):
        known = {
            "kind": "order", "authority": "Family Court", "order_number": "FC-12", "issued": clock.now().date(),
            "legal_basis": "court_order", "parts": [int(one) for one in parts or (S.CARE,)], "language": "en",
            "reason": "canary-reason",
        } | values  # fmt: skip
        return disclosures.ask(child_id=files[file], values=known, by=getattr(officers, by))

    return asked


@pytest.fixture
def decide(cast):
    """Decide on a disclosure: decide(one, "privacy_officer")."""

    def decided(one, by, state=Approval.State.APPROVED, reason=""):
        person = getattr(cast, by)
        return disclosures.decide(disclosure=one, state=state, proof=Proof(person), by=person, reason=reason)

    return decided


@pytest.fixture
def approved(order, decide):
    """An order that both have approved."""

    def made(*parts, **values):
        one = order(*parts, **values)
        decide(one, "privacy_officer")
        return decide(one, "supervisor")

    return made


@pytest.fixture
def request_of(officers, files):
    """Record what the child asks for: request_of("copy")."""

    def recorded(kind="copy", file="Mira", **values):
        known = {
            "kind": kind, "asker": "child", "checked": "known to her worker", "asked_on": clock.now().date() - DAY,
            "language": "en", "safely": "at school",
        } | values  # fmt: skip
        return child_requests.record(child_id=files[file], values=known, by=officers.social_worker)

    return recorded

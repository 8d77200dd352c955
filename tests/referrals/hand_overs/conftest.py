"""A child who was rescued, whom the police hand over to the children's services."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt

from portal.access.fresh_codes import Proof
from portal.access.identity import acting
from portal.access.sections import Section, Stage
from portal.audit import clock
from referrals import hand_overs
from referrals.models import HandOver
from tests.codes import code
from tests.conftest import as_owner
from tests.world import HOUR, contents, open_file
from victims.actions import add
from victims.models import Whereabouts
from victims.rescues import record_rescue

RAID = {"lead_agency": "Northern Unit", "legal_basis": "police_power", "present": ["police"]}


def rescued(cast, name="Tern"):
    """A file of the investigator's team, whose child was rescued an hour ago."""
    child = open_file(cast, name, "investigator", Stage.RESCUE_PLANNED)
    add(model=Whereabouts, child=child, values=contents(Section.WHEREABOUTS, "canary-home"), by=cast.investigator)
    record_rescue(child=child, values=RAID | {"at": clock.now() - HOUR}, by=cast.investigator)
    with acting(cast.investigator):
        child.refresh_from_db()
    return child


def begun(cast, child, to="social_worker", **more):
    return hand_overs.start(child=child, team=cast.team(to), by=cast.investigator, **more)


def answer(one, by, side, count=1):
    """Answer for everything on one side of the list."""
    with acting(by):
        items = list(one.items.order_by("pk"))
    for item in items:
        if item.is_counted:
            hand_overs.tick(item=item, count=count, side=side, by=by)


def given(cast, one, by=None):
    """Bring a hand-over to where the giver has signed."""
    by = by or cast.investigator
    answer(one, by, "given")
    hand_overs.tell_how(hand_over=one, how="canary-how: tired, calm.", by=by)
    return hand_overs.sign_given(hand_over=one, proof=Proof(by), by=by)


def received(cast, one, by=None):
    by = by or cast.social_worker
    answer(one, by, "received")
    return hand_overs.sign_received(hand_over=one, proof=Proof(by), by=by)


def now(one, person):
    """Return the hand-over as it stands, read by somebody."""
    with acting(person):
        return HandOver.objects.get(pk=one.pk)


def enrol(person):
    """Give somebody an authenticator app; return what it shows now."""
    with as_owner():
        app = TOTP.activate(person, generate_totp_secret())
        secret = decrypt(app.instance.data["secret"])
    return lambda: code(secret)


@pytest.fixture
def tern(cast, files):
    return rescued(cast)


@pytest.fixture
def one(cast, tern):
    return begun(cast, tern)

"""An agency with two administrators, the network's operator and a registrar, beside the small world."""

import pytest

from portal.accounts import actions as accounts
from portal.accounts.models import Agency, Person
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from tests.conftest import as_owner
from tests.oversight import register_overseers

KEEPERS = {  # name: given name, family name, whose agency
    "keeper": ("Vera", "Melo", "social_worker"),
    "second": ("Nuno", "Braga", "social_worker"),
    "foreign_keeper": ("Lia", "Costa", "ngo_worker"),
}
THIRD = {"third": ("Ida", "Prado", "social_worker")}


def register_keepers(cast, keepers=KEEPERS) -> None:
    """Register administrators, as the owner of the tables."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        for name, (given, family, colleague) in keepers.items():
            agency = Agency.objects.get(pk=getattr(cast, colleague).agency_id)
            accounts.register_person(
                email=f"{name}@example.org",
                given_name=given,
                family_name=family,
                agency=agency,
                roles=[Role.AGENCY_ADMIN],
            )


def set_account(person, **values) -> None:
    """Set something of an account, as the owner of the tables."""
    with as_owner(), stamping(Stamp(None, "test")):
        kept = Person.objects.get(pk=person.pk)
        for name, value in values.items():
            setattr(kept, name, value)
        kept.save()


@pytest.fixture
def people(cast):
    """The cast, with administrators, an operator and a registrar."""
    register_keepers(cast)
    register_overseers(cast)
    return cast

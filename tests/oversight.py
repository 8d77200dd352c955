"""People who oversee files and open none: an auditor of another agency, privacy officers, an operator, a registrar."""

from portal.accounts import actions as accounts
from portal.accounts.models import Agency
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from tests.conftest import as_owner
from tests.statements import rows

OVERSEERS = {  # name: given name, family name, whose agency, role
    "auditor": ("Ngozi", "Okafor", "", Role.AUDITOR),
    "privacy_officer": ("Gil", "Vidal", "social_worker", Role.PRIVACY_OFFICER),
    "foreign_officer": ("Bea", "Lopes", "shelter_worker", Role.PRIVACY_OFFICER),
    "operator": ("Olga", "Maes", "", Role.OPERATOR),
    "registrar": ("Rita", "Sousa", "", Role.REGISTRAR),
}


def existing(files: dict) -> dict:
    """Return the files that are there: the small world notes those of other tests as well."""
    there = {child_id for (child_id,) in rows("SELECT id FROM victims_child")}
    return {name: child_id for name, child_id in files.items() if child_id in there}


def register_overseers(cast) -> None:
    """Register them as the owner of the tables; cast.auditor is then signed in like everybody."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        office = accounts.register_agency(
            name="Joint Audit Office", kind="oversight", country="NL", time_zone="Europe/Amsterdam"
        )
        for name, (given, family, colleague, role) in OVERSEERS.items():
            agency = Agency.objects.get(pk=getattr(cast, colleague).agency_id) if colleague else office
            accounts.register_person(
                email=f"{name}@example.org", given_name=given, family_name=family, agency=agency, roles=[role]
            )

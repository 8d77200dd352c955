"""The roles people hold; what each may do to a child's file stands in portal/access/roles.py."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ANALYST = "analyst", _("analyst")
    INVESTIGATOR = "investigator", _("investigator")
    INTAKE = "intake", _("intake desk")
    SOCIAL_WORKER = "social_worker", _("social worker")
    SHELTER_WORKER = "shelter_worker", _("shelter worker")
    CLINICIAN = "clinician", _("clinician")
    NGO_WORKER = "ngo_worker", _("NGO case worker")
    SUPERVISOR = "supervisor", _("supervisor")
    AGENCY_ADMIN = "agency_admin", _("agency administrator")
    PRIVACY_OFFICER = "privacy_officer", _("privacy officer")
    AUDITOR = "auditor", _("auditor")
    REGISTRAR = "registrar", _("registrar")
    OPERATOR = "operator", _("operator")


# Who oversees and keeps the whole network: given inside the network's own offices alone.
NETWORK_ROLES = frozenset({Role.AUDITOR, Role.REGISTRAR, Role.OPERATOR})

# Care roles open files only with their agency's safeguarding briefing, thirty days after they joined.
BRIEFED_ROLES = frozenset(
    {Role.INTAKE, Role.SOCIAL_WORKER, Role.SHELTER_WORKER, Role.CLINICIAN, Role.NGO_WORKER, Role.SUPERVISOR}
)

# Police roles open files only with a valid certificate for the unified standard.
CERTIFIED_ROLES = frozenset({Role.ANALYST, Role.INVESTIGATOR})


class AgencyKind(models.TextChoices):
    POLICE = "police", _("police")
    SOCIAL_SERVICES = "social_services", _("social services")
    SHELTER_OPERATOR = "shelter_operator", _("shelter operator")
    HEALTH = "health", _("health")
    NGO = "ngo", _("NGO")
    COURT = "court", _("court")
    OVERSIGHT = "oversight", _("oversight")

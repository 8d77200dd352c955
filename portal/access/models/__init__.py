"""The tables of access."""

from portal.access.models.apart import ConflictOfInterest, Seal
from portal.access.models.erasing import Erasure, EvidenceHold, KeptLonger
from portal.access.models.grants import FOREVER, USUAL, Basis, Grant, LegalBasis, LegalKind
from portal.access.models.identity import IdentityToken, OpeningKey, Rule, Step
from portal.access.models.oversight import Emergency, Extract, Figure, Ground, reference_of
from portal.access.models.projection import (
    ChildGroupPermission,
    ChildUserPermission,
    ProjectedOnGroup,
    ProjectedOnUser,
    ProjectedPermission,
    SeriesGroupPermission,
    SeriesUserPermission,
)

__all__ = [
    "Basis",
    "ChildGroupPermission",
    "ChildUserPermission",
    "ConflictOfInterest",
    "Emergency",
    "Erasure",
    "EvidenceHold",
    "Extract",
    "FOREVER",
    "Figure",
    "Grant",
    "Ground",
    "IdentityToken",
    "KeptLonger",
    "LegalBasis",
    "LegalKind",
    "OpeningKey",
    "ProjectedOnGroup",
    "ProjectedOnUser",
    "ProjectedPermission",
    "Rule",
    "Seal",
    "SeriesGroupPermission",
    "SeriesUserPermission",
    "Step",
    "USUAL",
    "reference_of",
]

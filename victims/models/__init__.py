"""The tables of the child's file and of series."""

from victims.models.children import Child, RiskFlag
from victims.models.sections import (
    CareEntry,
    HealthEntry,
    Identity,
    InvestigationEntry,
    LegalOrder,
    SuspectEntry,
    TherapyEntry,
    Whereabouts,
)
from victims.models.series import ChildSeries, Import, Media, MediaHash, Series

__all__ = [
    "CareEntry",
    "Child",
    "ChildSeries",
    "HealthEntry",
    "Identity",
    "Import",
    "InvestigationEntry",
    "LegalOrder",
    "Media",
    "MediaHash",
    "RiskFlag",
    "Series",
    "SuspectEntry",
    "TherapyEntry",
    "Whereabouts",
]

"""The tables of the child's file and of series."""

from victims.models.answers import ChildRequest, Correction, Disclosure, DisclosureContent
from victims.models.care import Assessment, CarePlan, FollowUp, Goal, PlanAction
from victims.models.children import Child, RiskFlag
from victims.models.claims import MatchClaim, MatchQuestion
from victims.models.evidence import Clue, OnlineIdentifier
from victims.models.matches import MatchDecision, MediaMatch, PerceptualHash, SeriesPair
from victims.models.names import NameToken
from victims.models.rescue import Rescue
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
    "Assessment",
    "CareEntry",
    "CarePlan",
    "Child",
    "ChildRequest",
    "ChildSeries",
    "Clue",
    "Correction",
    "Disclosure",
    "DisclosureContent",
    "FollowUp",
    "Goal",
    "HealthEntry",
    "Identity",
    "Import",
    "InvestigationEntry",
    "LegalOrder",
    "MatchClaim",
    "MatchDecision",
    "MatchQuestion",
    "Media",
    "MediaHash",
    "MediaMatch",
    "NameToken",
    "OnlineIdentifier",
    "PerceptualHash",
    "Rescue",
    "PlanAction",
    "RiskFlag",
    "Series",
    "SeriesPair",
    "SuspectEntry",
    "TherapyEntry",
    "Whereabouts",
]

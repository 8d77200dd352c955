"""The tables of shelters and stays."""

from shelters.models.directory import Bed, Shelter, ShelterAddress
from shelters.models.placements import LIVE, Placement

__all__ = ["LIVE", "Bed", "Placement", "Shelter", "ShelterAddress"]

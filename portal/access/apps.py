"""The access application."""

from django.apps import AppConfig

from portal.access import checks

__all__ = ["AccessConfig", "checks"]  # importing the checks registers them


class AccessConfig(AppConfig):
    name = "portal.access"
    label = "access"

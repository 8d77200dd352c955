"""Addresses of services, referrals and hand-overs; they come before those of the file's sections, which take any word."""

from django.urls import URLPattern

app_name = "referrals"
CHILD = "children/<uuid:child_id>/"

urlpatterns: list[URLPattern] = []

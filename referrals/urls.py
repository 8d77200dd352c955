"""Addresses of services, referrals and hand-overs; they come before those of the file's sections, which take any word."""

from django.urls import URLPattern

from referrals import hand_over_urls

app_name = "referrals"
CHILD = "children/<uuid:child_id>/"

urlpatterns: list[URLPattern] = [
    *hand_over_urls.urlpatterns,
]

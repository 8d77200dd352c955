"""Addresses of series and imports, under series/."""

from django.urls import path

from victims.views import imports, series, work

urlpatterns = [
    path("", series.listed, name="series"),
    path("imports/", imports.listed, name="imports"),
    path("imports/new/", imports.upload, name="upload"),
    path("imports/<uuid:import_id>/", imports.one, name="import"),
    path("imports/<uuid:import_id>/progress/", imports.progress, name="import_progress"),
    path("imports/<uuid:import_id>/read-in/", imports.read_now, name="read_now"),
    path("<uuid:series_id>/", series.one, name="one_series"),
    path("<uuid:series_id>/link/", work.link, name="link"),
]

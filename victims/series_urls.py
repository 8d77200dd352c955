"""Addresses of series and imports, under series/."""

from django.urls import path

from victims.views import claims, evidence, imports, matches, series, work

urlpatterns = [
    path("", series.listed, name="series"),
    path("imports/", imports.listed, name="imports"),
    path("imports/new/", imports.upload, name="upload"),
    path("imports/<uuid:import_id>/", imports.one, name="import"),
    path("imports/<uuid:import_id>/progress/", imports.progress, name="import_progress"),
    path("imports/<uuid:import_id>/read-in/", imports.read_now, name="read_now"),
    path("matches/", matches.listed, name="matches"),
    path("matches/next/", claims.claim_next, name="claim_next"),
    path("matches/<uuid:pair_id>/", matches.one, name="match"),
    path("matches/<uuid:pair_id>/claim/", claims.claim, name="claim_match"),
    path("matches/<uuid:pair_id>/give-back/", claims.give_back, name="give_back_match"),
    path("matches/<uuid:pair_id>/ask/<uuid:team_id>/", claims.ask, name="ask_holder"),
    path("matches/<uuid:pair_id>/questions/<uuid:question_id>/", claims.question, name="match_question"),
    path("<uuid:series_id>/", series.one, name="one_series"),
    path("<uuid:series_id>/link/", work.link, name="link"),
    path("<uuid:series_id>/<slug:slug>/add/", evidence.add, name="add_evidence"),
    path("<uuid:series_id>/<slug:slug>/<uuid:record_id>/", evidence.edit, name="edit_evidence"),
]

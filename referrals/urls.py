"""Addresses of services, referrals and hand-overs; they come before those of the file's sections, which take any word."""

from django.urls import path

from referrals import hand_over_urls
from referrals.views import directory, inbox, referrals

app_name = "referrals"
CHILD = "children/<uuid:child_id>/"
OF_CHILD = CHILD + "referrals/"
ONE = OF_CHILD + "<uuid:referral_id>/"
ASKED = "referrals/<uuid:referral_id>/"
SERVICE = "services/<uuid:service_id>/"

urlpatterns = [
    path("services/", directory.services, name="services"),
    path("services/new/", directory.new_service, name="new_service"),
    path(SERVICE, directory.service, name="service"),
    path(SERVICE + "change/", directory.change_service, name="change_service"),
    path(SERVICE + "still-right/", directory.still_right, name="still_right"),
    path(SERVICE + "full/", directory.full, name="full"),
    path("referrals/", inbox.show, name="inbox"),
    path("referrals/from-us/", inbox.from_us, name="from_us"),
    path("referrals/next/", inbox.claim_next, name="claim_next"),
    path(ASKED, inbox.asked, name="asked"),
    path("referrals/<slug:which>/", inbox.past, name="past"),
    path(ASKED + "claim/", inbox.claim, name="claim"),
    path(ASKED + "accept/", inbox.accept, name="accept"),
    path(ASKED + "decline/", inbox.decline, name="decline"),
    path(ASKED + "start/", inbox.start, name="start"),
    path(ASKED + "result/", inbox.result, name="result"),
    path(OF_CHILD, referrals.referrals, name="referrals"),
    path(OF_CHILD + "new/", referrals.new, name="new"),
    path(OF_CHILD + "new/<uuid:service_id>/", referrals.ask, name="ask"),
    path(ONE, referrals.referral, name="referral"),
    path(ONE + "draft/", referrals.rewrite, name="rewrite"),
    path(ONE + "check/", referrals.preview, name="preview"),
    path(ONE + "drop/", referrals.drop, name="drop"),
    path(ONE + "remind/", referrals.remind, name="remind"),
    path(ONE + "letter/", referrals.letter, name="letter"),
    path(ONE + "take-back/", referrals.take_back, name="take_back"),
    *hand_over_urls.urlpatterns,
]

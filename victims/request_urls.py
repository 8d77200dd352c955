"""Addresses of what the child asks for; children/<id>/ stands before each."""

from django.urls import path

from victims.views import child_requests

REQUEST, CORRECTION = "requests/<uuid:request_id>/", "corrections/<uuid:correction_id>/"

urlpatterns = [
    path("requests/", child_requests.listing, name="requests"),
    path("requests/record/", child_requests.record, name="record_request"),
    path(REQUEST, child_requests.one, name="request"),
    path(REQUEST + "copy/", child_requests.copy, name="copy_for_child"),
    path(REQUEST + "longer/", child_requests.take_longer, name="request_longer"),
    path(REQUEST + "answer/", child_requests.answer, name="answer_request"),
    path(REQUEST + "decline/", child_requests.decline, name="decline_request"),
    path(REQUEST + "correction/", child_requests.add_correction, name="add_correction"),
    path(CORRECTION + "decide/", child_requests.decide_correction, name="decide_correction"),
    path(CORRECTION + "say/", child_requests.state_disagreement, name="state_disagreement"),
    path(CORRECTION + "withdraw/", child_requests.withdraw_statement, name="withdraw_statement"),
]

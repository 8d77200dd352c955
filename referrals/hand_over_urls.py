"""Addresses of hand-overs."""

from django.urls import path

from referrals.views import handovers, paper, signatures

HAND_OVER = "hand-overs/<uuid:hand_over_id>/"

urlpatterns = [
    path("children/<uuid:child_id>/hand-over/", handovers.start, name="start_hand_over"),
    path(HAND_OVER, handovers.hand_over, name="hand_over"),
    path(HAND_OVER + "state/", handovers.hand_over_state, name="hand_over_state"),
    path(HAND_OVER + "receipt/", handovers.receipt, name="receipt"),
    path(HAND_OVER + "paper/", paper.paper, name="paper"),
    path(HAND_OVER + "things/add/", signatures.add_thing, name="add_thing"),
    path(HAND_OVER + "things/<uuid:item_id>/", signatures.thing, name="thing"),
    path(HAND_OVER + "things/<uuid:item_id>/tick/", handovers.tick, name="tick"),
    path(HAND_OVER + "how/", signatures.how, name="hand_over_how"),
    path(HAND_OVER + "sign/", signatures.sign, name="hand_over_sign"),
    path(HAND_OVER + "refuse/", signatures.refuse, name="refuse_hand_over"),
    path(HAND_OVER + "cancel/", signatures.cancel, name="cancel_hand_over"),
]

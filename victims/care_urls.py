"""Addresses of the care page of a file; children/<id>/care-plan/ stands before each."""

from django.urls import path

from victims.views import care, plan

urlpatterns = [
    path("", care.page, name="care"),
    path("assess/", care.assess, name="assess"),
    path("contact/", care.contact, name="contact"),
    path("contacts/", care.contacts, name="contacts"),
    path("start/", plan.start, name="start_plan"),
    path("<uuid:plan_id>/change/", plan.change, name="change_plan"),
    path("<uuid:plan_id>/send/", plan.send, name="send_plan"),
    path("<uuid:plan_id>/decide/", plan.decide, name="decide_plan"),
    path("<uuid:plan_id>/goals/add/", plan.add_goal, name="add_goal"),
    path("goals/<uuid:goal_id>/", plan.change_goal, name="change_goal"),
    path("goals/<uuid:goal_id>/add/", plan.add_action, name="add_action"),
    path("actions/<uuid:action_id>/remind/", care.remind, name="remind"),
    path("actions/<uuid:action_id>/cancel/", care.cancel_action, name="cancel_action"),
]

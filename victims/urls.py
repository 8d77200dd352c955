"""Addresses of the child's file."""

from django.urls import include, path

from victims.views import (
    access,
    apart,
    as_it_stood,
    care,
    children,
    documents,
    history,
    holders,
    milestones,
    overview,
    sections,
    transfers,
    work,
)

app_name = "victims"
CHILD = "children/<uuid:child_id>/"

urlpatterns = [
    path("children/", children.caseload, name="children"),
    path("children/new/", children.new, name="new"),
    path(CHILD, overview.overview, name="child"),
    path(CHILD + "summary/", children.summary, name="summary"),
    path(CHILD + "step/identity/propose/", milestones.propose, name="propose"),
    path(CHILD + "step/identity/make_probable/", milestones.make_probable, name="make_probable"),
    path(CHILD + "step/stage/rescue/", milestones.rescue, name="rescue"),
    path(CHILD + "step/<slug:cycle>/<slug:name>/", children.step, name="step"),
    path(CHILD + "flags/", work.flags, name="flags"),
    path(CHILD + "flags/<uuid:flag_id>/end/", work.end_flag, name="end_flag"),
    path(CHILD + "series/<uuid:series_id>/end/", work.end_link, name="end_link"),
    path(CHILD + "tasks/add/", work.add_task, name="add_task"),
    path(CHILD + "who/", holders.who, name="who"),
    path(CHILD + "who/give/", holders.give_access, name="give_access"),
    path(CHILD + "who/transfer/", transfers.transfer, name="transfer"),
    path(CHILD + "who/<uuid:grant_id>/end/", holders.end_access, name="end_access"),
    path(CHILD + "seal/", apart.seal, name="seal"),
    path(CHILD + "unseal/", apart.unseal, name="unseal"),
    path(CHILD + "relation/", apart.relation, name="relation"),
    path(CHILD + "who/<uuid:grant_id>/renew/", access.renew, name="renew_access"),
    path(CHILD + "who/<uuid:grant_id>/ask/", access.ask_renewal, name="ask_renewal"),
    path(CHILD + "who/<uuid:grant_id>/pass-on/", access.pass_on, name="pass_on"),
    path(CHILD + "looks/", holders.looks, name="looks"),
    path(CHILD + "changes/<slug:source>/<uuid:history_id>/", history.changes, name="changes"),
    path(CHILD + "print/", documents.print_summary, name="print"),
    path(CHILD + "care-plan/", include("victims.care_urls")),
    path("contacts/new/", care.pick, name="pick"),
    path("actions/<uuid:action_id>/", care.action, name="action"),
    path(CHILD + "<slug:slug>/as-it-stood/", as_it_stood.as_it_stood, name="as_it_stood"),
    path(CHILD + "<slug:slug>/", sections.section, name="section"),
    path(CHILD + "<slug:slug>/add/", sections.add, name="add"),
    path(CHILD + "<slug:slug>/note/", sections.add_note, name="note"),
    path(CHILD + "<slug:slug>/attach/", sections.attach, name="attach"),
    path(CHILD + "<slug:slug>/documents/<uuid:attachment_id>/", sections.download, name="attachment"),
    path(CHILD + "<slug:slug>/<uuid:record_id>/", sections.edit, name="edit"),
    path("documents/<uuid:document_id>/", documents.document, name="document"),
    path("documents/<uuid:document_id>/state/", documents.document_state, name="document_state"),
    path("documents/<uuid:document_id>/file/", documents.take_document, name="take_document"),
    path("series/", include("victims.series_urls")),
]

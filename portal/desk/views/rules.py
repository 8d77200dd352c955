"""The rules that everybody may read: what each role may do at which stage, and what is due by when."""

import itertools
import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.identity import Refused
from portal.access.opens import WRITE, opens_list
from portal.access.roles import RULES as RIGHTS
from portal.access.sections import IN_EMERGENCY, Level, Section, Stage
from portal.access.work import set_rule
from portal.accounts.roles import Role
from portal.audit.events import Event
from portal.casework.due_rules import RULES, how_long
from portal.casework.editing import save_once
from portal.casework.forms import RecordForm
from portal.casework.models import DueRule
from portal.casework.templatetags.portal import listed

# What a role does beside, or instead of, opening sections of files.
BESIDE: dict[Role, Any] = {
    Role.SUPERVISOR: gettext_lazy("Reads what the roles of the own team read, and decides on what waits for approval."),
    Role.PRIVACY_OFFICER: gettext_lazy(
        "Reads the history of the own agency’s files: who changed what, and who looked."
    ),
    Role.AUDITOR: gettext_lazy("Reads the history of every file, field by field, never a word that somebody wrote."),
    Role.AGENCY_ADMIN: gettext_lazy("Keeps the people and the vocabularies of the own agency, never a file."),
    Role.REGISTRAR: gettext_lazy("Keeps certificates, never a file."),
    Role.OPERATOR: gettext_lazy("Keeps agencies, settings and jobs, never a file."),
}


# The gates of portal/access/decide.py in their order: what has to hold, and the codes of the record where it does not.
GATES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        gettext_lazy(
            "The account and its agency are open. Whereabouts, health and therapy open for 4 hours after a code was shown."
        ),
        ("account_closed", "code_not_fresh"),
    ),
    (
        gettext_lazy(
            "The training that the role needs has not lapsed: a certificate for analysts and investigators, for care roles "
            "a briefing in safeguarding, at the latest thirty days after they joined."
        ),
        ("certificate_lapsed",),
    ),
    (gettext_lazy("The role reaches the section, as it stands below."), ("role_never",)),
    (
        gettext_lazy(
            "Somebody gave access to this child: it is accepted, has not ended, and fits the stage of the child."
        ),
        ("no_grant", "grant_ended", "role_not_…"),
    ),
    (
        gettext_lazy("What allows that access still holds: its legal basis, and the agreement with the agency."),
        ("legal_basis_ended", "no_agreement"),
    ),
    (
        gettext_lazy("The file is not sealed away from the person, and no relation to the child is on record."),
        ("sealed", "conflict_of_interest"),
    ),
    (
        gettext_lazy(
            "To save: it was written from the newest version, and the step leads on from where the file stands."
        ),
        ("version_not_current", "step_not_allowed"),
    ),
)


@opens_list("roles and sections", of="access.rule")
def roles(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show what each role reads and changes at each stage, from the same table as decides."""
    mine = set(request.user.roles)  # type: ignore[union-attr]
    own_first = sorted(Role, key=lambda role: role not in mine)
    shown = [
        {"role": role, "is_mine": role in mine, "rows": role_rows(role), "beside": BESIDE.get(role, "")}
        for role in own_first
    ]
    columns = [*(stage.label for stage in Stage), _("In an emergency")]
    return TemplateResponse(request, "desk/roles.html", {"roles": shown, "columns": columns, "gates": GATES}), []


def role_rows(role: Role) -> list[dict[str, Any]]:
    """Return the sections that a role opens at some stage, with what it may do at each."""
    views = {section: RIGHTS.get((role, section, Level.VIEW), 0) for section in Section}
    return [{"section": section, "cells": cells(role, section)} for section, stages in views.items() if stages]


def cells(role: Role, section: Section) -> list[dict[str, Any]]:
    """Return what a role may do to a section at each stage, and in an emergency."""
    emergency = cell(role, section, IN_EMERGENCY, _("In an emergency"))
    return [*(cell(role, section, stage, stage.label) for stage in Stage), emergency]


def cell(role: Role, section: Section, stage: int, label: str) -> dict[str, Any]:
    """Return what a role may do to a section at a stage, under the heading of its column."""
    may = {level: RIGHTS.get((role, section, level), 0) >> stage & 1 for level in Level}
    words = _("changes") if may[Level.CHANGE] else _("reads") if may[Level.VIEW] else ""
    return {"label": label, "words": words, "is_change": bool(may[Level.CHANGE])}


@opens_list("time limits", of="casework.duerule")
def rules(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """List what is due by when and by which rule; an agency's own figure stands in the place of the default."""
    agency_id = request.user.agency_id  # type: ignore[union-attr]
    found = DueRule.objects.filter(is_active=True).order_by("code", "-risk", "agency")
    mine = {(rule.code, rule.risk): rule for rule in found if rule.agency_id == agency_id}  # type: ignore[attr-defined]
    defaults = [rule for rule in found if rule.agency_id is None]  # type: ignore[attr-defined]
    shown = [(rule, mine.get((rule.code, rule.risk), rule)) for rule in defaults]
    places = {code: place for place, code in enumerate(RULES)}  # as the work goes on, not by the alphabet
    shown.sort(key=lambda pair: places.get(pair[0].code, len(places)))
    groups = [
        {"title": _(pairs[0][0].title), "rows": [rule_row(own, len(pairs)) | {"id": rule.pk} for rule, own in pairs]}
        for pairs in (list(some) for _code, some in itertools.groupby(shown, key=lambda pair: pair[0].code))
    ]
    context = {"groups": groups, "weekend": weekend_words(), "may_set": Role.AGENCY_ADMIN in request.user.roles}  # type: ignore[union-attr]
    return TemplateResponse(request, "desk/rules.html", context), []


def weekend_words() -> str:
    """Return the days that rules in working days do not count."""
    return listed([str(WEEKDAYS[day - 1]) for day in sorted(settings.WEEKEND)])


class OwnRuleForm(RecordForm):
    """An agency's own figure."""

    class Meta:
        model = DueRule
        fields = ["amount", "unit", "sentence", "is_active"]
        error_messages = {
            "amount": {"required": gettext_lazy("Enter how long.")},
            "sentence": {"required": gettext_lazy("Write the rule in one sentence.")},
        }
        help_texts = {
            "sentence": gettext_lazy(
                "It stands beside every date that the rule sets, in the words that you write here."
            ),
            "is_active": gettext_lazy("Without it the default holds again."),
        }


def demand_administrator(person: Any) -> None:
    """Raise Refused for whoever does not set the figures of an agency."""
    if Role.AGENCY_ADMIN not in person.roles:
        raise Refused(Event("refusal", "E", "refused", "not_a_keeper_of_rules"), known=False)


@opens_list("time limits", methods=WRITE, of="casework.duerule")
def own_rule(request: HttpRequest, rule_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Set the agency's own figure in the place of a default."""
    person: Any = request.user
    demand_administrator(person)
    default = DueRule.objects.filter(pk=rule_id, agency=None).first()
    if default is None:
        raise Http404
    own = DueRule.objects.filter(code=default.code, risk=default.risk, agency_id=person.agency_id).first()
    form = OwnRuleForm(request.POST or None, instance=own or DueRule(amount=default.amount, unit=default.unit))
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: rule_set(form, default, person)), []
    context = {"form": form, "rule": rule_row(default), "title": _(default.title)}
    return TemplateResponse(request, "desk/rule.html", context), [default.pk]


def rule_set(form: OwnRuleForm, default: DueRule, person: Any) -> str:
    """Set the figure and return to the time limits."""
    set_rule(rule=default, values=form.values(), by=person, reason=form.cleaned_data.get("reason", "figure set"))
    return reverse("desk:rules")


def rule_row(rule: DueRule, beside: int = 1) -> dict[str, Any]:
    """Return a rule in the reader's language: for which risk, how long, in words, and where it comes from."""
    return {
        "risk": _("any other") if rule.risk == DueRule.Risk.ANY and beside > 1 else rule.get_risk_display(),
        "how_long": how_long(rule),
        "sentence": _(rule.sentence),
        "source": _(rule.source) if rule.source else "",
        "is_own": rule.agency_id is not None,  # type: ignore[attr-defined]
        "is_common_practice": rule.is_common_practice,
    }

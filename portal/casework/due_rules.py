"""The rules that every database starts with: what is due by when; an agency's own figure beats the default."""

import datetime
import uuid
import zoneinfo
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from portal.audit import clock
from portal.casework.clock import end_of_day
from portal.casework.models import DueRule
from portal.casework.templatetags.portal import digits

DAY = datetime.timedelta(days=1)
NOT_ASSESSED, LOW, MEDIUM, HIGH = range(4)
TYPED = "next_step"  # the kind of a task whose words somebody typed: they stay as typed
ROUND = ("visit", "contact_retry", "plan_action")  # comes round with every contact and action, which tell of themselves

# Code: what is to be done; then for each risk (0: any, or not assessed): how long, the rule in words, where it comes from.
# No source: common practice, which is to be confirmed where the portal is used.
FIRST_CONTACT = _(
    "Child-protection response times by priority: Texas 24 h and 72 h, Georgia at once to 5 working days."
)
VISITS = _("Child-protection plan, England: every 10 working days; child in need: every 20.")
CASE_MANAGEMENT = _("Inter-agency guidelines for case management: review at least every three months.")
RIGHT_OF_ACCESS = _("General Data Protection Regulation, article 12: a month, two more once where it is needed.")
INTAKE = _("National case-management training: comprehensive assessment within 7 days of intake.")

RULES: dict[str, tuple[str, list[tuple[int, int, str, str, str]]]] = {
    "medical_72h": (
        _("Medical care: 72-hour window"),
        [
            (
                NOT_ASSESSED,
                72,
                "h",
                _("Start at once: the window closes 72 hours after the rescue."),
                _("National prescribing guides: best within 24 hours, without effect after 72."),
            )
        ],
    ),
    "authority_24h": (
        _("Bring the child before the authority"),
        [
            (
                NOT_ASSESSED,
                24,
                "h",
                _("Within 24 hours of the rescue; time on the way does not count."),
                _("Juvenile Justice Act and Rules, India."),
            )
        ],
    ),
    "first_contact": (
        _("First safe contact"),
        [
            (NOT_ASSESSED, 24, "h", _("Within 24 hours while the risk is not assessed."), FIRST_CONTACT),
            (HIGH, 24, "h", _("Within 24 hours while the risk is high."), FIRST_CONTACT),
            (MEDIUM, 72, "h", _("Within 72 hours while the risk is medium."), FIRST_CONTACT),
            (LOW, 7, "d", _("Within a week while the risk is low."), FIRST_CONTACT),
        ],
    ),
    "registration_48h": (
        _("Complete the registration"),
        [(NOT_ASSESSED, 48, "h", _("Within 48 hours of the first contact."), "")],
    ),
    "initial_assessment": (
        _("First safety assessment"),
        [(NOT_ASSESSED, 48, "h", _("Together with the registration: within 48 hours."), INTAKE)],
    ),
    "full_assessment": (
        _("Comprehensive assessment"),
        [
            (NOT_ASSESSED, 7, "d", _("Within a week."), INTAKE),
            (HIGH, 3, "d", _("Within three days while the risk is high."), INTAKE),
        ],
    ),
    "care_plan": (
        _("Write the care plan"),
        [
            (NOT_ASSESSED, 14, "d", _("Within two weeks of the assessment."), ""),
            (HIGH, 3, "d", _("A first plan within three days while the risk is high."), ""),
        ],
    ),
    "visit": (
        _("Visit, seen alone"),
        [
            (NOT_ASSESSED, 7, "d", _("Every week while the risk is not assessed."), VISITS),
            (HIGH, 7, "d", _("Every week while the risk is high."), VISITS),
            (MEDIUM, 10, "w", _("Every ten working days while the risk is medium."), VISITS),
            (LOW, 20, "w", _("Every twenty working days while the risk is low."), VISITS),
        ],
    ),
    "contact_retry": (
        _("Try the contact again"),
        [
            (
                NOT_ASSESSED,
                48,
                "h",
                _("Within 48 hours of a try without contact."),
                _("Practice of volunteer advocates for children: a missed contact is tried again within 48 hours."),
            )
        ],
    ),
    "placement_visit": (
        _("Visit in the placement"),
        [
            (
                NOT_ASSESSED,
                7,
                "d",
                _("Within a week of the first day there."),
                _("Care Planning Regulations 2010, England."),
            )
        ],
    ),
    "plan_review": (
        _("Review the care plan"),
        [
            (NOT_ASSESSED, 90, "d", _("At least every three months."), CASE_MANAGEMENT),
            (HIGH, 30, "d", _("Every month while the risk is high."), CASE_MANAGEMENT),
        ],
    ),
    "second_officer_24h": (
        _("Confirm the identity as a second officer"),
        [(NOT_ASSESSED, 24, "h", _("Within 24 hours of the step to “probable”."), "")],
    ),
    "match_second_officer_24h": (
        _("Look at a match as a second officer"),
        [(NOT_ASSESSED, 24, "h", _("Within 24 hours of the first officer’s decision."), "")],
    ),
    "plan_rescue": (
        _("Plan the rescue"),
        [(NOT_ASSESSED, 3, "d", _("Within three days of the step to “located”."), "")],
    ),
    "child_request": (
        _("Answer what the child asked for"),
        [(NOT_ASSESSED, 30, "d", _("Within a month of the request."), RIGHT_OF_ACCESS)],
    ),
    "child_request_longer": (
        _("Answer what the child asked for"),
        [(NOT_ASSESSED, 90, "d", _("Within three months: more time was taken once, for a reason."), RIGHT_OF_ACCESS)],
    ),
    "order_expiry": (
        _("Renew the legal basis"),
        [(NOT_ASSESSED, -14, "d", _("Two weeks before the order ends."), "")],
    ),
    "renew_access": (
        _("Renew access, or let it end"),
        [(NOT_ASSESSED, -14, "d", _("Two weeks before the access ends."), "")],
    ),
    "renew_access_last": (
        _("Last word on access that ends"),
        [(NOT_ASSESSED, -3, "d", _("Three days before the access ends."), "")],
    ),
    "confirm_access": (
        _("Still your child? Confirm, or transfer"),
        [(NOT_ASSESSED, 180, "d", _("Access without an end is confirmed every 180 days."), "")],
    ),
}


def starting_rules() -> list[DueRule]:
    """Return every rule of the code, each the default for everybody."""
    return [
        DueRule(
            code=code,
            risk=risk,
            amount=amount,
            unit=unit,
            title=title,
            sentence=sentence,
            source=source,
            is_common_practice=not source,
        )
        for code, (title, rows) in RULES.items()
        for risk, amount, unit, sentence, source in rows
    ]


def add_missing() -> None:
    """Add the rules that a database lacks; those that are there keep their figures."""
    known = set(DueRule.objects.filter(agency=None).values_list("code", "risk"))
    for rule in starting_rules():
        if (rule.code, rule.risk) not in known:
            rule.save(force_insert=True)


def rule_for(code: str, agency_id: uuid.UUID, risk: int = NOT_ASSESSED) -> DueRule | None:
    """Return the rule in force: the agency's own before the default, that of the risk before the one for any risk."""
    found = DueRule.objects.filter(code=code, risk__in={NOT_ASSESSED, risk}, is_active=True)
    rules = list(found.filter(Q(agency=None) | Q(agency_id=agency_id)))
    return max(rules, key=lambda rule: (rule.agency_id is not None, rule.risk), default=None)  # type: ignore[attr-defined]


def moment_due(rule: DueRule, since: datetime.datetime, time_zone: str) -> datetime.datetime:
    """Return when it is due, hours to the minute, days to their end in a country.

    What should be done so long before something is not late from its first moment: it is due today at the earliest.
    """
    if rule.unit == DueRule.Unit.HOURS:
        return since + datetime.timedelta(hours=rule.amount)
    zone = zoneinfo.ZoneInfo(time_zone)
    day = since.astimezone(zone).date()
    day = working_days_on(day, rule.amount) if rule.unit == DueRule.Unit.WORKING_DAYS else day + rule.amount * DAY
    if rule.amount < 0:
        day = max(day, min(clock.now(), since).astimezone(zone).date())
    return end_of_day(day, time_zone)


def working_days_on(day: datetime.date, count: int) -> datetime.date:
    """Return the day so many working days later, or before: the days of the weekend are not counted."""
    while count:
        day += DAY if count > 0 else -DAY
        if day.isoweekday() not in settings.WEEKEND:
            count -= 1 if count > 0 else -1
    return day


def how_long(rule: DueRule) -> str:
    """Return "72 hours", "10 working days", "14 days" or "14 days before"."""
    count = abs(rule.amount)
    if rule.unit == DueRule.Unit.HOURS:
        words = ngettext("%(shown)s hour", "%(shown)s hours", count)
    elif rule.unit == DueRule.Unit.WORKING_DAYS and rule.amount < 0:
        words = ngettext("%(shown)s working day before", "%(shown)s working days before", count)
    elif rule.unit == DueRule.Unit.WORKING_DAYS:
        words = ngettext("%(shown)s working day", "%(shown)s working days", count)
    elif rule.amount < 0:
        words = ngettext("%(shown)s day before", "%(shown)s days before", count)
    else:
        words = ngettext("%(shown)s day", "%(shown)s days", count)
    return words % {"shown": digits(count)}


def title_of(task: Any) -> str:
    """Return what is to be done in the reader's language; a title that somebody typed stays as typed."""
    return said(task.title, task.kind)


def rule_of(task: Any) -> str:
    """Return the rule behind a task in the reader's language; one that somebody typed stays as typed."""
    return said(task.rule, task.kind)


def said(text: str, kind: str) -> str:
    """Return a message id in the reader's language, and what somebody typed as it is."""
    return text if kind == TYPED or not text else gettext(text)

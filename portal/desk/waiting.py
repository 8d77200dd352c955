"""What others owe: referrals whose answer one's own teams wait for. Nothing in it counts as one's own lateness."""

import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import file_lines
from portal.accounts.models import Person
from referrals import inbox
from referrals.models import Referral


def waiting_for_others(person: Person) -> tuple[dict[str, Any], list[uuid.UUID]]:
    """Return the group of My work, by the clock, and the files that it names."""
    sent = [one for one in inbox.from_us(person)[: inbox.MOST] if one.is_open]
    lines = file_lines([one.child_id for one in sent])  # type: ignore[attr-defined]
    group = {
        "id": "waiting",
        "title": _("Waiting for others"),
        "tile": _("waiting for others"),
        "tone": "",
        "rows": [row(one, lines.get(one.child_id)) for one in sent],  # type: ignore[attr-defined]
        "empty": _("Nobody owes you an answer."),
    }
    return group, list(lines)


def row(referral: Referral, line: Any) -> dict[str, Any]:
    """Return one answer that is owed; whose it is and what was asked stand on the page that it leads to."""
    follow = reverse("referrals:referral", args=[referral.child_id, referral.pk])  # type: ignore[attr-defined]
    return {
        "due": referral.answer_by,
        "url": follow,
        "title": _("Answer to your referral"),
        "name": line.code_name if line else "",
        "code": line.case_number if line else "",
        "why": referral.number,
        "act": _("Follow"),
        "act_url": follow,
    }

"""What goes along with a child, as both sides see it: who answered what, what is left, and since when it is kept."""

import uuid
from typing import Any

from django.db.models import Max, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.audit import clock
from portal.casework.models import Document, Lookup
from portal.casework.templatetags.portal import digits
from referrals.models import HandOver, HandOverItem


def list_of(one: HandOver) -> dict[str, Any]:
    """Return the things of a hand-over in words, what each side has left to answer, and when it was last kept."""
    words = {word.code: str(word) for word in Lookup.objects.filter(vocabulary="hand_over_item")}
    items: list[dict[str, Any]] = [
        {"item": item, "kind": words.get(item.kind, item.kind)} for item in one.items.order_by("pk")
    ]
    counted = [row["item"] for row in items if row["item"].is_counted]
    given = sum(item.given is None for item in counted)
    received = sum(item.received is None for item in counted)
    return {
        "rows": [row for row in items if row["item"].is_counted],
        "behind": [row for row in items if not row["item"].is_counted],
        "left_to_give": left_words(given, is_given=True) if given else "",
        "left_to_receive": left_words(received, is_given=False) if received else "",
        "along": sum(bool(item.given) for item in counted),
        "kept": kept_at(one.pk),
        "stamp": stamp_of(one),
        "medical": medical_words(one),
    }


def medical_words(one: HandOver) -> str:
    """Return how many hours medical care can wait, while the child is on the way."""
    if not one.is_open or one.medical_by is None:
        return ""
    hours = int((one.medical_by - clock.now()).total_seconds() // 3600)
    if hours < 0:
        return _("Medical care: late")
    return ngettext("Medical care within %(shown)s h", "Medical care within %(shown)s h", hours) % {
        "shown": digits(hours)
    }


def left_words(count: int, *, is_given: bool) -> str:
    """Return how many things a side has not answered for."""
    if is_given:
        return ngettext("%(shown)s left to give", "%(shown)s left to give", count) % {"shown": digits(count)}
    return ngettext("%(shown)s left to receive", "%(shown)s left to receive", count) % {"shown": digits(count)}


def kept_at(hand_over_id: uuid.UUID) -> Any:
    """Return when anything of the hand-over was last saved."""
    whole = HandOver.history.filter(id=hand_over_id).aggregate(at=Max("history_date"))["at"]
    ticks = HandOverItem.history.filter(hand_over_id=hand_over_id).aggregate(at=Max("history_date"))["at"]
    return max(filter(None, [whole, ticks]), default=None)


def stamp_of(one: HandOver, receipt: Document | None = None) -> str:
    """Return what changes with every save of the hand-over or of a thing on it, and when the receipt is made."""
    versions = one.items.aggregate(all=Sum("version"))["all"]
    return f"{one.version}-{versions}-{'r' if receipt else ''}"

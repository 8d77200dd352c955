"""Saving a form: the same press twice gives one result, and a record saved meanwhile gives the page that joins both."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal.audit import clock
from portal.audit.ids import uuid7
from portal.casework.models import OnceKey

CLAIM = """
INSERT INTO casework_oncekey (id, person_id, key, digest, location, made) VALUES (%s, %s, %s, %s, '', %s)
ON CONFLICT (person_id, key) DO NOTHING
"""


class Answered(Exception):
    """The transaction is rolled back and this page is the answer."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__(response.status_code)


@dataclass(frozen=True)
class Difference:
    """One field of a record that two people changed: what stood before, theirs and mine."""

    name: str
    label: str
    before: str
    theirs: str
    mine: str
    value: Any  # what the joined form carries

    @property
    def same(self) -> bool:
        return self.theirs == self.mine

    @property
    def joined(self) -> bool:
        return not self.same and (self.before == self.theirs or self.before == self.mine)

    @property
    def is_mine(self) -> bool:
        return self.before == self.theirs

    @property
    def undecided(self) -> bool:
        return not self.same and not self.joined

    @property
    def together(self) -> str:
        """Return a first text that holds both, to be edited."""
        return f"{self.theirs}\n{self.mine}"


def digest_of(posted: QueryDict) -> str:
    """Return the fingerprint of what was posted, without its token and keys."""
    pairs = sorted((name, value) for name, values in posted.lists() for value in values if name not in ("csrfmiddlewaretoken",))
    return hashlib.sha256(repr(pairs).encode()).hexdigest()


def save_once(request: HttpRequest, save: Callable[[], str]) -> HttpResponse:
    """Run save() once for this form's key and go to the address it returns; the same post again goes there too."""
    key, person_id, digest = request.POST.get("once", ""), request.user.pk, digest_of(request.POST)
    if not key:
        return HttpResponseRedirect(save())
    with connection.cursor() as cursor:  # waits for a press that is under way, so that only one of them saves
        cursor.execute(CLAIM, [uuid7(), person_id, key, digest, clock.now()])
        first = cursor.rowcount == 1
    used = OnceKey.objects.get(person_id=person_id, key=key)
    if first:
        used.location = save()
        used.save(update_fields=["location"])
    elif used.digest != digest:
        raise Answered(render(request, "422.html", status=422))
    return HttpResponseRedirect(used.location)


def resolved(posted: QueryDict) -> QueryDict:
    """Return the posted form with the choices of a conflict page put into their fields."""
    if "joining" not in posted:
        return posted
    data = posted.copy()
    for name in posted.getlist("joining"):
        choice = posted.get(f"choose_{name}", "")
        data[name] = posted.get(f"{choice}_{name}", "") if choice in ("theirs", "mine", "together") else ""
    return data


def shown(form: forms.ModelForm, name: str, value: Any) -> str:
    """Return a field's value in the words the form uses."""
    field = form.fields[name]
    value = field.prepare_value(value)
    choices = dict(getattr(field, "choices", []) or [])
    if isinstance(value, (list, tuple)):
        return ", ".join(str(choices.get(item, item)) for item in value)
    return "" if value is None else str(choices.get(value, choices.get(str(value), value)))


def differences(form: Any, current: Any) -> list[Difference]:
    """Return, for every field of the form, what stood before, theirs and mine."""
    before = current.history.filter(id=current.pk, version=form.cleaned_data["version"]).first()
    rows = []
    for name in form._meta.fields:
        theirs, mine = getattr(current, name), form.cleaned_data[name]
        stood = getattr(before, name) if before else theirs
        texts = [shown(form, name, value) for value in (stood, theirs, mine)]
        value = theirs if texts[2] == texts[0] else mine
        rows.append(Difference(name, str(form.fields[name].label), *texts, form.fields[name].prepare_value(value)))
    return rows


def demand_current(request: HttpRequest, form: Any, current: Any) -> None:
    """Answer with the page that joins both versions if the record was saved since the form was made."""
    if form.cleaned_data.get("version") == current.version:
        return
    rows = differences(form, current)
    last = current.history.filter(id=current.pk).order_by("-history_date").first()
    context = {
        "differences": rows,
        "undecided": [row for row in rows if row.undecided],
        "joined": [row for row in rows if row.joined],
        "same": [row for row in rows if row.same],
        "current": current,
        "last": last,
        "form": form,
        "again": "joining" in request.POST,
        "title": _("Someone else saved this while you were writing"),
    }
    raise Answered(render(request, "components/conflict.html", context, status=409))

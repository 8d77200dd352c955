"""Saving a form: the same press twice gives one result, and a record saved meanwhile gives the page that joins both."""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portal.audit import clock, events
from portal.audit.ids import uuid7
from portal.casework import drafts
from portal.casework.models import OnceKey
from portal.casework.templatetags import words
from portal.casework.templatetags.portal import hour, quoted
from portal.casework.workflow import NotPossible

UNTOLD = ("csrfmiddlewaretoken", drafts.TOKEN)  # of what was posted: these are the page's, not the person's
LARGEST_READ = 10 * 1024 * 1024  # bytes
CLAIM = """
INSERT INTO casework_oncekey (id, person_id, key, digest, location, made) VALUES (%s, %s, %s, %s, '', %s)
ON CONFLICT (person_id, key) DO NOTHING
"""


Before = Callable[[str], Any]  # of a field's name


class Answered(Exception):
    """The transaction is rolled back and this page is the answer. Stale: what was posted was made from an old version."""

    def __init__(self, response: HttpResponse, *, is_stale: bool = False) -> None:
        self.response = response
        self.is_stale = is_stale
        super().__init__(response.status_code)


class Ended(Exception):
    """What is being saved is not the person's to read any more: access ended, or it was erased, since the page was decided."""


@dataclass(frozen=True)
class Difference:
    """One field of a record that two people changed: what stood before, theirs and mine, in words."""

    name: str
    label: str
    before: str
    theirs: str
    mine: str
    is_text: bool
    chosen: str = ""
    typed: str = ""  # a joined text that was written, whether or not it was chosen
    error: str = ""

    @property
    def same(self) -> bool:
        return self.theirs == self.mine and not self.chosen

    @property
    def is_conflict(self) -> bool:
        """Return whether somebody has to choose; what was chosen before a third save is asked again, the choice kept."""
        return bool(self.chosen) or (not self.same and self.before not in (self.theirs, self.mine))

    @property
    def together(self) -> str:
        """Return the joined text as it was typed, or a first one that holds both, to be edited."""
        return self.typed or f"{self.theirs}\n{self.mine}"


def digest_of(request: HttpRequest) -> str:
    """Return the fingerprint of what was posted, documents included, without its token."""
    posted = request.POST
    sent: list[tuple[str, Any]] = list(request.FILES.items())
    files = [(name, file.name, file.size, digest_of_file(file)) for name, file in sent]
    pairs = sorted((name, value) for name, values in posted.lists() for value in values if name not in UNTOLD)
    return hashlib.sha256(repr((pairs, files)).encode()).hexdigest()


def digest_of_file(file: Any) -> str:
    """Return the fingerprint of a document of up to 10 MB; of a larger file, name and size have to do."""
    if file.size > LARGEST_READ:
        return ""
    digest = hashlib.sha256(b"".join(file.chunks())).hexdigest()
    file.seek(0)
    return digest


def key_of(request: HttpRequest) -> str:
    """Return the one-time key of a posted form; nothing for what no form of the portal carries."""
    key = request.POST.get("once", "")
    return key if re.fullmatch(r"[\w-]{1,40}", key) else ""


def first_result(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a form that was saved before, whatever became of its record since; None for a new one."""
    key, person_id = key_of(request), request.user.pk
    used = OnceKey.objects.filter(person_id=person_id, key=key).exclude(location="").first() if key else None  # type: ignore[misc]
    if used is None:
        return None
    if used.digest != digest_of(request):
        raise Answered(render(request, "422.html", status=422))
    return HttpResponseRedirect(used.location)


def confirm(request: HttpRequest, said: Any) -> None:
    """Say on the page that follows that it was saved, and when; empty words where that page says it itself."""
    if said is None:
        said = _("Saved at %(time)s.") % {"time": hour(clock.now())}
    if said:
        messages.success(request, said, fail_silently=True)


@transaction.atomic  # a save that does not come about gives its key back
def save_once(request: HttpRequest, save: Callable[[], str], *, said: Any = None) -> HttpResponse:
    """Run save() once for this form's key and go to the address it returns; the same post again goes there too.

    The page that follows confirms it, in the words of said where they are given.
    """
    person_id: Any = request.user.pk
    key, digest = key_of(request), digest_of(request)
    if not key:
        address = save()
        drafts.drop_saved(request)
        confirm(request, said)
        return HttpResponseRedirect(address)
    with connection.cursor() as cursor:  # waits for a press that is under way, so that only one of them saves
        cursor.execute(CLAIM, [uuid7(), person_id, key, digest, clock.now()])
        first = cursor.rowcount == 1
    used = OnceKey.objects.get(person_id=person_id, key=key)
    if first:
        used.location = save()
        used.save(update_fields=["location"])
        drafts.drop_saved(request)
        confirm(request, said)
    elif used.digest != digest:
        raise Answered(render(request, "422.html", status=422))
    return HttpResponseRedirect(used.location)


def saved(request: HttpRequest, form: Any, save: Callable[[], str], *, said: Any = None) -> HttpResponse | None:
    """Save a posted form that holds and go on; what is not possible stands in it, with everything that was typed."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return save_once(request, save, said=said)
    except NotPossible as problem:
        record_refusal(problem)
        form.add_error(problem.field if problem.field in form.fields else None, problem.sentence)
        return None


def pressed(request: HttpRequest, act: Callable[[], str], back: str, *, said: Any = None) -> HttpResponse:
    """Do what a button says and go on; where it is not possible any more, say so on the page that it leads back to."""
    try:
        return save_once(request, act, said=said)
    except NotPossible as problem:
        record_refusal(problem)
        messages.error(request, str(problem.sentence))
        return redirect(back)


def record_refusal(problem: NotPossible) -> None:
    """Record a try that a gate refused, in the transaction of the page that says so."""
    if problem.refusal is not None:
        events.record(problem.refusal)


def resolved(posted: QueryDict) -> QueryDict:
    """Return the posted form with the choices of a conflict page put into their fields."""
    names = posted.getlist("joining")
    if not names:
        return posted
    data = posted.copy()
    for name in names:
        choice = posted.get(f"choice_{name}") or "mine"  # a field not chosen yet is asked about again
        values = posted.getlist(f"{choice}_{name}")
        data.setlist(name, values) if values else data.pop(name, None)
    return data


def shown(form: forms.ModelForm, name: str, value: Any) -> str:
    """Return a field's value in the words the form uses."""
    field = form.fields[name]
    value = field.prepare_value(value)
    choices = dict(getattr(field, "choices", []) or [])
    if isinstance(value, (list, tuple)):
        return _(", ").join(str(choices.get(item, item)) for item in value)
    value = choices.get(value, choices.get(str(value), value))
    return "" if value is None else words.said(value)


def mine_of(form: Any, name: str, posted: QueryDict) -> Any:
    """Return what the person typed into a field, also where something else was chosen for it since."""
    if name not in posted.getlist("joining"):
        return form.cleaned_data[name]
    data = QueryDict(mutable=True)
    data.setlist(name, posted.getlist(f"mine_{name}"))
    try:
        return form.fields[name].clean(form.fields[name].widget.value_from_datadict(data, {}, name))
    except forms.ValidationError:
        return form.cleaned_data[name]


def differences(form: Any, current: Any, before: Before, posted: QueryDict) -> list[Difference]:
    """Return, for every field of the form, what stood before, theirs and mine."""
    rows = []
    for name in form._meta.fields:
        values = (before(name), getattr(current, name), mine_of(form, name, posted))
        before_text, theirs, mine = (shown(form, name, value) for value in values)
        is_text = type(form.fields[name]) is forms.CharField
        chosen, typed = posted.get(f"choice_{name}", ""), posted.get(f"together_{name}", "")
        label = str(form.fields[name].label)
        missing = name in posted.getlist("joining") and not chosen
        error = (choose_text if is_text else choose_answer)(label) if missing else ""
        rows.append(Difference(name, label, before_text, theirs, mine, is_text, chosen, typed, error))
    return rows


def choose_text(label: str) -> str:
    return _("Choose one text for %(field)s.") % {"field": quoted(label)}


def choose_answer(label: str) -> str:
    return _("Choose one answer for %(field)s.") % {"field": quoted(label)}


def carried(form: Any, rows: list[Difference], current: Any) -> list[tuple[str, str]]:
    """Return the hidden values of the joined form: one for each field, or both where a choice is to be made."""
    pairs: list[tuple[str, str]] = [("version", str(current.version)), ("once", secrets.token_urlsafe(16))]
    pairs.append(("reason", form.cleaned_data.get("reason", "")))
    pairs += [(drafts.TOKEN, token) for token in form.data.getlist(drafts.TOKEN)[:1]]
    for row in rows:
        is_again = row.name in form.data.getlist("joining")
        theirs, mine = (
            values_of(form, row.name, getattr(current, row.name)),
            form.data.getlist(f"mine_{row.name}" if is_again else form.add_prefix(row.name)),
        )
        if row.is_conflict:
            pairs += [("joining", row.name)]
            pairs += [(f"theirs_{row.name}", value) for value in theirs] + [
                (f"mine_{row.name}", value) for value in mine
            ]
        else:
            pairs += [(row.name, value) for value in (theirs if row.mine == row.before else mine)]
    return pairs


def values_of(form: Any, name: str, value: Any) -> list[str]:
    """Return a stored value as the form's own field posts it: a date is 2026-11-23 in every language."""
    field = form.fields[name]
    if isinstance(field.widget, forms.CheckboxInput):
        return ["on"] if value else []
    posted = field.widget.format_value(field.prepare_value(value))
    return posted if isinstance(posted, list) else [] if posted is None else [posted]


def base_of(request: HttpRequest, form: Any) -> int:
    """Return the version that the form was made from; 0 where the record was not there yet."""
    try:
        return int(request.POST.get("base") or form.cleaned_data.get("version") or 0)
    except ValueError:
        return 0


def stood_before(form: Any, history: Any, base: int) -> Before:
    """Return how to look up what a field held before both changed it.

    On a page that was joined once already, what was joined by itself has to be compared with the version it was joined
    with: else a third save would look like a change of the person's own.
    """
    made_from = history.filter(version=base).first() or history.model.instance_type()
    joined_with = history.filter(version=form.cleaned_data.get("version") or 0).first() or made_from
    chosen = set(form.data.getlist("joining"))
    return lambda name: getattr(made_from if name in chosen else joined_with, name)


def author(last: Any) -> str:
    """Return who wrote a history row, in full: for records that belong to no file."""
    return f"{last.history_by} ({last.history_agency})"


def demand_current(
    request: HttpRequest, form: Any, current: Any, *, saved_by: Callable[[Any], str] = author, action: str = ""
) -> None:
    """Answer with the page that joins both versions if the record was saved since the form was made.

    The joined form goes to action, or to the address of the page itself; saved_by names the author of a history row.
    """
    undecided = [name for name in request.POST.getlist("joining") if not request.POST.get(f"choice_{name}")]
    if form.cleaned_data.get("version") == current.version and not undecided:
        return
    history = current.history.filter(id=current.pk)
    base = base_of(request, form)
    last = history.order_by("-version").first()
    if last is None:
        raise Ended
    rows = differences(form, current, stood_before(form, history, base), request.POST)
    if all(row.same for row in rows):
        return  # the same words were saved by both
    place, is_own = drafts.place_of(request), last.history_user_id == request.user.pk
    context = {
        "fields": [row for row in rows if not row.same],
        "open": sum(row.is_conflict for row in rows),
        "joined": sum(not row.same and not row.is_conflict for row in rows),
        "same": [row for row in rows if row.same],
        "sets_aside": place is not None,
        "asks": place is not None and place.child_id is not None and not is_own,
        "hidden": [*carried(form, rows, current), ("base", str(base))],
        "action": action,
        "saved_by": saved_by(last),
        "is_own": is_own,
        "errors": [row for row in rows if row.error and row.is_conflict],
        "saved_at": last.history_date,
        "written_at": clock.now(),
        "submit": _("Save the joined version"),
    }
    raise Answered(render(request, "components/conflict.html", context, status=409), is_stale=True)

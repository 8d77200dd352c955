"""Drafts on the pages: what was typed comes back into its form, goes along through a sign-in, and is thrown away."""

import datetime
import json
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.db import DatabaseError, Error, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import timeline
from portal.access.agencies import author_of, reveals
from portal.access.asking import answer, asked
from portal.access.identity import Refused, acting, action
from portal.access.reminders import who_sees
from portal.access.rights import can, check, with_code
from portal.access.sections import Level, Section
from portal.access.work import tell
from portal.accounts.models import Person
from portal.audit import clock, events
from portal.audit.events import Event
from portal.casework import drafts, editing, keys
from portal.casework.drafts import Place, Words
from portal.casework.models import Draft, Notice

LEAVE, ASK = "leave", "ask"  # what the page that joins two versions offers beside saving
LONG = 100  # characters: a field that takes more is for words, and a form with such a field keeps them
CARRIED = "carried"  # in a session: a form that was sent without a sign-in, sealed, until somebody signs in


@dataclass(frozen=True)
class Saved:
    """A save of the record by somebody else, or in another window, since the form was made."""

    who: str
    at: datetime.datetime
    url: str
    is_own: bool


@dataclass(frozen=True)
class Offer:
    """What a page with a form says of drafts: what came back into it, what is kept beside it, what was saved since."""

    words: Words | None = None
    others: list[Draft] = field(default_factory=list)
    since: Saved | None = None
    watches: bool = False


class TokenField(forms.CharField):
    """Says which form this is; one that comes back with errors says it anew."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial


def form_of(response: HttpResponse) -> Any:
    """Return the form of a page, if it takes more than a few words; nothing for other answers."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    return form if isinstance(form, forms.BaseForm) and any(map(is_long, form.fields.values())) else None


def is_long(asked_for: Any) -> bool:
    """Return whether a field is for words."""
    is_typed = isinstance(asked_for.widget, (forms.TextInput, forms.Textarea)) and not asked_for.disabled
    longest = getattr(asked_for, "max_length", None)
    return is_typed and type(asked_for) is forms.CharField and (longest is None or longest >= LONG)


def offered(
    request: HttpRequest,
    response: HttpResponse,
    methods: Sequence[str],
    *,
    child_id: uuid.UUID | None = None,
    section: Section | None = None,
    level: Level = Level.VIEW,
) -> HttpResponse:
    """Let the form of a page keep what is typed, and fill a new one with what was kept; other answers stay as they are."""
    person: Any = request.user
    form = form_of(response) if "POST" in methods else None
    if form is None or not isinstance(response, TemplateResponse) or response.is_rendered:
        return response
    if section is None and child_id is not None and not has_something_of(child_id):
        child_id = None  # whoever decides, or oversees, types on a page about a file of which they hold nothing
    place = Place(
        person.pk,
        drafts.address_of(request),
        child_id,
        int(section) if section is not None else None,
        int(level),
        record_of(form),
    )
    form.fields[drafts.TOKEN] = TokenField(widget=forms.HiddenInput, required=False)
    form.initial[drafts.TOKEN] = place.token()
    kept = [] if form.is_bound else list(drafts.kept_for(person, place.path))
    words = next((one for one in kept if one.draft.address == place.address), None)
    if words is not None:
        fill(form, words)
    response.context_data["draft"] = Offer(  # type: ignore[index]
        words,
        [one.draft for one in kept if one is not words],
        saved_since(person, place, base_of(words)) if words and place.record else None,
        place.record is not None,
    )
    return response


def record_of(form: Any) -> tuple[str, str, int] | None:
    """Return the record that a form changes, in the version that it was made from."""
    record = getattr(form, "instance", None)
    if record is None or record._state.adding or "version" not in form.fields or not hasattr(record, "history"):
        return None
    made_from = form.fields["version"]
    version = (
        form.data.get(form.add_prefix("version")) if form.is_bound else form.get_initial_for_field(made_from, "version")
    )
    return (record._meta.label_lower, str(record.pk), int(version)) if str(version).isdecimal() else None


def base_of(words: Words | None) -> int:
    """Return the version of the record that a draft was typed into."""
    (version, *_more) = (words.fields.get("version") if words else None) or ["0"]
    return int(version) if version.isdecimal() else 0


def fill(form: Any, words: Words) -> None:
    """Put what was kept into the fields of a new form."""
    data = words.data
    for name, one in form.fields.items():
        key = form.add_prefix(name)
        is_kept = name not in drafts.NOT_KEPT and not isinstance(one.widget, forms.FileInput)
        if is_kept and not one.widget.value_omitted_from_data(data, {}, key):
            form.initial[name] = one.widget.value_from_datadict(data, {}, key)


def saved_since(person: Person, place: Place, version: int) -> Saved | None:
    """Return the newest save of a form's record after a version of it; by name only where the reader may know it."""
    if place.record is None:
        return None
    last = newest(place, version)
    if last is None:
        return None
    model = type(last).instance_type
    who = author_of(person, place.child_id, last) if place.child_id else editing.author(last)
    return Saved(who, last.history_date, changes_url(place, model, last), last.history_user_id == person.pk)


def newest(place: Place, after: int) -> Any:
    """Return the newest version of a form's record in its history, if it is later than this one."""
    label, pk, _made_from = place.record or ("", "", 0)
    history: Any = apps.get_model(label).history if label else None  # type: ignore[attr-defined]
    return history.filter(id=pk, version__gt=after).order_by("-version").first() if history else None


def changes_url(place: Place, model: Any, row: Any) -> str:
    """Return the page that shows a save field by field; nothing where the record is on no timeline."""
    known = [
        name for name, one in timeline.sources().items() if one.model is model and one.section and one.shows_changes
    ]
    if not known or place.child_id is None:
        return ""
    return reverse("victims:changes", args=[place.child_id, known[0], row.history_id])


def is_open(person: Person, place: Place) -> bool:
    """Return whether the form's section is open to the person now."""
    if place.child_id is None or place.section is None:
        return False
    return can(person, place.child_id, Section(place.section), Level(place.level))


def has_something_of(child_id: uuid.UUID) -> bool:
    """Return whether the person in hand holds any part of a file, or is offered one."""
    return bool(asked("SELECT FROM access.file_lines(%s)", [child_id]))


def demand_open(person: Person, place: Place) -> None:
    """Raise Refused where the form is no longer the person's; an old code alone is no reason to lose words."""
    if place.child_id is None:
        return
    if place.section is None:
        if not has_something_of(place.child_id):
            event = Event("refusal", "E", "refused", "not_there_or_not_open", child_id=place.child_id)
            raise Refused(event, known=False)
    elif not with_code(person, place.child_id, Section(place.section), Level(place.level)):
        check(person, place.child_id, Section(place.section), Level(place.level))


def keep(request: HttpRequest, person: Person, place: Place) -> str:
    """Keep what a form holds, in the open transaction."""
    return drafts.keep(
        place, drafts.fields_of(request.POST), is_open=is_open(person, place), once=editing.key_of(request)
    )


# --- a form that was sent and not saved -------------------------------------------------------------------------------


def rescued(request: HttpRequest) -> datetime.datetime | None:
    """Keep what was posted in a form that was refused; return when, or nothing where nothing was kept."""
    person = request.user
    if not isinstance(person, Person) or person.identity is None or brings_a_file(request):
        return None
    place = drafts.place_of(request)
    if place is None:
        return None
    try:
        with acting(person):
            return clock.now() if keep(request, person, place) == drafts.KEPT else None
    except (Error, drafts.TooLong, Refused):
        return None


def brings_a_file(request: HttpRequest) -> bool:
    """Return whether a large body is more than words: what was refused before it was read stays unread."""
    return request.content_type == "multipart/form-data" and length_of(request) > settings.SMALL_BODY


def length_of(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def carry(request: HttpRequest) -> Place | None:
    """Put a form that was sent without a sign-in into the session, sealed, until its author signs in here."""
    if length_of(request) > settings.SMALL_BODY:
        return None
    place, fields = drafts.place_in(token := request.POST.get(drafts.TOKEN, "")), drafts.fields_of(request.POST)
    if place is None or not fields:
        return None
    text = json.dumps([fields, editing.key_of(request), clock.now().isoformat()]).encode()
    request.session[CARRIED] = {"token": token, "closed": keys.seal_by_ring(text, CARRIED).hex()}
    return place


def take_in(request: HttpRequest, person: Person) -> None:
    """Make a draft of the form that was carried here, if it is this person's; another one's goes with the session."""
    carried = request.session.pop(CARRIED, None)
    place = drafts.place_in(carried["token"]) if carried else None
    if place is None or place.person_id != person.pk:
        return
    fields, once, at = json.loads(keys.unseal_by_ring(bytes.fromhex(carried["closed"]), CARRIED))
    kept = drafts.kept_at(place.address)
    if kept is not None and kept > datetime.datetime.fromisoformat(at):
        return  # the person went on writing elsewhere
    try:
        with transaction.atomic():  # whatever becomes of it, the sign-in goes on
            drafts.keep(place, fields, is_open=is_open(person, place), once=once)
    except (DatabaseError, drafts.TooLong):
        return


# --- two versions of one record ---------------------------------------------------------------------------------------


def keep_mine(request: HttpRequest) -> None:
    """Keep the person's own version while the page that joins two versions is open; too long a one is on that page."""
    place, person = drafts.place_of(request), request.user
    if place is not None and isinstance(person, Person):
        with suppress(drafts.TooLong):
            keep(request, person, place)


def set_aside(request: HttpRequest) -> HttpResponse | None:
    """Keep the person's own version as a draft and leave theirs, or ask whoever saved it; nothing for any other form."""
    how, person = request.POST.get("resolve", ""), request.user
    place = drafts.place_of(request) if how in (LEAVE, ASK) else None
    if place is None or not isinstance(person, Person):
        return None
    keep_mine(request)
    if how == ASK:
        messages.success(request, asked_about(place, person))
    else:
        messages.success(request, _("Theirs stands. Yours is kept for 30 days: it waits on My work."))
    return redirect(page_of(place))


def page_of(place: Place) -> str:
    """Return where somebody goes on who leaves a form: to the section, or to the own desk."""
    if place.child_id is None or place.section is None:
        return reverse("desk:home")
    if place.section == Section.SUMMARY:
        return reverse("victims:child", args=[place.child_id])
    return reverse("victims:section", args=[place.child_id, Section(place.section).slug])


def asked_about(place: Place, by: Person) -> str:
    """Tell whoever saved a form's record that its other author asks about it; return what to say of that."""
    since = newest(place, 0)
    line = asked("SELECT code_name, stage FROM access.file_lines(%s)", [place.child_id])
    other = Person.objects.select_related("agency").filter(pk=since.history_user_id).first() if since else None
    if other is None or place.child_id is None or not line or other.pk not in who_sees(place.child_id, line[0][1]):
        return _("Whoever saved it is no longer on this file: ask the lead. Your version waits on My work.")
    is_named = reveals(by.agency) is None or by.agency_id == other.agency_id  # type: ignore[attr-defined]
    kind = "change_asked" if is_named else "change_asked_unnamed"
    words = [by.short_name if is_named else "", line[0][0]]
    tell([other], kind, words, level=Notice.Level.ACT, child_id=place.child_id)
    return _("A notice asks them to talk to you. Your version waits on My work.")


@action
def throw_away(*, draft: Draft, by: Person, reason: str = "") -> None:
    """Throw one's own draft away; that it was is on record, what it said is not."""
    if drafts.drop(draft.address):
        sections = [] if draft.section is None else [draft.section]
        about: dict[str, Any] = {"child_id": draft.child_id, "sections": sections}
        events.record(Event("draft thrown away", "E", entity=draft._meta.label_lower, entity_id=draft.pk, **about))


def drop_old() -> int:
    """Drop what nobody came back to within thirty days; that it was done is on record. Return how many."""
    with transaction.atomic():
        dropped = int(answer("SELECT access.drop_old_drafts()"))
        if dropped:
            events.record(Event("drafts dropped", "E", entity=Draft._meta.label_lower, details={"drafts": dropped}))
    return dropped

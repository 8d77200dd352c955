"""The vocabularies: administrators add words and retire them; a code that was used never changes its meaning."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.access.opens import WRITE, opens_list
from portal.access.work import add_word, change_word, check_keeper
from portal.casework.editing import demand_current, resolved, save_once
from portal.casework.forms import RecordForm
from portal.casework.models import Lookup
from portal.casework.vocabularies import TITLES


class WordForm(RecordForm):
    """One word of a vocabulary."""

    class Meta:
        model = Lookup
        fields = ["label", "label_ar", "position", "is_active"]
        error_messages = {"label": {"required": _("Enter the word in English.")}}


@opens_list("vocabularies", of="casework.lookup")
def listed(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show every vocabulary with its words."""
    check_keeper(request.user)  # type: ignore[arg-type]
    words = list(Lookup.objects.order_by("vocabulary", "position", "label"))
    groups = [(name, title, [w for w in words if w.vocabulary == name]) for name, title in TITLES.items()]
    return TemplateResponse(request, "desk/words.html", {"groups": groups}), []


@opens_list("vocabularies", methods=WRITE, of="casework.lookup")
def add(request: HttpRequest, vocabulary: str) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Add a word to a vocabulary."""
    check_keeper(request.user)  # type: ignore[arg-type]
    if vocabulary not in TITLES:
        raise Http404
    form = WordForm(request.POST or None, initial={"position": 100})
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: added(form, vocabulary, request.user)), []
    return TemplateResponse(request, "desk/word.html", {"form": form, "title": TITLES[vocabulary]}), []


def added(form: WordForm, vocabulary: str, person: Any) -> str:
    """Add the word and return to the vocabularies."""
    add_word(vocabulary=vocabulary, values=form.values(), by=person, reason="word added")
    return reverse("desk:words")


@opens_list("vocabularies", methods=WRITE, of="casework.lookup")
def edit(request: HttpRequest, word_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Change a word's labels, or retire it."""
    check_keeper(request.user)  # type: ignore[arg-type]
    words = Lookup.objects.filter(pk=word_id)
    word = (words.select_for_update(of=("self",)) if request.method == "POST" else words).first()
    editing = words.first()
    if word is None:
        raise Http404
    form = WordForm(resolved(request.POST) if request.method == "POST" else None, instance=editing)
    if request.method == "POST" and form.is_valid():
        demand_current(request, form, word)
        return save_once(request, lambda: changed(form, word, request.user)), []
    context = {"form": form, "title": TITLES.get(word.vocabulary, "")}
    return TemplateResponse(request, "desk/word.html", context), [word.pk]


def changed(form: WordForm, word: Lookup, person: Any) -> str:
    """Change the word and return to the vocabularies."""
    change_word(word=word, values=form.values(), by=person, reason=form.cleaned_data["reason"])
    return reverse("desk:words")

"""What a person chooses for themselves: language, time zone, single keys; and which keys there are."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.access import training
from portal.access.certificates import without_certificate
from portal.access.going_on import to_confirm
from portal.access.opens import WRITE, opens_list
from portal.access.work import change_preferences
from portal.accounts.models import Person
from portal.accounts.network import languages
from portal.accounts.zones import zone_choices
from portal.casework.editing import save_once
from portal.casework.forms import OnceForm
from portal.desk import my_access, people


class PreferencesForm(OnceForm, forms.ModelForm):
    """One's own preferences; nobody else sees or sets them."""

    language = forms.ChoiceField(label=_("Language"), choices=languages)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Times are shown in this zone."),
        error_messages={"invalid_choice": _("Choose a time zone from the list.")},
    )

    class Meta:
        model = Person
        fields = ["language", "time_zone", "shortcuts"]
        help_texts = {"shortcuts": _("Keys such as j, k and g open pages and move between rows. Off, they do nothing.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _none, *zones = zone_choices(str(self.instance.agency.country))
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]


@opens_list("settings", methods=WRITE, of="accounts.person")
def preferences(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show and change one's own preferences."""
    person: Any = request.user
    form = PreferencesForm(request.POST or None, instance=Person.objects.select_related("agency").get(pk=person.pk))
    if request.method == "POST" and form.is_valid():
        response = save_once(request, lambda: changed(form, person))
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            form.cleaned_data["language"],
            secure=settings.PRODUCTION,
            httponly=True,
            samesite="Lax",
        )
        return response, []
    return TemplateResponse(request, "desk/settings.html", {"form": form}), []


def changed(form: PreferencesForm, person: Any) -> str:
    """Change the preferences and return to them."""
    values = {name: form.cleaned_data[name] for name in form._meta.fields}
    change_preferences(values=values, by=person, reason="own settings")
    return reverse("desk:settings")


@without_certificate
def shortcuts(request: HttpRequest) -> HttpResponse:
    """List the single keys and say how to switch them off."""
    return render(request, "desk/shortcuts.html")


@opens_list("my access")
def access(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show what the person can open that others gave, why and until when."""
    person: Any = request.user
    rows = my_access.rows(person)
    context = {
        "rows": rows,
        "is_cut": my_access.given_to(person)[my_access.MOST :].exists(),
        "most": my_access.MOST,
        "teams": person.memberships.live().select_related("team__agency"),
        "training": people.training_of(person, training.proofs_of([person])),
        "to_confirm": to_confirm(person).exists(),
    }
    return TemplateResponse(request, "desk/access.html", context), [row["line"].id for row in rows]

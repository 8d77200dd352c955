"""The set-up: what a new portal needs, line by line, and the page of each line. It can be left and gone on with at any time."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access import operating
from portal.access.opens import WRITE, opens_list
from portal.accounts import backups as known
from portal.accounts.models import NETWORK_ID, TIME_ZONES, Network
from portal.accounts.network import first_values
from portal.audit import clock
from portal.casework.editing import demand_current, resolved, save_once, saved
from portal.casework.forms import OnceForm, RecordForm
from portal.casework.templatetags.portal import hour
from portal.desk import backups, set_up

Listed = tuple[HttpResponse, list[uuid.UUID]]
NETWORK = "accounts.network"


class SettingForm(RecordForm):
    """Some of the network's settings; on the day of the set-up nobody is asked why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("reason", None)


class NetworkForm(SettingForm):
    """What the network calls itself, and which languages it offers."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=TIME_ZONES,
        help_text=gettext_lazy("For pages before the sign-in. People and agencies have their own."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages offered"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose one language at least.")},
    )

    class Meta:
        model = Network
        fields = ["name", "time_zone", "languages"]
        error_messages = {"name": {"required": gettext_lazy("Enter the name of the network.")}}
        help_texts = {"name": gettext_lazy("It stands at the top of every page, in mails and in authenticator apps.")}


class MailForm(SettingForm):
    """From where mail comes."""

    class Meta:
        model = Network
        fields = ["mail_from"]
        error_messages = {
            "mail_from": {
                "required": gettext_lazy("Enter the address that mail comes from."),
                "invalid": gettext_lazy("Write the address like portal@example.org."),
            }
        }


class BackupForm(SettingForm):
    """Where backups are kept: a note for whoever has to restore the portal."""

    class Meta:
        model = Network
        fields = ["backup_place"]
        help_texts = {
            "backup_place": gettext_lazy("A path, an address or a place in words. Never a password or a key."),
        }


class KeyCopyForm(OnceForm):
    """The word of the operator that a copy lies apart."""

    is_apart = forms.BooleanField(
        label=gettext_lazy("A copy of the key ring lies apart from the database and from its backups"),
        error_messages={"required": gettext_lazy("Make the copy first, then confirm it here.")},
    )


@opens_list("set-up", of=NETWORK)
def checklist(request: HttpRequest) -> Listed:
    """Show what is done and what is to do."""
    person: Any = request.user
    operating.demand_operator(person)
    lines = set_up.lines(person)
    context = {
        "lines": lines,
        "open": sum(not line.is_done for line in lines),
        "next": next((line for line in lines if not line.is_done), None),
        "is_first_day": operating.is_first_day(),
    }
    return TemplateResponse(request, "desk/set_up.html", context), []


def setting(request: HttpRequest, form_class: type[SettingForm], template: str, **more: Any) -> Listed:
    """Show and save one page of the network's settings."""
    person: Any = request.user
    operating.demand_operator(person)
    row = Network.objects.filter(pk=NETWORK_ID)
    form = form_class(
        resolved(request.POST) if request.method == "POST" else None, instance=row.first() or first_values()
    )
    if request.method == "POST" and form.is_valid():
        current = row.select_for_update(of=("self",)).first()
        if current:
            demand_current(request, form, current)
        return save_once(request, lambda: kept(form, person)), []
    return TemplateResponse(request, template, {"form": form, **more}), []


def kept(form: SettingForm, person: Any) -> str:
    """Save the settings and return to the list."""
    operating.set_network(values=form.values(), by=person, reason="set-up")
    return reverse("desk:set_up")


@opens_list("set-up", methods=WRITE, of=NETWORK)
def network(request: HttpRequest) -> Listed:
    """Change name, time zone and languages."""
    return setting(request, NetworkForm, "desk/set_network.html")


@opens_list("set-up", methods=WRITE, of=NETWORK)
def backup(request: HttpRequest) -> Listed:
    """Show how backups stand, and note where they are kept."""
    return setting(request, BackupForm, "desk/set_backup.html", lines=backups.lines(known.state()))


@opens_list("set-up", methods=WRITE, of=NETWORK)
def mail(request: HttpRequest) -> Listed:
    """Change the address that mail comes from."""
    return setting(request, MailForm, "desk/set_mail.html", host="" if is_kept_in_files() else settings.EMAIL_HOST)


def is_kept_in_files() -> bool:
    """Return whether mail stays on this machine, as files: so it is where no mail server is named."""
    return settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")


@opens_list("set-up", methods=("POST",), of=NETWORK)
def try_mail(request: HttpRequest) -> Listed:
    """Send a mail to oneself and say what came of it."""
    person: Any = request.user
    sent = operating.try_mail(by=person, reason="set-up")
    if sent.problem:
        messages.error(request, sent.problem)
    elif is_kept_in_files():
        words = _("Written at %(time)s: a mail to %(address)s, in the folder “mail” of the data folder.")
        messages.success(request, words % {"address": sent.to, "time": hour(clock.now())})
    else:
        words = _("Sent to %(address)s at %(time)s: the mail server took it. Look into that mailbox now.")
        messages.success(request, words % {"address": sent.to, "time": hour(clock.now())})
    return redirect("desk:set_mail"), []


@opens_list("set-up", methods=WRITE, of=NETWORK)
def keys(request: HttpRequest) -> Listed:
    """Show the names of the keys, never a key, and note that a copy lies apart."""
    person: Any = request.user
    operating.demand_operator(person)
    form = KeyCopyForm(request.POST or None)
    done = saved(request, form, lambda: copied(person))
    if done:
        return done, []
    newest, *older = settings.KEY_RING
    row = Network.objects.select_related("key_copied_by").filter(pk=NETWORK_ID).first()
    context = {"form": form, "newest": newest, "older": older, "row": row if row and row.key_copied else None}
    return TemplateResponse(request, "desk/keys.html", context), []


def copied(person: Any) -> str:
    """Note the copy and return to the list."""
    operating.confirm_key_copy(by=person, reason="set-up")
    return reverse("desk:set_up")

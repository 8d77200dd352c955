"""Where somebody is signed in, and ending that: everywhere else at once, or one by one."""

import uuid
from ipaddress import ip_address
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from portal.access.certificates import without_certificate
from portal.access.opens import opens_list
from portal.access.operating import end_sessions, my_sessions

Listed = tuple[HttpResponse, list[uuid.UUID]]
TOKENS = "access.identitytoken"


def shortened(address: str) -> str:
    """Return the part of an address that tells one's own places apart, and names no device."""
    try:
        version = ip_address(address).version
    except ValueError:
        return ""
    mark = "." if version == 4 else ":"
    return mark.join([*address.split(mark)[:2], "…"])


@without_certificate
@opens_list("my sessions", of=TOKENS)
def sessions(request: HttpRequest) -> Listed:
    """Show one's own live sessions: the browser, from where, since when, used last."""
    found = my_sessions()
    rows = [{"session": one, "address": shortened(one.address)} for one in found]
    context = {"rows": rows, "others": sum(not one.is_this for one in found)}
    return TemplateResponse(request, "desk/sessions.html", context), [one.id for one in found]


@without_certificate
@opens_list("my sessions", methods=("POST",), of=TOKENS)
def end_others(request: HttpRequest) -> Listed:
    """Sign out everywhere but here."""
    return ended(request, None)


@without_certificate
@opens_list("my sessions", methods=("POST",), of=TOKENS)
def end_one(request: HttpRequest, session_id: uuid.UUID) -> Listed:
    """Sign out in one other place."""
    return ended(request, session_id)


def ended(request: HttpRequest, which: uuid.UUID | None) -> Listed:
    """End sessions and say so; one that had ended already is no news."""
    person: Any = request.user
    end_sessions(by=person, which=which)
    messages.success(request, _("Signed out there. Whoever sat there meets the sign-in at the next click."))
    return redirect("desk:sessions"), []

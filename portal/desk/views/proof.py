"""Checkpoints of the record: a page that shows the newest ones, and the feed by which agencies keep them as witnesses."""

import base64
import json
import uuid
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse_lazy

from portal.access import sign_in
from portal.access.auditing import last_verified
from portal.access.identity import Refused
from portal.access.opens import opens_list
from portal.accounts.models import Agency
from portal.accounts.roles import Role
from portal.audit import away, sealing
from portal.audit.events import Event
from portal.desk.oversight import OVERSEERS

READERS = OVERSEERS | {Role.AGENCY_ADMIN, Role.OPERATOR}
SHOWN = 20
FEED_DAYS = 400
SALT = "checkpoints"
FEED = reverse_lazy("desk:checkpoint_feed")
COMMAND = 'curl -H "Authorization: Bearer {}" "{}{}?after=0" >> checkpoints.jsonl'


@opens_list("list checkpoints", of="audit.checkpoint")
def checkpoints(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show how far the record is sealed, and how an agency keeps the checkpoints itself."""
    person: Any = request.user
    if READERS.isdisjoint(person.roles):
        raise Refused(Event("refusal", "R", "refused", "no_oversight"), known=False)
    last = sealing.latest()
    context = {
        "last": last,
        "verified": last_verified(),
        "rows": sealing.checkpoints(after=max(0, last.number - SHOWN))[::-1] if last else [],
        "keys": [(name, base64.b64encode(key).decode()) for name, key in settings.ANCHOR_PUBLIC.items()],
        "command": COMMAND.format(signing.dumps(str(person.agency_id), salt=SALT), settings.ADDRESS, FEED),
        "days": FEED_DAYS,
        "away": [one for one in away.known() if not one.is_here][::-1],
    }
    return TemplateResponse(request, "desk/checkpoints.html", context), []


@sign_in.public
def checkpoint_feed(request: HttpRequest) -> HttpResponse:
    """Hand the checkpoints after a number to an agency's own program, one JSON object on each line: hashes, no names."""
    secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        agency = uuid.UUID(signing.loads(secret, salt=SALT, max_age=FEED_DAYS * 86_400))
        is_known = Agency.objects.filter(pk=agency, is_active=True).exists()
    except (signing.BadSignature, ValueError):
        is_known = False
    after = request.GET.get("after", "0")
    if not is_known or request.method != "GET" or not after.isdecimal() or len(after) > 15:
        return sign_in.to_sign_in(request)
    lines = [json.dumps(one.line(), sort_keys=True) + "\n" for one in sealing.checkpoints(after=int(after))]
    return HttpResponse("".join(lines), content_type="application/jsonl; charset=utf-8")

"""Template filters that need the portal's own records: values in words, notices as sentences."""

import datetime
import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.http import HttpRequest
from django.utils.translation import gettext as _
from psycopg.types.range import Range

from portal.casework import due_rules, notices
from portal.casework.models import Notice, Task
from portal.casework.templatetags.portal import full_date, moment

register = template.Library()


@register.filter
def said(value: Any) -> str:
    """Return a stored value in words: a date in full, from when until when, yes or no, or the text itself."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Range):
        return f"{moment(value.lower)} – {moment(value.upper)}".strip()
    if isinstance(value, list):
        return _(", ").join(str(one) for one in value)
    return full_date(value) if isinstance(value, datetime.date) else str(value)


BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chromium", "Safari": "Safari"}
SYSTEMS = {
    "Android": "Android", "iPhone": "iOS", "iPad": "iOS", "Windows": "Windows", "Mac OS X": "macOS", "CrOS": "ChromeOS",
    "Linux": "Linux",
}  # fmt: skip


@register.filter
def browser(user_agent: str) -> str:
    """Return what a browser says of itself in words: "Chromium on Linux". Many name others too; the first mark counts."""
    name = next((words for mark, words in BROWSERS.items() if mark in user_agent), "")
    system = next((words for mark, words in SYSTEMS.items() if mark in user_agent), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or _("another browser")


@register.filter
def title_of(task: Task) -> str:
    """Return what is to be done in the reader's language."""
    return due_rules.title_of(task)


@register.filter
def rule_of(task: Task) -> str:
    """Return the rule behind a task in the reader's language."""
    return due_rules.rule_of(task)


@register.filter
def leads_to(notice: Notice) -> str:
    """Return the page that a notice leads to, if there is one."""
    return notices.address(notice)


@register.filter
def link_words(notice: Notice) -> str:
    """Return what the link of a notice says."""
    return str(notices.KINDS[notice.kind].link)


@register.filter
def sentence(notice: Notice) -> str:
    """Return a notice in the reader's language."""
    return notices.sentence(notice)


@dataclass(frozen=True)
class Host:
    """How a page was opened: by a name or by a number, and where it stands under a name of the same machine."""

    name: str
    is_number: bool = False
    address: str = ""

    @property
    def named(self) -> str:
        """Return the name with its port, as it is typed."""
        return urlsplit(self.address).netloc


@register.simple_tag
def name_of_host(request: HttpRequest) -> Host:
    """Return under which host a page was opened; browsers make keys for names alone."""
    parts = urlsplit("//" + request.get_host())
    host = parts.hostname or ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return Host(host)
    port = f":{parts.port}" if parts.port else ""
    return Host(host, True, f"{request.scheme}://localhost{port}{request.path}" if number.is_loopback else "")

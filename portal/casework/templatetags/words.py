"""Template filters that need the portal's own records: values in words, notices as sentences."""

import datetime
from typing import Any

from django import template
from django.utils.translation import gettext as _

from portal.casework import notices
from portal.casework.models import Notice
from portal.casework.templatetags.portal import full_date

register = template.Library()


@register.filter
def said(value: Any) -> str:
    """Return a stored value in words: a date in full, yes or no, or the text itself."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return full_date(value) if isinstance(value, datetime.date) else str(value)


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

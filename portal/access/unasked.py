"""What was posted and nobody read: no form has such a field, so it changed nothing; that somebody sent it is recorded."""

import re
from collections.abc import MutableMapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from portal.audit import events
from portal.audit.events import Event
from portal.casework import drafts

ALWAYS = {"csrfmiddlewaretoken", "once", drafts.TOKEN}
# The page that joins two versions carries both; only what was chosen is read.
JOINING = re.compile(r"(choice|theirs|mine|together)_\w+|base|joining|resolve")
MOST = 20  # names that one event holds


class Watched(QueryDict):
    """Posted values that know which of their names somebody asked for; copies share that knowledge."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.read.add(str(key))
        return super().__contains__(key)

    def _getlist(self, key: str, default: Any = None, force_list: bool = False) -> Any:
        self.read.add(key)
        return super()._getlist(key, default, force_list)  # type: ignore[misc]

    def __deepcopy__(self, memo: MutableMapping[int, Any]) -> "Watched":
        copy: Any = super().__deepcopy__(memo)
        copy.read = self.read
        return copy


def watch(request: HttpRequest) -> None:
    """Note from now on which posted names are asked for."""
    watched = Watched("", mutable=True, encoding=request.POST.encoding)
    for name, values in request.POST.lists():
        watched.setlist(name, values)
    watched._mutable = False
    watched.read.clear()
    request.POST = watched  # type: ignore[assignment, misc]


def record_unasked(request: HttpRequest, response: HttpResponse) -> None:
    """Record the names of what was sent beside a form that was taken; never what they held."""
    posted: Any = request.POST
    if not isinstance(posted, Watched) or not 300 <= response.status_code < 400:
        return
    names = [name for name in posted if name not in posted.read | ALWAYS]
    if "joining" in posted:
        names = [name for name in names if not JOINING.fullmatch(name)]
    if names:
        known = sorted(re.sub(r"[^\w.-]", "?", name)[:40] for name in names)
        events.record(Event("unasked fields", "E", "refused", "not_in_the_form", details={"names": known[:MOST]}))

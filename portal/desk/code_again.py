"""Where a section waits for the code: a page is led to the one that asks, a form that was sent is carried along."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from portal.access.fresh_codes import FreshCodeForm
from portal.access.identity import acting
from portal.access.opens import READ, rendered
from portal.access.rights import code_is_fresh
from portal.access.sign_in import show_again, whole_page

AGAIN = "again"  # before the names of the code's fields, in a form that carries another one along


def asked_again(request: HttpRequest) -> HttpResponse:
    """Answer where a section waits for the code: lead to the page that asks; a form that was sent is carried along."""
    if request.method in READ:
        if request.headers.get("HX-Request"):
            return whole_page(403)
        return redirect(f"{reverse('desk:code')}?{urlencode({'next': request.path})}")
    with acting(request.user):  # type: ignore[arg-type]
        return carrying(request, FreshCodeForm(request=request, prefix=AGAIN))


def carrying(request: HttpRequest, form: FreshCodeForm) -> HttpResponse:
    """Return the page that asks for the code and holds everything that was sent, documents excepted."""
    context = {
        "form": form,
        "hidden": [(name, value) for name, values in bare(request.POST).lists() for value in values],
        "action": request.get_full_path(),
        "is_carried": True,
        "has_documents": bool(request.FILES),
    }
    return rendered(TemplateResponse(request, "desk/code.html", context, status=403))


def bare(posted: QueryDict) -> QueryDict:
    """Return a form as it was sent first: without the code, and without the token of its page."""
    data = posted.copy()
    for name in [*(name for name in posted if name.startswith(f"{AGAIN}-")), "csrfmiddlewaretoken"]:
        data.pop(name, None)
    return data


def code_carried(request: HttpRequest) -> HttpResponse | None:
    """Take the code out of a form that was carried along, and let the form go on; ask again where it is not the code."""
    person: Any = request.user
    if f"{AGAIN}-once" not in request.POST:
        return None
    with acting(person):
        if not code_is_fresh(person):
            form = FreshCodeForm(request.POST, request=request, prefix=AGAIN)
            if not form.is_valid():
                return carrying(request, form)
        else:
            form = None
    if form is not None:
        show_again(request, person)
    request.POST = bare(request.POST)  # type: ignore[misc, assignment]
    return None

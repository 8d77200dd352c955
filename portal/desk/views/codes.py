"""The page of the code once more: whereabouts, health and therapy open for four hours after a second factor was shown."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.access.fresh_codes import FreshCodeForm
from portal.access.identity import acting
from portal.access.opens import WRITE, rendered
from portal.access.rights import code_is_fresh
from portal.access.sign_in import own_path, show_again


@require_http_methods(list(WRITE))
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code again, and lead back to the page where it was missing. Shown already, it is not asked for again."""
    person: Any = request.user
    back = own_path(request.POST.get("next", "") or request.GET.get("next", "")) or reverse("desk:home")
    with acting(person):
        if request.method == "POST" and code_is_fresh(person):
            return redirect(back)
        form = FreshCodeForm(request.POST or None, request=request)
        is_shown = request.method == "POST" and form.is_valid()
        page = rendered(TemplateResponse(request, "desk/code.html", {"form": form, "hidden": [("next", back)]}))
    if not is_shown:
        return page
    show_again(request, person)
    return redirect(back)

"""The page on which a team confirms what has no end: one press for a file, or for several."""

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.going_on import confirm
from portal.access.opens import WRITE, opens_list
from portal.casework.editing import saved
from portal.casework.forms import OnceForm
from portal.desk.confirmations import rows


class ConfirmForm(OnceForm):
    """The files that are confirmed."""

    files = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Files"),
        coerce=uuid.UUID,
        error_messages={"required": gettext_lazy("Tick at least one file.")},
    )

    def __init__(self, *args: Any, found: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"].choices = [(row["child"].pk, row["child"].code_name) for row in found]  # type: ignore[attr-defined]


@opens_list("confirmations", methods=WRITE)
def confirmations(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show what the person's teams have to confirm, and confirm what is ticked."""
    person: Any = request.user
    found = rows(person)
    ours = [row for row in found if row["may_confirm"]]
    form = ConfirmForm(request.POST or None, found=ours)
    owners = {row["child"].pk: row["child"].owner for row in ours}
    answer = saved(request, form, lambda: confirmed(form, owners, person))
    context = {"rows": found, "form": form, "may_confirm": bool(ours)}
    return answer or TemplateResponse(request, "desk/confirmations.html", context), [row["child"].pk for row in found]


def confirmed(form: ConfirmForm, owners: dict[uuid.UUID, Any], person: Any) -> str:
    """Confirm the files that were ticked and return to what is left."""
    for child_id in form.cleaned_data["files"]:
        confirm(child_id=child_id, owner=owners[child_id], by=person, reason=_("confirmed"))
    return reverse("desk:confirmations")

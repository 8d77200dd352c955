"""The training gate: whoever lacks the training of a role opens nothing but the ways in and out."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from portal.access.factors import WAYS_IN


def without_certificate(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that opens without a certificate: nothing of a file stands on it, or it leads away."""
    view.needs_no_certificate = True  # type: ignore[attr-defined]
    return view


def needs_certificate(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Return whether the page opens only to people who have the training of their roles."""
    is_free = getattr(view, "is_public", False) or getattr(view, "needs_no_certificate", False)
    return not is_free and not request.path.startswith(WAYS_IN)

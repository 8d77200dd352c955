"""Pages that wait for the worker: left open, each asks by itself how far it is, for ten minutes."""

import datetime

from django.http import HttpResponse

from portal.audit import clock
from portal.casework.models import Job

WATCHED = datetime.timedelta(minutes=10)  # a page left open longer stops asking
STOP_ASKING = 286  # what htmx takes for the end of polling


def watched(response: HttpResponse, job: Job, *, is_waiting: bool) -> HttpResponse:
    """Return the answer to a page that asks; once there is more to see, the whole page is asked for."""
    if not is_waiting:
        response["HX-Refresh"] = "true"
    elif clock.now() > job.made + WATCHED:
        response.status_code = STOP_ASKING
    return response

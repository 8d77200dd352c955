"""Tables of files that somebody takes along: asked for with a purpose, allowed by a second person above twenty files."""

import datetime
import uuid
from typing import Any

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from portal.access.asking import answer
from portal.access.identity import Refused, action
from portal.access.models import Extract
from portal.access.rights import prefetch, sections_open
from portal.access.sections import Stage
from portal.access.visibility import listed_ids
from portal.access.work import answer_notices, tell
from portal.accounts.models import Person
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible

ALONE = 20  # files in a day that nobody else has to allow; access.extract_fixed() says the same
MOST = 1000  # files of one table
KEPT = datetime.timedelta(hours=24)


def needs_second(files: list[uuid.UUID]) -> bool:
    """Return whether somebody else has to allow a table of these files, with those that the person took today."""
    return bool(answer("SELECT access.files_taken(%s)", files) > ALONE)


def deciders(asker: Person) -> list[Person]:
    """Return who may allow a table of this person: privacy officers and supervisors of the agency, of another team."""
    ids = answer("SELECT access.extract_deciders(%s)", asker.pk)
    return list(Person.objects.filter(pk__in=ids).order_by("family_name", "given_name", "pk"))


def may_decide(extract: Extract, person: Person) -> bool:
    """Return whether the person may allow this table, and nobody has answered yet."""
    return extract.needs_second and extract.decided is None and person in deciders(extract.person)


@action
def ask(*, stage: Stage | None, purpose: str, by: Person, reason: str = "") -> Extract:
    """Ask for the files on one's list, of one stage or all, as a table; a short one is allowed at once."""
    files = listed_ids(by, stage=stage, most=MOST)
    if not files:
        raise NotPossible(_("No file is on this list."))
    second = needs_second(files)
    others = deciders(by) if second else []
    if second and not others:
        raise NotPossible(
            _("More than twenty files need a second person of another team, and your agency has none who could answer.")
        )
    made = Extract(
        person=by, agency=by.agency, purpose=purpose, stage=stage, files=files, asked=clock.now(), needs_second=second
    )
    made.save(force_insert=True)
    tell(others, "extract_asked", [by.short_name], level=Notice.Level.ACT, subject_id=made.pk)
    return made


@action
def decide(*, extract: Extract, is_allowed: bool, comment: str, by: Person, reason: str = "") -> Extract:
    """Allow a table or do not; whoever asked is told."""
    extract = Extract.objects.select_for_update(of=("self",)).get(pk=extract.pk)
    if extract.decided is not None:
        raise NotPossible(_("Somebody else has answered already."))
    if not may_decide(extract, by):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_allow", entity_id=extract.pk), known=True)
    extract.is_allowed, extract.comment = is_allowed, comment
    extract.decided_by, extract.decided = by, clock.now()
    extract.save()
    answer_notices(by, extract.pk)
    tell([extract.person], "extract_decided", [by.short_name], subject_id=extract.pk)
    return extract


def until(extract: Extract) -> datetime.datetime | None:
    """Return until when the table can be taken: a day from when it was allowed; None where it is not."""
    since: Any = extract.decided if extract.is_allowed else None if extract.needs_second else extract.asked
    return since + KEPT if since else None


def is_ready(extract: Extract, person: Person) -> bool:
    """Return whether this person may take the table now: whoever asked for it, and nobody else."""
    end = until(extract)
    return extract.person_id == person.pk and end is not None and end > clock.now()  # type: ignore[attr-defined]


def files_now(extract: Extract, person: Person) -> list[uuid.UUID]:
    """Return the files of the table of which the person may view any section still, as the list has them."""
    prefetch(person, extract.files)
    return [child_id for child_id in extract.files if sections_open(person, child_id)]


def to_decide(person: Person) -> QuerySet[Extract]:
    """Return the tables that wait for an answer of this person, the oldest first."""
    decides = RawSQL("%s = ANY (access.extract_deciders(access_extract.person_id))", [person.pk], BooleanField())  # noqa: S611 - a constant
    found = Extract.objects.filter(decides, needs_second=True, decided=None)
    return found.select_related("person__agency").order_by("asked", "pk")

"""Reading in case files and hash lists: kept, checked as a whole, then read in as a whole or refused as a whole."""

import os
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_noop as _

from portal.access.identity import Refused, action
from portal.access.jobs import note_progress, schedule
from portal.access.rights import check_roams
from portal.access.sections import Level
from portal.access.work import tell
from portal.accounts.models import Person, Team
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.models import Job
from portal.casework.workflow import NotPossible, move
from victims import import_files, matching
from victims.actions import open_series
from victims.import_steps import IMPORT
from victims.import_summaries import MOST_SHOWN, names_of, summary_of, unsorted_names
from victims.media_counts import MOST_SERIES, Counts, items_of
from victims.media_rows import Batch
from victims.models import Import, Series
from victims.series_list import series_open
from victims.sources import Sentence, Unreadable, said
from victims.vics import Item
from victims.vics_entries import MediaEntry

STEP = 500  # entries between two notes of progress
LONGEST_NAME = 200  # of a file or a series
MOST_OF_A_NAME = 120  # in a notice

BAD = _("Bad entries: %(bad)s of %(all)s. Nothing was read in. Correct them, or read in only the good ones.")
NO_GOOD = _("No entry of this file can be read in.")
EMPTY = _("This file lists no media.")
KNOWN = _("This file was read in before. Nothing was read in a second time.")
BUSY = _("This file is being read in right now. Look again in a few minutes.")
GONE = _("The file is no longer kept. Send it again.")
CHANGED = _("The file changed while it was read. Send it again.")
MANY_SERIES = _("The file names more than %(most)s series. Split it and send the parts.")
NOT_YOUR_TEAM = "not_your_team"

# Entries checked, read or compared so far, how many there are once that is known, and whether they are compared.
Report = Callable[[int, int | None, bool], None]


class Unwanted(Unreadable):
    """The file could be read, and is refused as a whole all the same."""

    def __init__(self, template: str, **values: Any) -> None:
        super().__init__(Sentence(template, **values))


def teams_of(person: Person) -> list[Team]:
    """Return the teams that may own what the person reads in, the oldest membership first."""
    memberships = person.memberships.live().select_related("team__agency").order_by("since", "id")
    return [membership.team for membership in memberships]


@action
def receive(
    *,
    file: Iterable[bytes],
    name: str,
    is_network: bool,
    dry_run: bool,
    team: Team,
    by: Person,
    reason: str = "",
    skip_bad: bool = False,
    again: bool = False,
) -> Import:
    """Keep a file that was sent, and have the worker check it or read it in."""
    import_ = new_import(name, is_network, dry_run, team, by, skip_bad, again)
    try:
        import_.digest, import_.size = import_files.store(import_.pk, file)
        if not dry_run:
            refuse_known(import_)
        import_.job = schedule("import", import_.pk, by=by)
        import_.save(force_insert=True)
    except Unreadable as problem:
        import_files.drop(import_.pk)
        raise NotPossible(said(problem.sentence.stored()), "file") from problem
    except BaseException:
        import_files.drop(import_.pk)
        raise
    return import_


@action
def read_file(
    *,
    path: str | os.PathLike[str],
    name: str,
    is_network: bool,
    dry_run: bool,
    team: Team,
    by: Person,
    reason: str = "",
    skip_bad: bool = False,
    again: bool = False,
    report: Report | None = None,
) -> Import:
    """Check or read in a file where it lies, now."""
    import_ = new_import(name, is_network, dry_run, team, by, skip_bad, again)
    import_.digest, import_.size = import_files.digest_of(import_files.chunks_of(path))
    import_.save(force_insert=True)
    return read_in(import_=import_, file=path, by=by, report=report)


def new_import(
    name: str, is_network: bool, dry_run: bool, team: Team, by: Person, skip_bad: bool, again: bool
) -> Import:
    """Return the record of a file that the person may have read in for the team."""
    check_roams(by)
    demand_team(by, team.pk)
    return Import(
        agency_id=by.agency_id,
        person=by,
        file_name=plain_name(name),
        is_network=is_network,
        dry_run=dry_run,
        made=clock.now(),
        summary={"team": str(team.pk), "skip_bad": skip_bad, "again": again},
    )


def demand_team(person: Person, team_id: uuid.UUID) -> None:
    """Raise where the person does not work in the team, or no more: what is read in belongs to it."""
    if team_id not in {mine.pk for mine in teams_of(person)}:
        raise Refused(Event("refusal", "C", "refused", NOT_YOUR_TEAM, entity="victims.import"), known=False)


def plain_name(name: str) -> str:
    """Return the name of a file without its folders and without marks that turn or hide text."""
    last = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode().replace("\\", "/").rsplit("/", 1)[-1])
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    return shown.strip()[:LONGEST_NAME] or "-"


@action
def read_now(*, import_: Import, by: Person, reason: str = "", skip_bad: bool = False, again: bool = False) -> Import:
    """Have the worker read in a file that was checked; only whoever sent it may."""
    check_roams(by)
    locked = Import.objects.select_for_update(of=("self",)).filter(pk=import_.pk, person=by).first()
    if locked is None:
        refused = Event("refusal", "U", "refused", "not_your_import", entity="victims.import", entity_id=import_.pk)
        raise Refused(refused, known=False)
    if locked.state != Import.State.CHECKED or not import_files.is_kept(locked.pk):
        raise NotPossible(said(Sentence(GONE).stored()))
    locked.dry_run, locked.finished = False, None
    locked.summary = locked.summary | {"skip_bad": skip_bad, "again": again}
    locked.job = schedule("import", locked.pk, by=by)
    move(locked, IMPORT, IMPORT.named("read_in"))
    return locked


def run(job: Job, person: Person) -> None:
    """Check or read in a kept file; it is deleted once nobody needs it any more."""
    import_ = Import.objects.select_for_update(of=("self",)).get(job=job)
    path = import_files.path_of(import_.pk)
    import_ = read_in(import_=import_, file=path, by=person, report=partial(note_progress, job))
    tell([person], f"import_{import_.state}", [import_.file_name[:MOST_OF_A_NAME]], subject_id=import_.pk)
    if import_.state != Import.State.CHECKED:
        transaction.on_commit(partial(import_files.drop, import_.pk))


@action
def read_in(
    *, import_: Import, file: str | os.PathLike[str], by: Person, reason: str = "", report: Report | None = None
) -> Import:
    """Check a whole file, then read all of it in; one that is refused leaves its line in the list and nothing else."""
    check_roams(by)
    demand_team(by, uuid.UUID(import_.summary["team"]))
    counts = Counts()
    more: dict[str, Any] = {}
    try:
        settle(import_)
        check_file(import_, file, counts, report)
        if not import_.dry_run:
            more["series"] = add_media(import_, file, counts, by, report)
            matching.compare(import_, partial(note_compared, report, counts))
        step = "check" if import_.dry_run else "finish"
    except Unreadable as problem:
        step, more = "refuse", {"refusal": problem.sentence.stored()}
    import_.finished = clock.now()
    import_.summary = import_.summary | summary_of(counts, import_.file_name) | more
    move(import_, IMPORT, IMPORT.named(step))
    return import_


def settle(import_: Import) -> None:
    """Wait longer than a page would between two statements, and alone on this file."""
    key = f"import {import_.agency_id} {import_.digest}"  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', '30min', true),"
            " pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
            [key],
        )
        if not cursor.fetchone()[1]:
            raise Unwanted(BUSY)


def refuse_known(import_: Import) -> None:
    """Raise where the agency has read in the same bytes before; unless that is wanted."""
    before = Import.objects.filter(agency=import_.agency_id, digest=import_.digest, state=Import.State.DONE)  # type: ignore[misc]
    known = before.exclude(pk=import_.pk).order_by("-made").first()
    import_.summary |= {"known": str(known.pk), "known_made": known.made.isoformat()} if known else {"known": None}
    if known and not import_.dry_run and not import_.summary["again"]:
        raise Unwanted(KNOWN)


def check_file(import_: Import, file: str | os.PathLike[str], counts: Counts, report: Report | None) -> None:
    """Count the whole file; raise where it is not to be read in."""
    refuse_known(import_)
    for item in kept_items(import_, file):
        counts.add(item)
        note(report, counts, None)
    if not counts.good:
        raise Unwanted(NO_GOOD if counts.bad else EMPTY)
    if counts.series_not_listed:
        raise Unwanted(MANY_SERIES, most=f"{MOST_SERIES:,}")
    if counts.bad and not import_.dry_run and not import_.summary["skip_bad"]:
        raise Unwanted(BAD, bad=counts.bad, all=counts.bad + counts.good)


def kept_items(import_: Import, file: str | os.PathLike[str]) -> Iterator[Item]:
    """Yield what is in the file; one that is gone meanwhile is not tried again."""
    try:
        yield from items_of(file, import_.file_name)
    except FileNotFoundError:
        raise Unwanted(GONE) from None


def note(report: Report | None, counts: Counts, total: int | None) -> None:
    """Say now and then how far the reading is."""
    done = counts.good + counts.bad
    if report and done % STEP == 0:
        report(done, total, False)


def note_compared(report: Report | None, counts: Counts, position: int) -> None:
    """Say how far the comparison is."""
    if report:
        report(position, counts.good + counts.bad, True)


def add_media(
    import_: Import, file: str | os.PathLike[str], checked: Counts, by: Person, report: Report | None
) -> list[dict[str, Any]]:
    """Add all good entries to their series, or none; return what the largest series got."""
    names = names_of(checked, import_.file_name)
    with transaction.atomic():
        found = find_series(import_, names, by)
        counts = add_entries(import_, file, found, checked, report)
        if (counts.good, counts.bad) != (checked.good, checked.bad):
            raise Unwanted(CHANGED)
    shown = [(found[name], count) for name, count in names.most_common(MOST_SHOWN)]
    return [
        {"name": series.name, "id": str(series.pk), "count": count, "new": is_new} for (series, is_new), count in shown
    ]


def add_entries(
    import_: Import,
    file: str | os.PathLike[str],
    found: dict[str, tuple[Series, bool]],
    checked: Counts,
    report: Report | None,
) -> Counts:
    """Write the good entries batch by batch; return what was met this time."""
    unsorted = unsorted_names(checked, import_.file_name)
    counts = Counts(most_problems=0)
    batch = Batch(import_)
    for item in kept_items(import_, file):
        counts.add(item)
        note(report, counts, checked.good + checked.bad)
        if isinstance(item, MediaEntry):
            name = item.series or unsorted.get(counts.place)
            if name not in found:
                raise Unwanted(CHANGED)
            batch.add(item, found[name][0])
    batch.write()
    return counts


def find_series(import_: Import, names: Iterable[str], by: Person) -> dict[str, tuple[Series, bool]]:
    """Return, for each name of the file, the series it goes to and whether that one is new.

    Always in the same order, so that two files with the same names do not wait for each other crosswise.
    """
    team = Team.objects.select_related("agency").get(pk=import_.summary["team"])
    return {name: series_named(name, import_.is_network, team, by) for name in sorted(names)}


def series_named(name: str, is_network: bool, team: Team, by: Person) -> tuple[Series, bool]:
    """Return the team's series of this name and openness, or a new one.

    A restricted file never goes into a network series, nor the other way round.
    """
    known = series_to_change(name, is_network, team, by)
    if known:
        return known, False
    try:
        with transaction.atomic():
            return open_series(name=name, team=team, is_network=is_network, by=by), True
    except IntegrityError:  # opened meanwhile by another import of the team
        known = series_to_change(name, is_network, team, by)
        if known is None:
            raise
        return known, False


def series_to_change(name: str, is_network: bool, team: Team, by: Person) -> Series | None:
    """Return the team's series of this name and openness, if there is one."""
    mine = series_open(by, Level.CHANGE)
    return mine.filter(owner=team, name=name, is_network=is_network).first()

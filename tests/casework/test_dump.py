"""What whoever takes the database, or the disk, holds in hand: a real dump, searched for the words of the sealed sections."""

import base64
import os
import subprocess
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse

from portal.access import tasks
from portal.access.identity import acting
from portal.access.jobs import run
from portal.access.sections import Section
from portal.audit import clock
from portal.casework.models import Document
from portal.embedded.folder import DataFolder
from portal.embedded.postgres import find_wheel
from tests.attacks import attack
from victims import documents
from victims.attachments import attach, write_note
from victims.models import Child, Identity, NameToken, Whereabouts

SEALED = ("identity", "whereabouts", "health", "therapy")
PG_DUMP = find_wheel() / "bin" / "pg_dump"


def shapes(word):
    """Yield the word as it would stand in a dump: as text, in hexadecimal as bytea has it, in base64 wherever it begins."""
    data = word.encode()
    yield from (data, data.upper(), data.title(), data.hex().encode(), data.hex().upper().encode())
    yield from (data.decode().encode("utf-16-le"), data.decode().encode("utf-16-be"))
    for before in range(3):
        coded = base64.b64encode(bytes(before) + data).rstrip(b"=")
        yield coded[4 if before else 0 : -2]


def words_in(data, words):
    return {word for word in words if any(shape in data for shape in shapes(word))}


def canaries(*sections):
    return {f"canary-{section}-" for section in sections}


def server():
    """Return the folder of the servers of this run."""
    return DataFolder(Path(os.environ["SAFE_RETURN_DATA"]))


def dumped(database):
    """Return everything that the database holds, as its administrator takes it away: no policy hides a row from that one."""
    command = [PG_DUMP, "--host", connection.settings_dict["HOST"], "--username", "postgres", "--dbname", database]
    env = os.environ | {"PGPASSWORD": server().secrets()["postgres"]}
    return subprocess.run(command, env=env, capture_output=True, check=True).stdout


def on_disk(*folders):
    """Return what the files of these folders hold, one after the other."""
    return b"\n".join(path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())


def post(clone, name, address, fields):
    answer = clone.browse(getattr(clone.cast, name)).post(reverse(*address[:1], args=address[1:]), fields)
    assert answer.status_code == 302, answer.content.decode()[:3000]


def write_everywhere(clone):
    """Write the canaries where people write: forms, changes, notes, documents, a PDF, searches, and forms that go wrong."""
    cast, mira, today = clone.cast, clone.files["Mira"], clock.now().date().isoformat()
    with acting(cast.social_worker):
        child = Child.objects.get(pk=mira)
        name, place = Identity.objects.get(child_id=mira), Whereabouts.objects.get(child_id=mira)
    fields = {"given_names": "canary-identity-given", "family_name": "canary-identity-family", "version": name.version}
    fields |= {"other_names": "canary-identity-other", "nationalities": "canary-identity-nation", "reason": "learned"}
    fields |= {"birth_earliest": "2015-01-01", "birth_latest": "2015-12-31"}
    post(clone, "social_worker", ("victims:edit", mira, "identity", name.pk), fields)
    fields = {"care_type": "residential", "place": "canary-whereabouts-next", "phone": "canary-whereabouts-phone"}
    edit = ("victims:edit", mira, "whereabouts", place.pk)
    post(clone, "social_worker", edit, fields | {"version": place.version, "reason": "moved", "once": "dump"})
    stale = fields | {"place": "canary-whereabouts-late", "version": place.version, "reason": "moved"}
    assert clone.browse(cast.social_worker).post(reverse(edit[0], args=edit[1:]), stale).status_code == 409
    for slug in ("health", "therapy"):
        entry = {"on": today, "kind": "check", "attended": "on", "text": f"canary-{slug}-form"}
        post(clone, "clinician", ("victims:add", mira, slug), entry)
        write_note(child=child, section=Section[slug.upper()], body=f"canary-{slug}-note", by=cast.clinician)
        title, paper = f"canary-{slug}-title", f"canary-{slug}-paper".encode()
        attach(child=child, section=Section[slug.upper()], title=title, data=paper, by=cast.clinician)
    for text in ("canary-identity-given", "canary-health-form", "canary-whereabouts-next"):
        clone.browse(cast.social_worker).post(reverse("desk:search"), {"q": text})
    for name in ("social_worker", "clinician"):
        order = documents.order(child_id=mira, kind="file", language="en", by=getattr(cast, name))
        assert run(order.job_id)
    documents.order(child_id=mira, kind="file", language="ar", by=cast.clinician)
    tasks.relay()


@pytest.fixture
def written(clone):
    write_everywhere(clone)
    with acting(clone.cast.social_worker):
        assert NameToken.objects.filter(child_id=clone.files["Mira"]).count() > 5
        assert Document.objects.exclude(finished=None).exists()
    return clone


@attack("D51")
def test_no_word_of_the_sealed_sections_leaves_with_the_database_or_the_disk(written, settings):
    dump = dumped(written.name)
    assert words_in(dump, canaries(*SEALED)) == set()
    # The search can fail: what is not sealed is found by it, and so is every row of the file.
    open_words = canaries("summary", "care", "legal", "investigation", "suspects")
    assert words_in(dump, open_words) == open_words
    for table in ("victims_historicalidentity", "victims_nametoken", "casework_document", "audit_event_"):
        rows = dump.partition(f"COPY public.{table}".encode())[2].partition(b"\\.")[0]
        assert rows.count(b"\n") > 2, table
    # The broker's own file holds the number of a job, and nothing of what it is about.
    folder = server()
    broker, job = on_disk(folder.valkey), written.value("SELECT id FROM casework_job ORDER BY id DESC LIMIT 1")
    assert words_in(broker, {str(job)})
    for data in (broker, on_disk(folder.logs), on_disk(settings.MEDIA_ROOT)):
        assert words_in(data, canaries(*SEALED)) == set()


@pytest.mark.parametrize("section", SEALED)
def test_a_word_is_found_in_every_shape(section):
    word = f"canary-{section}-Mira"
    for data in (
        word.encode(),
        word.upper().encode(),
        b"\\x" + b"0a".join((b"", word.encode().hex().encode())),
        base64.b64encode(b"a" + word.encode()),
        base64.b64encode(b"ab" + word.encode()),
        base64.b64encode(word.encode()),
    ):
        assert words_in(b"before" + data + b"after", canaries(section)), data
    assert not words_in(b"canary-care-Mira", canaries(section))

"""What is sent: refused by its length before a byte is read, kept from the disk, and never waited for without end."""

import os
import socket
import stat
import time

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.statements import last_event, value
from victims import import_files
from victims.import_files import ArrivingFile
from victims.tasks import drop_old_import_files

LOGIN = "/accounts/login/"
FORM = "multipart/form-data; boundary=B"


class Untouched:
    """A body that must not be read."""

    def read(self, *_size):
        raise AssertionError("the body was read")

    readline = read


class Stalled:
    """A body that does not go on, as the web server's own tells it."""

    def read(self, *_size):
        raise TimeoutError

    readline = read


def send(client, path, length, body=None, **more):
    more = {"wsgi.input": body or Untouched(), **more}
    return client.generic("POST", path, CONTENT_TYPE=FORM, CONTENT_LENGTH=str(length), **more)


@pytest.fixture
def upload():
    return reverse("victims:upload")


@pytest.fixture
def attach(files):
    return reverse("victims:attach", args=[files["Mira"], "care"])


@pytest.mark.parametrize("length", [settings.USUAL_BODY + 1, 300_000_000, 10**15])
def test_too_large_a_body_is_refused_unread_from_everybody(cast, browse, attach, length):
    for client in (Client(), browse(cast.social_worker)):
        for path in (LOGIN, attach, "/", "/nowhere/"):
            assert send(client, path, length).status_code == 413


def test_large_body_is_refused_before_the_database_is_asked(db, django_assert_num_queries):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    with django_assert_num_queries(0):
        assert send(client, LOGIN, settings.USUAL_BODY + 1).status_code == 413


def test_refusal_says_what_to_do_in_the_readers_language(db):
    answer = send(Client(), LOGIN, settings.USUAL_BODY + 1)
    assert "split it, or save it smaller" in answer.content.decode()
    arabic = send(Client(), LOGIN, settings.USUAL_BODY + 1, HTTP_ACCEPT_LANGUAGE="ar")
    assert 'dir="rtl"' in arabic.content.decode()
    assert (answer["Cache-Control"], "Content-Security-Policy" in answer) == ("no-store, private", True)


def test_body_of_unknown_length_is_refused_unread(db, cast, browse, upload):
    for client, path in ((Client(), LOGIN), (browse(cast.analyst), upload)):
        answer = send(client, path, "", HTTP_TRANSFER_ENCODING="chunked")
        assert answer.status_code == 411


def test_who_has_not_signed_in_sends_little(db):
    assert send(Client(), LOGIN, settings.SMALL_BODY + 1).status_code == 413
    answer = Client().post(LOGIN, {"login": "a" * (settings.SMALL_BODY // 2), "password": "b"})
    assert answer.status_code == 200


def test_document_of_somebody_signed_out_leads_to_the_sign_in_unread(files, attach):
    answer = send(Client(), attach, 2_000_000)
    assert (answer.status_code, answer.url) == (302, LOGIN)


def test_password_alone_allows_no_large_body(cast, browse):
    client = browse(cast.social_worker)
    session = client.session
    del session["account_authentication_methods"]
    session.save()
    assert send(client, LOGIN, settings.SMALL_BODY + 1).status_code == 413


def test_upload_of_a_large_file_is_for_certified_analysts_and_investigators(cast, browse, upload):
    large = settings.USUAL_BODY + 1
    assert send(Client(), upload, large).status_code == 302
    assert send(browse(cast.social_worker), upload, large).status_code == 404
    assert last_event(kind="refusal")["reason_code"] == "not_a_certified_analyst"
    with pytest.raises(AssertionError, match="the body was read"):
        send(browse(cast.analyst), upload, large)


def test_upload_has_its_limit_too(cast, browse, upload):
    assert send(browse(cast.analyst), upload, settings.UPLOAD_LIMIT + settings.USUAL_BODY + 1).status_code == 413


def test_small_body_that_stalls_holds_no_place_at_the_database(db, django_assert_num_queries):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    with django_assert_num_queries(0):
        assert send(client, LOGIN, 100, Stalled()).status_code == 400


def test_large_body_gives_its_place_at_the_database_back(clone, upload):
    class Watching(Untouched):
        def read(self, *_size):
            raise AssertionError(f"connected: {connection.connection is not None}")

    client = clone.browse(clone.cast.analyst)
    client.handler.enforce_csrf_checks = True  # whose token is the first to read the body
    client.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
    with pytest.raises(AssertionError, match="connected: False"):
        send(client, upload, settings.USUAL_BODY + 1, Watching())


def test_nobody_is_waited_for_without_end(db):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(Client(), LOGIN, 100, Stalled(), **{"gunicorn.socket": ours})
        assert ours.gettimeout() == settings.SMALL_PATIENCE


def test_document_stays_in_memory(cast, browse, attach, monkeypatch):
    monkeypatch.setattr(ArrivingFile, "__init__", lambda *_args, **_more: pytest.fail("it went to the disk"))
    document = SimpleUploadedFile("letter.txt", b"a word " * 1_000_000)
    answer = browse(cast.social_worker).post(attach, {"title": "Letter", "file": document})
    assert answer.status_code == 302
    assert value("SELECT size FROM casework_attachment") == 7_000_000


def test_hash_set_arrives_in_a_folder_of_the_portal_alone(cast, browse, upload, monkeypatch):
    seen = []
    close = ArrivingFile.close
    monkeypatch.setattr(ArrivingFile, "close", lambda file: seen.append(file.temporary_file_path()) or close(file))
    kept = []
    monkeypatch.setattr(import_files, "store", lambda _id, chunks: kept.extend(modes_of(chunks)) or ("0" * 64, 1))
    large = SimpleUploadedFile("list.csv", b"algorithm,value\n" + b"x" * settings.USUAL_BODY)
    browse(cast.analyst).post(upload, {"file": large, "openness": "network"})
    assert kept == [0o600, 0o700]
    assert [os.path.dirname(path) for path in seen] == [str(import_files.folder())]
    assert not os.path.exists(seen[0])


def modes_of(_chunks):
    arriving = next(import_files.folder().glob("*.arriving"))
    return [stat.S_IMODE(path.stat().st_mode) for path in (arriving, arriving.parent)]


def test_what_a_broken_upload_left_is_deleted_after_an_hour(db):
    left, arriving = (import_files.folder() / name for name in ("tmpabcdefgh.arriving", "tmpijklmnop.arriving"))
    for path in (left, arriving):
        path.write_bytes(b"names of children")
    os.utime(left, (time.time(), time.time() - 2 * 3600))
    drop_old_import_files()
    assert (left.exists(), arriving.exists()) == (False, True)
    arriving.unlink()

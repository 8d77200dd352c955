"""Notices: what is answered says so, and what was read long ago is folded away."""

from django.urls import reverse

from portal.access.actions import accept, end
from portal.access.identity import acting
from portal.access.sections import Section
from portal.access.work import note_seen, tell
from portal.casework.models import Notice
from tests.world import DAY, share
from victims.models import Child


def offered(cast, files):
    with acting(cast.social_worker):
        child = Child.objects.select_related("owner").get(pk=files["Mira"])
    return child, share(cast, child, "social_worker", "stranger", Section.SUMMARY, accepted=False)


def notices_page(client):
    return client.get(reverse("desk:notices"))


def test_an_offer_leads_to_my_work_until_it_is_answered(cast, files, browse):
    _child, grant = offered(cast, files)
    client = browse(cast.stranger)
    assert "Go to My work" in notices_page(client).content.decode()
    accept(grant=grant, by=cast.stranger)
    text = notices_page(client).content.decode()
    assert ("Go to My work" in text, "Answered or ended." in text) == (False, True)


def test_an_offer_that_was_ended_says_so_on_my_work_too(cast, files, browse):
    child, grant = offered(cast, files)
    end(grant=grant, owner=child.owner, by=cast.social_worker, reason="x")
    assert "Answered or ended." in browse(cast.stranger).get("/").content.decode()


def test_nobody_misses_that_access_ended_however_much_was_told_since(cast, files, browse, monkeypatch):
    child, grant = offered(cast, files)
    accept(grant=grant, by=cast.stranger)
    end(grant=grant, owner=child.owner, by=cast.social_worker, reason="x")
    with acting(cast.social_worker, reason="x"):
        for number in range(7):
            tell([cast.stranger], "access_renewed", ["A. Ferreira", f"Name{number}"])
    client, ended = browse(cast.stranger), "ended your team’s access to “Mira”"
    text = client.get("/").content.decode()
    assert ended in text
    assert "8 not read" in " ".join(text.split())
    monkeypatch.setattr("portal.desk.views.home.MOST", 1)
    assert ended in notices_page(client).content.decode()  # what is urgent and unread stands first on the page of all


def test_what_was_read_long_ago_is_folded_away(cast, files, browse, monkeypatch):
    with acting(cast.social_worker, reason="x"):
        tell([cast.stranger], "access_ended", ["A. Ferreira", "Mira"])
    with acting(cast.stranger):
        notice = Notice.objects.get(person=cast.stranger)
    assert notices_page(browse(cast.stranger)).context["older"] == []
    note_seen(notice=notice, by=cast.stranger, reason="")
    assert notices_page(browse(cast.stranger)).context["older"] == []
    monkeypatch.setattr("portal.desk.views.home.OLDER", -DAY)
    page = notices_page(browse(cast.stranger))
    assert (page.context["notices"], page.context["older"]) == ([], [notice])
    assert "1 older notice, read" in " ".join(page.content.decode().split())

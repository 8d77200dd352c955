"""Vocabularies: words that administrators keep; codes stay, retired words are offered no more."""

import pytest
from django.urls import reverse
from django.utils import translation

from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from portal.casework.forms import LookupField
from portal.casework.models import Lookup
from portal.casework.vocabularies import WORDS, add_missing
from tests.statements import rows, value


@pytest.fixture
def retired(db, owner):
    with owner(), stamping(Stamp(None, "test")):
        word = Lookup.objects.get(vocabulary="custody", code="bail")
        word.is_active = False
        word.save()
    return word


@pytest.fixture
def keeper(cast, owner):
    """The supervisor of this test keeps the vocabularies too."""
    with owner(), stamping(Stamp(None, "test")):
        person = cast.supervisor
        person.roles = [*person.roles, Role.AGENCY_ADMIN]
        person.save()
    return person


def test_every_word_of_the_code_is_in_the_database_in_both_languages(db):
    found = set(rows("SELECT vocabulary, code FROM casework_lookup WHERE label <> '' AND label_ar <> ''"))
    assert {(name, code) for name, words in WORDS.items() for code, _english, _arabic in words} <= found


def test_adding_missing_words_again_changes_nothing(db, owner):
    before = value("SELECT count(*) FROM casework_historicallookup")
    with owner(), stamping(Stamp(None, "test")):
        add_missing()
    assert value("SELECT count(*) FROM casework_historicallookup") == before


def test_a_retired_word_is_offered_no_more_and_still_said(retired):
    assert "bail" not in dict(LookupField("custody").choices)
    assert str(Lookup.objects.get(pk=retired.pk)) == "on bail"


def test_words_are_said_in_the_readers_language(db):
    with translation.override("ar"):
        assert dict(LookupField("custody").choices)["wanted"] == "مطلوب"


def test_vocabularies_are_nothing_to_whoever_does_not_keep_them(cast, browse, retired):
    client = browse(cast.social_worker)
    pages = [reverse("desk:words"), reverse("desk:add_word", args=["custody"]), reverse("desk:word", args=[retired.pk])]
    for page in pages:
        assert client.get(page).status_code == 404
        assert client.post(page, {"label": "x"}).status_code in (404, 405)
    assert value("SELECT count(*) FROM casework_lookup WHERE label = 'x'") == 0


def test_a_keeper_adds_a_word_and_it_is_offered(keeper, browse):
    page = reverse("desk:add_word", args=["custody"])
    values = {"label": "under house arrest", "label_ar": "", "position": 100, "is_active": "on"}
    answer = browse(keeper).post(page, values)
    assert answer.status_code == 302, answer.context["form"].errors
    assert "under house arrest" in dict(LookupField("custody").choices).values()


def test_changing_a_label_never_changes_the_code(keeper, browse, retired):
    values = {"label": "released on bail", "label_ar": "", "position": 30, "is_active": "on", "reason": "clearer"}
    answer = browse(keeper).post(reverse("desk:word", args=[retired.pk]), values | {"version": retired.version})
    assert answer.status_code == 302, answer.context
    assert rows("SELECT code, label FROM casework_lookup WHERE id = %s", retired.pk) == [("bail", "released on bail")]

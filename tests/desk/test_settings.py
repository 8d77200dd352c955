"""One's own settings."""

from django.urls import reverse

from portal.accounts.models import Person
from tests.statements import value


def test_language_zone_and_single_keys_are_ones_own_choice(cast, browse):
    client, page = browse(cast.ngo_worker), reverse("desk:settings")
    done = client.post(page, {"language": "ar", "time_zone": "Asia/Amman", "once": "k"}, follow=True)
    assert done.status_code == 200
    assert 'lang="ar"' in done.content.decode()
    person = Person.objects.get(pk=cast.ngo_worker.pk)
    assert (person.language, person.time_zone, person.shortcuts) == ("ar", "Asia/Amman", False)
    assert value("SELECT count(*) FROM accounts_historicalperson WHERE id = %s", person.pk) == 2


def test_the_zones_of_the_own_country_stand_first_and_all_others_after(cast, browse):
    groups = browse(cast.ngo_worker).get(reverse("desk:settings")).context["form"].fields["time_zone"].choices
    (country, near), (_elsewhere, rest) = groups
    assert country == "Portugal"
    assert {"Europe/Lisbon", "Atlantic/Azores"} <= {zone for zone, _label in near}
    assert "Asia/Amman" in {zone for zone, _label in rest}
    assert {*near}.isdisjoint(rest)


def test_an_unknown_zone_is_refused(cast, browse):
    page = browse(cast.ngo_worker).post(reverse("desk:settings"), {"language": "en", "time_zone": "Nowhere"})
    assert "time_zone" in page.context["form"].errors

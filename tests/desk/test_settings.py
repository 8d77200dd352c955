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


def test_an_unknown_zone_is_refused(cast, browse):
    page = browse(cast.ngo_worker).post(reverse("desk:settings"), {"language": "en", "time_zone": "Nowhere"})
    assert "time_zone" in page.context["form"].errors

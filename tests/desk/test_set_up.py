"""The set-up: what stands on the list, what each page saves, and that nobody but an operator comes near it."""

import pytest
from django.core import mail
from django.urls import reverse

from portal.access import operating
from portal.access.identity import Refused, acting
from portal.accounts import actions as accounts
from portal.accounts import network as kept
from portal.accounts.models import NETWORK_ID, Network
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from portal.desk import set_up
from tests.accounts.conftest import ask_for_reset
from tests.attacks import attack
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.posted import form_with
from tests.statements import assert_refused, count_events, last_event, run, value


@pytest.fixture(autouse=True)
def read_anew(db):
    """What a test saves is gone after it: so is what the process keeps of it."""
    kept.forget()
    yield
    kept.forget()


@pytest.fixture
def operator(cast):
    register_overseers(cast)
    return cast.operator


@pytest.fixture
def desk(operator, browse):
    return browse(operator)


def post(client, which, field, /, **answers):
    page = reverse(f"desk:{which}")
    return client.post(page, form_with(client.get(page), field) | answers)


def test_the_list_says_what_is_to_do_and_leads_to_it(desk):
    text = desk.get(reverse("desk:set_up")).content.decode()
    assert text.count("to do</strong>") == 6  # agencies are there; operators, administrators, mail and the rest are not
    assert reverse("desk:set_mail") in text
    assert "There is no file yet" not in text


def test_a_second_operator_is_asked_for_and_comes_by_an_administrator_of_the_own_office(desk, operator):
    page = f"{reverse('desk:invite')}?agency={operator.agency_id}"
    assert page in desk.get(reverse("desk:set_up")).content.decode()
    for name, role in (("keeper", Role.AGENCY_ADMIN), ("second", Role.OPERATOR)):
        with acting(operator):
            line = set_up.operators_line(operator)
        assert not line.is_done
        with as_owner(), stamping(Stamp(None, "set-up")):
            accounts.register_person(
                email=f"{name}@example.org", given_name="Eva", family_name="Maes", agency=operator.agency, roles=[role]
            )
    assert line.url == reverse("desk:agency", args=[operator.agency_id])
    with acting(operator):
        _agency, administrators, operators = set_up.people_lines(operator)
    assert operators.is_done
    assert administrators.said.startswith("0 ")  # the office's own administrator keeps no other agency


def test_a_name_that_is_saved_stands_on_every_page_and_in_mail(desk, client, cast, settings):
    done = post(desk, "set_network", "name", name="Blue Harbour", languages=["en"])
    assert done.status_code == 302, done.context["form"].errors
    text = client.get(reverse("account_login")).content.decode()
    assert "Blue Harbour" in text
    assert "العربية" not in text  # a language that is not offered
    assert Network.objects.get().history.count() == 1
    ask_for_reset(client, cast.social_worker.email)
    assert mail.outbox[0].subject.startswith("[Blue Harbour] ")


def test_without_a_language_nothing_is_saved_and_nothing_typed_is_lost(desk):
    answer = post(desk, "set_network", "name", name="Blue Harbour", languages=[])
    assert "Choose one language at least." in answer.content.decode()
    assert 'value="Blue Harbour"' in answer.content.decode()
    assert not Network.objects.exists()


def test_a_test_mail_goes_to_oneself_and_the_line_is_done(desk, operator):
    answer = desk.post(reverse("desk:try_mail"), follow=True)
    assert mail.outbox[0].to == [operator.email]
    assert f"Sent to {operator.email}" in answer.content.decode()
    assert Network.objects.get().mail_tested_by_id == operator.pk


def test_where_mail_stays_in_files_the_page_says_so(desk, operator, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", tmp_path
    answer = desk.post(reverse("desk:try_mail"), follow=True).content.decode()
    assert f"a mail to {operator.email}, in the folder" in answer
    assert "Here no mail leaves this machine" in answer
    assert len(list(tmp_path.iterdir())) == 1


def test_a_mail_server_that_does_not_answer_is_named(desk, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    text = desk.post(reverse("desk:try_mail"), follow=True).content.decode()
    assert "The mail server 127.0.0.1 does not answer." in text
    assert last_event(kind="mail test")["outcome"] == "failed"
    assert not Network.objects.exists()


def test_another_address_has_not_been_tested(desk, operator):
    operating.try_mail(by=operator, reason="set-up")
    assert post(desk, "set_mail", "mail_from", mail_from="portal@blue.example").status_code == 302
    assert (Network.objects.get().mail_from, Network.objects.get().mail_tested) == ("portal@blue.example", None)


def test_the_page_of_the_keys_names_them_and_shows_none(desk, settings):
    text = desk.get(reverse("desk:keys")).content.decode()
    name = next(iter(settings.KEY_RING))
    assert name in text
    assert not any(key.hex() in text for key in settings.KEY_RING.values())
    assert post(desk, "keys", "once").status_code == 200
    assert post(desk, "keys", "once", is_apart="on").status_code == 302
    assert Network.objects.get().key_copied == name


def test_a_new_key_asks_for_a_new_copy(desk, operator, settings):
    operating.confirm_key_copy(by=operator, reason="set-up")
    assert "Back it up" not in desk.get(reverse("desk:set_up")).content.decode()
    settings.KEY_RING = {"2099": b"0" * 32} | settings.KEY_RING
    assert "Back it up" in desk.get(reverse("desk:set_up")).content.decode()


def test_two_operators_who_save_one_page_meet_the_page_that_joins_both(desk, operator):
    post(desk, "set_backup", "backup_place", backup_place="first")
    page = form_with(desk.get(reverse("desk:set_backup")), "backup_place")
    operating.set_network(values={"backup_place": "second"}, by=operator, reason="set-up")
    answer = desk.post(reverse("desk:set_backup"), page | {"backup_place": "third"})
    assert answer.status_code == 409
    assert Network.objects.get().backup_place == "second"


@pytest.mark.parametrize("name", ["set_up", "set_network", "set_mail", "keys", "set_backup", "agencies", "new_agency"])
@pytest.mark.parametrize("who", ["social_worker", "supervisor", "auditor", "registrar"])
def test_nobody_else_comes_near_it(cast, operator, browse, name, who):
    before = count_events(kind="refusal", reason_code="not_the_operator")
    assert browse(getattr(cast, who)).get(reverse(f"desk:{name}")).status_code == 404
    assert count_events(kind="refusal", reason_code="not_the_operator") == before + 1


def test_nobody_else_writes_it(cast):
    for act in (operating.set_network, operating.register_agency):
        with pytest.raises(Refused):
            act(values={}, by=cast.supervisor, reason="mine")
    with pytest.raises(Refused):
        operating.confirm_key_copy(by=cast.supervisor, reason="mine")
    assert not Network.objects.exists()


INSERT = """INSERT INTO accounts_network (id, version, name, time_zone, languages, mail_from, backup_place, key_copied,
  key_copied_on, key_copied_by_id) VALUES (%s, 1, 'x', 'UTC', '{en}', 'x@x.example', '', %s, %s, %s)"""


@attack("D18")
def test_a_query_of_somebody_else_writes_no_settings(cast, operator):
    with acting(cast.supervisor):
        assert_refused(INSERT, NETWORK_ID, "", None, None, match="row-level security")
    operating.set_network(values={"name": "Ours"}, by=operator, reason="set-up")
    with acting(cast.supervisor):
        assert run("UPDATE accounts_network SET name = 'theirs'") == 0


def test_a_query_of_the_operator_says_nothing_in_the_name_of_another(cast, operator):
    with acting(operator):
        told = (NETWORK_ID, "k", "2020-01-01", operator.pk), (NETWORK_ID, "k", None, cast.supervisor.pk)
        for values in told:
            assert_refused(INSERT, *values, match="own name and now|violates check")


def test_there_is_one_network(operator, owner):
    operating.set_network(values={"name": "Ours"}, by=operator, reason="set-up")
    with owner():
        assert_refused(INSERT, "00000000-0000-0000-0000-000000000002", "", None, None, match="one_network")
    assert value("SELECT count(*) FROM accounts_network") == 1


def test_the_database_is_asked_for_the_name_once_in_a_while(client, django_assert_num_queries, settings):
    settings.NETWORK_SECONDS = 5
    kept.network()
    with django_assert_num_queries(0):
        assert kept.network_name() == "Safe Return"
        assert len(kept.languages()) == 2


def test_a_database_that_does_not_answer_leaves_the_last_name(monkeypatch, operator):
    operating.set_network(values={"name": "Ours"}, by=operator, reason="set-up")
    assert kept.network_name() == "Ours"
    monkeypatch.setattr(kept, "read", lambda: None)
    monkeypatch.setattr("django.conf.settings.NETWORK_SECONDS", -1)
    assert kept.network_name() == "Ours"

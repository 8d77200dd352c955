"""Reading a directory in: HSDS 3.0 as JSON and CSV, 1.1 as CSV; bad lines named, nothing half read."""

import json

import pytest
from django.core.management import CommandError, call_command

from portal.accounts.roles import Role
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from referrals import hsds
from tests.statements import rows, run, value

HEAD_30 = "id,organization_id,name,email,url,status,minimum_age,maximum_age"
HEAD_11 = "id,organization_id,program_id,name,alternate_name,description,url,email,status"
JSON = {
    "contents": [
        {
            "id": "s1",
            "name": "Evening talks",
            "status": "active",
            "email": "desk@example.org",
            "minimum_age": 12,
            "maximum_age": 100,
            "organization": {"id": "o1", "name": "Invented Help"},
            "languages": [{"code": "ar"}, {"name": "Ukrainian"}],
            "phones": [{"number": "+000 1"}],
            "attributes": [{"taxonomy_term": {"name": "Counseling"}}],
            "service_at_locations": [{"location": {"addresses": [{"city": "Lisbon", "address_1": "canary-street 7"}]}}],
        }
    ]
}


@pytest.fixture
def keeper(cast, owner):
    """An administrator, who keeps what was read in from elsewhere."""
    with owner(), stamping(Stamp(None, "test")):
        cast.supervisor.roles = [Role.AGENCY_ADMIN]
        cast.supervisor.save()
    return cast.supervisor


@pytest.fixture
def folder(tmp_path):
    """Write files into a folder called city: folder("services.csv", "a,b", "1,2")."""
    place = tmp_path / "city"
    place.mkdir()

    def write(name, *lines):
        (place / name).write_text("\n".join(lines), "utf-8")
        return place

    return write


def taken(place, keeper, **more):
    call_command("import_services", str(place), by=keeper.email, **more)
    columns = "name, organisation, kind, region, languages, youngest, oldest, reach, is_active, source, team_id"
    return rows(f"SELECT {columns} FROM referrals_service ORDER BY source")


def test_json_of_3_0_comes_in_without_the_street(keeper, folder):
    (row,) = taken(folder("services.json", json.dumps(JSON)), keeper)
    assert row == (
        "Evening talks", "Invented Help", "mental_health", "Lisbon", ["ar", "uk"], 12, None,
        "+000 1, desk@example.org", True, "city:s1", None,
    )  # fmt: skip


def test_csv_of_3_0_comes_in(keeper, folder, capsys):
    folder("organizations.csv", "id,name", "o1,Invented Help")
    folder("languages.csv", "id,service_id,name,code", "1,s1,Arabic,ar", "2,s1,Birdsong,")
    folder("service_areas.csv", "id,service_id,name", "1,s1,Northern coast")
    place = folder("services.csv", HEAD_30, "s1,o1,Legal help,,,inactive,0,17")
    (row,) = taken(place, keeper)
    assert row[:9] == ("Legal help", "Invented Help", "legal", "Northern coast", ["ar"], 0, 17, "", False)
    assert "Left out, as no language is called so: Birdsong." in capsys.readouterr().out


def test_csv_of_1_1_comes_in(keeper, folder):
    folder("organizations.csv", "id,name", "7,Invented Help")
    folder("services_at_location.csv", "id,service_id,location_id", "1,3,9")
    folder("physical_addresses.csv", "id,location_id,address_1,city", "1,9,canary-street,Porto")
    folder("phones.csv", "id,location_id,service_id,number", "1,9,3,000 22")
    folder("languages.csv", "id,service_id,language", "1,3,Portuguese")
    folder("taxonomy.csv", "id,name", "T1,Legal Services")
    folder("services_taxonomy.csv", "id,service_id,taxonomy_id", "1,3,T1")
    (row,) = taken(folder("services.csv", HEAD_11, "3,7,,Open hours,,,,,"), keeper)
    assert row[:8] == ("Open hours", "Invented Help", "legal", "Porto", ["pt"], None, None, "000 22")


def test_reading_it_again_changes_what_changed_and_adds_nothing(keeper, folder, capsys):
    folder("organizations.csv", "id,name", "o1,Invented Help")
    taken(folder("services.csv", HEAD_30, "s1,o1,Legal help,,,,,", "s2,o1,Food,,,,,"), keeper)
    changed = taken(folder("services.csv", HEAD_30, "s1,o1,Legal advice,,,,,", "s2,o1,Food,,,,,"), keeper)
    assert [row[0] for row in changed] == ["Legal advice", "Food"]
    assert "0 new, 1 changed, 1 as before" in capsys.readouterr().out


BAD = {
    "s1,o9,Help,,,,,": "services.csv line 2: organization_id o9 names no organization. Add it, or mend the id.",
    "s1,o1,,,,,,": "services.csv line 2: name is empty. Write what the service is called.",
    "s1,o1,Help,,,,twelve,": "services.csv line 2: minimum_age 'twelve' is no age. Write it in whole years, such as 12.",
    "s1,o1,Help,,,,17,6": "services.csv line 2: minimum_age 17 is above maximum_age 6. Swap or mend them.",
    ",o1,Help,,,,,": "services.csv line 2: id is empty.",
    "good,o1,Help,,,,,": "services.csv line 3: id good stands at services.csv line 2 already.",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_named_with_its_remedy_and_nothing_is_read_in(keeper, folder, capsys, line):
    folder("organizations.csv", "id,name", "o1,Invented Help")
    place = folder("services.csv", HEAD_30, line, "good,o1,Good,,,,,")
    with pytest.raises(CommandError, match="Nothing was read in"):
        taken(place, keeper)
    assert BAD[line] in capsys.readouterr().out
    assert value("SELECT count(*) FROM referrals_service") == 0
    assert [row[0] for row in taken(place, keeper, skip_bad=True)] == ["Help" if line[0] == "g" else "Good"]


def test_a_dry_run_reads_nothing_in(keeper, folder):
    assert taken(folder("services.json", json.dumps(JSON)), keeper, dry_run=True) == []


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("readme.txt", "x", "holds no services"),
        ("services.json", "{", "is no JSON in UTF-8"),
        ("services.csv", 'id,name\n"x', "is no CSV in UTF-8"),
    ],
)
def test_what_is_no_directory_says_what_to_do(folder, name, text, sentence):
    with pytest.raises(hsds.Unreadable, match=sentence):
        hsds.read(folder(name, text))


def test_who_keeps_no_words_reads_nothing_in(cast, folder):
    with pytest.raises(CommandError, match="agency administrators and operators may"):
        taken(folder("services.json", json.dumps(JSON)), cast.social_worker)
    assert value("SELECT count(*) FROM referrals_service") == 0


def test_nothing_is_half_read_in_when_an_event_cannot_be_written(keeper, folder, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        taken(folder("services.json", json.dumps(JSON)), keeper)
    assert value("SELECT count(*) FROM referrals_service") == 0

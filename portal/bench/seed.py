"""The invented world of the bench, loaded by COPY: people once, files with their rows and histories by size."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString, cast

import psycopg
from psycopg import sql

from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.casework.code_names import WORDS

# A network of 400 agencies: 5,000 people in one or two of 800 teams, each file held by four teams and two named
# people, and four people who see 10, 300, 20,000 and all files.
FUNCTIONS = (Path(__file__).parent / "sql" / "functions.sql").read_text()
AGENCIES = 400
TEAMS = 800
PEOPLE = 5000
STORIES = 200  # files with a full history of 55 changes
HASHES = 16  # media hashes for each file, drawn at random
CROWD = 100  # one hash of so many has its first piece in common with all the others of these
NATIONAL, WIDE, NARROW, QUIET = (TEAMS + n for n in range(1, 5))  # teams of those who see all, 20,000, 300 and 10 files
HOME = 5  # the team of the ordinary worker, which owns the files with a full history

# Numbers of people; the first ordinary person of a team has the team's number.
SPECIAL = {"x10": 5001, "x300": 5002, "x20k": 5003, "xall": 5004}
CAST = {"worker": HOME, "analyst": 2, "shelter": 13, **SPECIAL}

NEUTRAL = {
    "text": "''", "character varying": "''", "character": "''", "integer": "0", "smallint": "0", "bigint": "0",
    "boolean": "false", "date": "current_date", "timestamp with time zone": "now()", "uuid": "uuidv7()",
    "bytea": "''::bytea", "jsonb": "'{}'::jsonb", "ARRAY": "'{}'", "xid8": "pg_current_xact_id()",
}  # fmt: skip
COLUMNS = """
SELECT c.column_name, c.data_type, format_type(a.atttypid, a.atttypmod),
       c.is_nullable = 'NO' AND c.column_default IS NULL AND c.is_identity = 'NO' AND c.is_generated = 'NEVER'
  FROM information_schema.columns c
  JOIN pg_attribute a ON a.attrelid = format('public.%%I', c.table_name)::regclass AND a.attname = c.column_name
 WHERE c.table_schema = 'public' AND c.table_name = %s
"""
INDEXES = """
SELECT i.indexrelid::regclass::text, c.conname, pg_get_indexdef(i.indexrelid), pg_get_constraintdef(c.oid)
  FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'u'
 WHERE i.indrelid = %s::regclass AND NOT i.indisprimary
"""


def email(name: str) -> str:
    return f"{name}@bench.example"


class Filler:
    """Fills the tables of one database as the server's administrator, with triggers and foreign keys asleep.

    What is drawn is drawn by the server and goes from one connection to another: COPY out of a statement, COPY into the
    table. connect: opens a connection to the database; say: is told what is being filled.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection], say: Callable[[str], None] = lambda sentence: None):
        self.connection, self.drawing, self.say = connect(), connect(), say
        for connection in (self.connection, self.drawing):
            connection.execute("SET work_mem = '128MB'; SET maintenance_work_mem = '512MB'")
        self.run("SET session_replication_role = replica")

    def run(self, text: str, values: dict | None = None) -> None:
        self.connection.execute(cast(LiteralString, text), values)

    def fill(self, table: str, source: str, **given: str) -> None:
        """Load what a FROM clause yields; a column that must not be empty and is not given gets a neutral value."""
        columns = self.connection.execute(COLUMNS, [table]).fetchall()
        values = {
            name: NEUTRAL[kind] for name, kind, _type, required in columns if required and name not in given
        } | given
        types = {name: type_ for name, _kind, type_, _required in columns}
        drawn = ", ".join(f"({value})::{types[name]}" for name, value in values.items())
        names = sql.SQL(", ").join(map(sql.Identifier, values))
        out = cast(LiteralString, f"COPY (SELECT {drawn} FROM {source}) TO STDOUT (FORMAT binary)")
        into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(sql.Identifier(table), names)
        with self.drawing.cursor().copy(out) as rows, self.connection.cursor().copy(into) as loaded:
            for block in rows:
                loaded.write(block)

    @contextmanager
    def without_indexes(self, *tables: str) -> Iterator[None]:
        """Take the indexes of tables away for a block, but for the primary keys: a sort at the end is several times faster."""
        found = [(table, *row) for table in tables for row in self.connection.execute(INDEXES, [table]).fetchall()]
        for table, index, constraint, _definition, _of_constraint in found:
            self.run(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if constraint else f"DROP INDEX {index}")
        yield
        for table, index, constraint, definition, of_constraint in found:
            self.say(f"  index {index}")
            self.run(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {of_constraint}" if constraint else definition)

    def finish(self) -> None:
        self.run("SET session_replication_role = origin")
        self.run("VACUUM ANALYZE")
        self.run("CHECKPOINT")
        self.drawing.close()
        self.connection.close()


# --- people ---------------------------------------------------------------------------------------------------------

# Of ten agencies two are police, four social services, two shelters, one a clinic and one an NGO.
ROLE_OF_TEAM = f"""CASE ((t - 1) / 2) % 10
  WHEN 0 THEN '{Role.ANALYST}' WHEN 1 THEN '{Role.INVESTIGATOR}' WHEN 6 THEN '{Role.SHELTER_WORKER}'
  WHEN 7 THEN '{Role.SHELTER_WORKER}' WHEN 8 THEN '{Role.CLINICIAN}' WHEN 9 THEN '{Role.NGO_WORKER}'
  ELSE '{Role.SOCIAL_WORKER}' END"""
TEAM_OF_PERSON = f"(n - 1) % {TEAMS} + 1"


def fill_people(filler: Filler) -> None:
    """Make agencies, teams, people, memberships and certificates, the same for every size."""
    filler.run(FUNCTIONS)
    for number, word in enumerate(WORDS):
        filler.run("INSERT INTO bench.word VALUES (%(n)s, %(name)s)", {"n": number, "name": word})
    filler.fill(
        "accounts_agency", f"generate_series(1, {AGENCIES + 2}) AS n",
        id="bench.key(1, n)", name="'Agency ' || n", kind="'social_services'", country="'PT'", time_zone="'Europe/Lisbon'",
        is_active="true",
    )  # fmt: skip
    teams = f"generate_series(1, {QUIET}) AS t"
    filler.fill("auth_group", teams, id="t", name="bench.key(2, t)::text")
    filler.fill(
        "accounts_team", teams, id="bench.key(2, t)", agency_id="bench.key(1, (t + 1) / 2)", name="'Team ' || t",
        group_id="t", is_intake=f"t % 2 = 1 AND t <= {TEAMS}",
    )  # fmt: skip
    filler.fill(
        "accounts_person", f"(SELECT n, {TEAM_OF_PERSON} AS t FROM generate_series(1, {PEOPLE}) AS n) AS p",
        id="bench.key(3, n)", email="'p' || n || '@bench.example'", given_name="'P'", family_name="n::text", password="'!'",
        agency_id="bench.key(1, (t + 1) / 2)", roles=f"ARRAY[{ROLE_OF_TEAM}]", time_zone="'UTC'", language="'en'",
        is_active="true", joined="now()",
    )  # fmt: skip
    memberships(filler)
    certificates(filler)
    special_people(filler)
    filler.finish()


def memberships(filler: Filler) -> None:
    """Everybody is in one team, one in five in a second one."""
    first = f"SELECT n, {TEAM_OF_PERSON} AS t FROM generate_series(1, {PEOPLE}) AS n"
    second = f"SELECT n, {TEAM_OF_PERSON} % {TEAMS} + 1 FROM generate_series(1, {PEOPLE}) AS n WHERE n % 5 = 0"
    filler.fill(
        "accounts_membership", f"({first} UNION ALL {second}) AS m",
        person_id="bench.key(3, n)", team_id="bench.key(2, t)", since="now() - interval '1 year'",
    )  # fmt: skip


def certificates(filler: Filler) -> None:
    """Police hold a certificate; that of one in fifty has lapsed."""
    filler.fill(
        "accounts_standard",
        "(SELECT 1) AS one",
        id="bench.key(9, 1)",
        label="'Unified standard 1'",
        since="now() - interval '1 year'",
    )
    filler.fill(
        "accounts_certificate",
        "accounts_person AS p WHERE p.roles && '{analyst,investigator}'",
        person_id="p.id", kind="'standard'", standard_id="bench.key(9, 1)", valid_from="now() - interval '1 year'",
        valid_until="now() + CASE WHEN p.family_name::integer % 50 = 49 THEN interval '-1 day' ELSE interval '1 year' END",
    )  # fmt: skip


def special_people(filler: Filler) -> None:
    """Give the people who are measured their names, and the four special ones their teams."""
    rows = ", ".join(f"('{name}', {number})" for name, number in SPECIAL.items())
    filler.fill(
        "accounts_person", f"(VALUES {rows}) AS p(name, n)",
        id="bench.key(3, n)", email="name", given_name="'P'", family_name="name", password="'!'",
        agency_id=f"bench.key(1, {AGENCIES + 1})", roles=f"ARRAY['{Role.SOCIAL_WORKER}']", time_zone="'UTC'",
        language="'en'", is_active="true", joined="now()",
    )  # fmt: skip
    teams = {"x10": QUIET, "x300": NARROW, "x20k": WIDE, "xall": NATIONAL}
    rows = ", ".join(f"({SPECIAL[name]}, {team})" for name, team in teams.items())
    filler.fill(
        "accounts_membership", f"(VALUES {rows}) AS m(n, t)",
        person_id="bench.key(3, n)", team_id="bench.key(2, t)", since="now() - interval '1 year'",
    )  # fmt: skip
    for name, number in CAST.items():
        filler.run(f"UPDATE accounts_person SET email = '{email(name)}' WHERE id = bench.key(3, {number})")


# --- files ----------------------------------------------------------------------------------------------------------

# Of a hundred files: 30 sought, 10 located, 3 planned, 7 rescued, 20 in care, 16 in follow-up, 14 closed; none has died.
FILE = """
CREATE TABLE bench.file AS
SELECT n, uuidv7((n - {size}) * interval '1 minute') AS id, is_story,
       CASE WHEN is_story THEN {home} ELSE bench.pick(n, 1, {teams}) + 1 END AS team,
       CASE WHEN is_story OR p BETWEEN 50 AND 69 THEN 5 WHEN p < 30 THEN 1 WHEN p < 40 THEN 2 WHEN p < 43 THEN 3
            WHEN p < 50 THEN 4 WHEN p < 86 THEN 6 ELSE 7 END AS stage,
       bench.pick(n, 3, 10) AS lot
  FROM (SELECT n, bench.pick(n, 2, 100) AS p, n IN (SELECT m FROM generate_series(1, {size}) AS m
        ORDER BY bench.pick(m, 4, 1 << 40) LIMIT {stories}) AS is_story FROM generate_series(1, {size}) AS n) AS drawn;
CREATE UNIQUE INDEX ON bench.file (n);
GRANT SELECT ON bench.file TO owner;
ANALYZE bench.file;
"""


def fill_files(filler: Filler, size: int, *, whole: bool = True) -> None:
    """Make the files of one size: children, grants, permission rows and events; whole: histories and hashes as well."""
    stories = min(STORIES, size // 5)
    filler.say("  files")
    filler.run(FILE.format(size=size, home=HOME, teams=TEAMS, stories=stories))
    with filler.without_indexes("victims_child"):
        children(filler)
    filler.say("  grants")
    with filler.without_indexes("access_grant"):
        grants(filler)
    with filler.without_indexes("access_childgrouppermission", "access_childuserpermission"):
        filler.say("  permission rows of teams")
        group_rows(filler)
        filler.say("  permission rows of people")
        user_rows(filler)
    conflicts(filler)
    filler.say("  events")
    events(filler)
    if whole:
        filler.say("  histories")
        histories(filler)
        filler.say("  hashes")
        hashes(filler, size * HASHES)
    filler.say("  vacuum")


def children(filler: Filler) -> None:
    """Make the files themselves. Four in five of the sought are open to the network."""
    word = f"bench.pick(f.n, 5, {len(WORDS)})"
    filler.fill(
        "victims_child", f"bench.file AS f JOIN bench.word AS w ON w.n = {word}",
        id="f.id", version="1", case_number="bench.case_number(f.n)", code_name="w.name", code_name_key="lower(w.name)",
        identity="CASE WHEN f.stage = 1 THEN 1 ELSE 4 END", stage="f.stage", owner_id="bench.key(2, f.team)",
        age_band="'6-11'", opened="now()", open_to_network="f.stage = 1 AND f.lot < 8",
        contact_safely="'Write to the school, never to the home address.'",
    )  # fmt: skip


def grants(filler: Filler) -> None:
    """Make the ownership of each file; the permission rows of all others name it too."""
    filler.fill(
        "access_grant", "bench.file AS f",
        id="bench.record('grant', f.id, 0)", version="1", child_id="f.id", team_id="bench.key(2, f.team)",
        view="'{1,2,3,4,6,7,8,9}'", change="'{1,2,3,4,6,7,8,9}'", basis="'ownership'", legal_basis="'mandate'", reason="'opened'",
        begins="now() - interval '1 year'", until="'9999-01-01+00'", given_by_id="bench.key(3, f.team)",
        accepted_by_id="bench.key(3, f.team)", accepted="now() - interval '1 year'",
    )  # fmt: skip


def rows(filler: Filler, table: str, holder: str, source: str, *, until: str = "'9999-01-01+00'::timestamptz") -> None:
    """Insert permission rows; the source yields the file f, the holder and the permission."""
    filler.fill(
        table, source, content_object_id="f.id", permission_id="permission", grant_id="bench.record('grant', f.id, 0)",
        valid_until=until, stage="f.stage", **{holder: "holder"},
    )  # fmt: skip


def group_rows(filler: Filler) -> None:
    """Four teams a file (the owner, one with CARE and IDENTITY, two with SUMMARY), and the three special teams."""
    table, holder = "access_childgrouppermission", "group_id"
    draw = (
        f"LATERAL (SELECT DISTINCT bench.pick(f.n, 10 + k, {TEAMS}) + 1 AS holder FROM generate_series(1, 3) AS k) AS t"
    )
    owned = "LATERAL (SELECT f.team AS holder) AS t, unnest('{1001,1002,1006,1015}'::int[]) AS permission"
    more = "unnest('{1003,1004,1007,1008,1009,1010,1011,1012,1013,1016}'::int[]) AS permission"
    rows(filler, table, holder, f"bench.file AS f, {owned}")
    rows(filler, table, holder, f"bench.file AS f, LATERAL (SELECT f.team AS holder) AS t, {more} WHERE is_story")
    rows(
        filler, table, holder,
        f"bench.file AS f, {draw}, unnest('{{1001,1002,1006}}'::int[]) AS permission"
        f" WHERE holder <> f.team AND (permission = 1001 OR holder = bench.pick(f.n, 11, {TEAMS}) + 1)",
        until="now() + CASE WHEN bench.pick(f.n, holder, 20) = 0 THEN interval '-1 day' ELSE interval '90 days' END",
    )  # fmt: skip
    one = "LATERAL (SELECT {} AS holder, 1001 AS permission) AS t"
    rows(filler, table, holder, f"bench.file AS f, {one.format(NATIONAL)}")
    rows(filler, table, holder, f"{drawn(20, 19_000)}, {one.format(WIDE)}")
    rows(filler, table, holder, f"{drawn(21, 200)}, {one.format(NARROW)}")


def user_rows(filler: Filler) -> None:
    """Two named people a file, and the special people's own rows."""
    table, holder = "access_childuserpermission", "user_id"
    draw = f"LATERAL (SELECT DISTINCT bench.key(3, bench.pick(f.n, 30 + k, {PEOPLE}) + 1) AS holder"
    two = f"{draw} FROM generate_series(1, 2) AS k) AS t, unnest('{{1001,1002,1006}}'::int[]) AS permission"
    rows(filler, table, holder, f"bench.file AS f, {two}", until="now() + interval '90 days'")
    one = "LATERAL (SELECT bench.key(3, {}) AS holder, 1001 AS permission) AS t"
    rows(filler, table, holder, f"{drawn(40, 10)}, {one.format(SPECIAL['x10'])}")
    rows(filler, table, holder, f"{drawn(41, 100)}, {one.format(SPECIAL['x300'])}")
    rows(filler, table, holder, f"{drawn(42, 1_000)}, {one.format(SPECIAL['x20k'])}")


def drawn(salt: int, many: int) -> str:
    """Return the FROM clause of a number of files drawn from all."""
    return f"(SELECT * FROM bench.file ORDER BY bench.pick(n, {salt}, 1::bigint << 40) LIMIT {many}) AS f"


def conflicts(filler: Filler) -> None:
    """One worker in ten, and the ordinary one who is measured, is related to two children."""
    filler.fill(
        "access_conflictofinterest",
        f"{drawn(50, PEOPLE // 5)}, LATERAL (SELECT bench.key(3, bench.pick(f.n, 51, {PEOPLE}) + 1) AS person) AS p",
        person_id="p.person", number="bench.case_number(f.n)", recorded_by_id="p.person", recorded="now()",
    )  # fmt: skip
    filler.fill(
        "access_conflictofinterest",
        f"(SELECT * FROM bench.file WHERE team = {HOME} AND NOT is_story ORDER BY n DESC LIMIT 2) AS f",
        person_id=f"bench.key(3, {HOME})", number="bench.case_number(f.n)", recorded_by_id=f"bench.key(3, {HOME})",
        recorded="now()",
    )  # fmt: skip


def events(filler: Filler) -> None:
    """One look at each file, so that the indexes of the event table have their depth."""
    filler.fill(
        "audit_event", "bench.file AS f", recorded="now()", kind="'view'", action="'R'", outcome="'ok'", child_id="f.id",
        sections="'{1}'", person_id=f"bench.key(3, bench.pick(f.n, 60, {PEOPLE}) + 1)", person="'P. Worker'",
    )  # fmt: skip


# --- hashes ----------------------------------------------------------------------------------------------------------


def hashes(filler: Filler, many: int) -> None:
    """Random PDQ hashes and MD5 digests; their media are not there, since nothing that is measured looks at them.

    One hash in a hundred begins with 24 zeros, as those of dark frames may: a piece of the index that is crowded.
    """
    source = f"generate_series(0, {many - 1}) AS n"
    media = {"media_id": "bench.key(4, n)", "series_id": "bench.key(5, 1)"}
    drawn = "encode(sha256(convert_to('pdq' || n, 'UTF8')), 'hex')"
    drawn_bits = f"('x' || CASE WHEN n % {CROWD} = 0 THEN '000000' || substr({drawn}, 7) ELSE {drawn} END)::bit(256)"
    with filler.without_indexes("victims_perceptualhash", "victims_mediahash"):
        filler.fill("victims_perceptualhash", source, hash=drawn_bits, **media)
        filler.fill("victims_mediahash", source, kind="1", value="decode(md5('md5' || n), 'hex')", **media)


# --- histories ------------------------------------------------------------------------------------------------------

# Table: records a file and versions a record, on the files with a full history; 55 rows in all.
STORY = {
    "victims_riskflag": (3, 1), "victims_identity": (1, 3), "victims_whereabouts": (1, 4), "victims_careentry": (5, 6),
    "victims_healthentry": (6, 1), "victims_legalorder": (2, 1), "casework_note": (3, 1),
}  # fmt: skip


def histories(filler: Filler) -> None:
    """Full histories on some files; a summary and a care entry of two versions on every other one."""
    past(filler, "victims_child", "WHERE is_story", versions=4)
    past(filler, "victims_child", "WHERE NOT is_story")
    for table, (records, versions) in STORY.items():
        past(filler, table, "WHERE is_story", records=records, versions=versions)
    past(filler, "victims_careentry", "WHERE NOT is_story", versions=2)
    live = "bench.file AS f, generate_series(1, CASE WHEN is_story THEN 5 ELSE 1 END) AS r"
    version = "CASE WHEN is_story THEN 6 ELSE 2 END"
    for table in ("victims_careentry", "bench_careentry", "bench_entry"):
        filler.fill(table, live, version=version, **care())
    filler.run("INSERT INTO bench_historicalcareentry SELECT * FROM victims_historicalcareentry")
    filler.run("""INSERT INTO bench_historicalentry (id, version, child_id, "on", kind, text, history_date, history_type)
      SELECT id, version, child_id, "on", kind, text, history_date, history_type FROM victims_historicalcareentry""")


def care() -> dict[str, str]:
    """Return the columns of a care entry."""
    return {
        "id": "bench.record('victims_careentry', f.id, r)",
        "child_id": "f.id",
        "kind": "'wish'",
        "text": "'Wants to stay at the same school and to see her brother on Sundays. Agreed with both guardians.'",
    }


def past(filler: Filler, table: str, which: str, *, records: int = 1, versions: int = 1) -> None:
    """Insert history rows: for each file f the records r in their versions v."""
    app, _, model = table.partition("_")
    source = f"bench.file AS f, generate_series(1, {records}) AS r, generate_series(1, {versions}) AS v {which}"
    given = {
        "id": f"bench.record('{table}', f.id, r)",
        "child_id": "f.id",
        "version": "v",
        "history_id": "uuidv7()",
        "history_date": f"now() - bench.pick(f.n * 64 + r, hashtext('{table}'), 500000) * interval '1 minute'"
        " - interval '1 day' + v * interval '1 hour'",
        "history_type": "CASE WHEN v = 1 THEN '+' ELSE '~' END",
        "history_user_id": "bench.key(3, f.team)",
        "history_by": "'P. Worker'",
        "history_agency": "'Agency'",
        "history_role": "'social_worker'",
    }
    if table == "victims_child":
        given |= {"id": "f.id", "owner_id": "bench.key(2, f.team)", "stage": "f.stage", "identity": "1"}
        del given["child_id"]
    elif table == "victims_careentry":
        given |= {"kind": "'wish'", "text": care()["text"]}
    elif table == "casework_note":
        given["section"] = "6"
    filler.fill(f"{app}_historical{model}", source, **given)


# --- who is measured --------------------------------------------------------------------------------------------------


def people_named() -> dict[str, Person]:
    """Return the people who are measured, by name."""
    return {name: Person.objects.select_related("agency").get(email=email(name)) for name in CAST}


def people_beside(many: int) -> list[Person]:
    """Return a number of ordinary people, of every role."""
    numbers = random.sample(range(TEAMS, PEOPLE), many)
    return list(Person.objects.select_related("agency").filter(email__in=[email(f"p{n}") for n in numbers]))

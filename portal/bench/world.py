"""One database of files of one size, the people in it, and what each of them may see, worked out the slow and plain way."""

import datetime
import random
import time
import uuid
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Group
from django.db import connections

from portal.access.identity import open_token
from portal.access.roles import stages_for
from portal.access.sections import Level, Section, permission_id
from portal.accounts.models import Person
from portal.accounts.roles import CERTIFIED_ROLES
from portal.bench import seed
from portal.bench.server import NAME, Server

MEASURED = ("x10", "x300", "x20k", "xall", "analyst")  # who sees 10, 300, 20,000, all, and the open files
DAY = datetime.timedelta(days=1)
OTHERS = 20  # people beside the cast whose lists are compared with the truth

# What a person may see, without a single idea of how to be fast. Open files are seen by certified analysts.
TRUTH = """
SELECT c.id FROM victims_child c
 WHERE %(stages)s >> c.stage & 1 = 1
   AND (c.id IN (SELECT r.content_object_id FROM access_childgrouppermission r JOIN accounts_team t USING (group_id)
                   JOIN accounts_membership m ON m.team_id = t.id AND m.until IS NULL
                  WHERE m.person_id = %(me)s AND r.permission_id = %(permission)s AND r.valid_until > now())
        OR c.id IN (SELECT content_object_id FROM access_childuserpermission
                     WHERE user_id = %(me)s AND permission_id = %(permission)s AND valid_until > now())
        OR c.open_to_network AND %(roams)s)
   AND c.id NOT IN (SELECT k.id FROM access_conflictofinterest x JOIN victims_child k ON k.case_number = x.number
     WHERE x.person_id = %(me)s AND x.ended IS NULL)
"""
PAGES = "SELECT coalesce(sum(hits + reads), 0) FROM pg_stat_get_backend_io(%s) WHERE object = 'relation'"
CERTIFIED = "SELECT count(*) > 0 FROM accounts_certificate WHERE person_id = %s AND valid_until > now()"


class World:
    """A database and its connections: the application's, the owner's, and one by hand."""

    def __init__(
        self, server: Server, size: int, *, whole: bool = True, say: Callable[[str], None] = lambda sentence: None
    ) -> None:
        self.size = size
        self.hashes = size * seed.HASHES
        self.name = f"{NAME}_{size}"
        self.seconds = self.fill(server, whole, say)
        self.app = server.django(self.name, "app")
        self.owner = server.django(self.name, "migrator", role="owner")
        self.by_hand = server.as_owner(self.name)
        self.watching = server.superuser(self.name)
        self.bytes: int = self.asked("SELECT pg_database_size(current_database())")[0][0]
        self.seen: dict[uuid.UUID, list[uuid.UUID]] = {}
        self.use_app()
        self.people = {name: self.signed_in(person) for name, person in seed.people_named().items()}
        self.others = [self.signed_in(person) for person in seed.people_beside(OTHERS)]

    def fill(self, server: Server, whole: bool, say: Callable[[str], None]) -> float:
        """Make and fill the database; return how many seconds it took."""
        began = time.monotonic()
        server.copy(self.name)
        filler = seed.Filler(lambda: server.superuser(self.name), say)
        seed.fill_files(filler, self.size, whole=whole)
        filler.finish()
        return time.monotonic() - began

    def signed_in(self, person: Person) -> Any:
        person.identity = open_token(person, "session", idle=DAY, lifetime=DAY)
        return known_to_guardian(person)

    def close(self) -> None:
        for connection in (self.app, self.owner, self.by_hand, self.watching):
            connection.close()

    # Whose connection Django uses

    def use(self, way: str) -> int:
        """Let Django use the connection of one of the three ways; return the number of the server's process."""
        if way == "limit":
            return self.by_hand.info.backend_pid
        connections["default"] = used = self.app if way == "project" else self.owner
        used.ensure_connection()
        return used.connection.info.backend_pid

    def use_app(self) -> None:
        """Let Django use the application's connection, on which row-level security decides."""
        connections["default"] = self.app

    def use_owner(self) -> None:
        """Let Django use the owner's connection, which sees every row."""
        connections["default"] = self.owner

    def pages_read(self, way: str, process_id: int) -> int:
        """Return how many pages of tables and indexes the server's process has looked at so far."""
        connection = self.by_hand if way == "limit" else connections["default"].connection
        connection.execute("SELECT pg_stat_force_next_flush()")
        with self.watching.cursor() as cursor:
            cursor.execute(PAGES, [process_id])
            return int(cursor.fetchall()[0][0])

    # The truth

    def asked(self, sql: str, values: Any = None) -> list[Any]:
        """Return the rows of a hand-written, prepared statement."""
        with self.by_hand.cursor(binary=True) as cursor:
            cursor.execute(sql, values)  # type: ignore[call-overload]
            return cursor.fetchall()

    def is_certified(self, person: Any) -> bool:
        """Whether the person's roles need no certificate, or there is one that has not lapsed."""
        needs = not CERTIFIED_ROLES.isdisjoint(person.roles)
        return not needs or self.asked(CERTIFIED, [person.pk])[0][0]

    def roams(self, person: Any) -> bool:
        return not CERTIFIED_ROLES.isdisjoint(person.roles) and self.is_certified(person)

    def visible(self, person: Any) -> list[uuid.UUID]:
        """Return the ids of all files whose SUMMARY the person may see, newest first."""
        if person.pk not in self.seen:
            mask = self.mask(person, Section.SUMMARY)
            self.seen[person.pk] = sorted(self.held(person, Section.SUMMARY, mask), reverse=True)
        return self.seen[person.pk]

    def listed(self, person: Any) -> list[uuid.UUID]:
        """Return the ids of all files of which the person may see any section, newest first."""
        known = self.mask(person, Section.SUMMARY)
        found = set(self.visible(person))
        for section in Section:
            found |= self.held(person, section, self.mask(person, section) & ~known)
        return sorted(found, reverse=True)

    def mask(self, person: Any, section: Section) -> int:
        return stages_for(set(person.roles), set(), section, Level.VIEW)

    def held(self, person: Any, section: Section, stages: int) -> set[uuid.UUID]:
        """Return the ids of the files whose section the person may see at these stages."""
        if not stages or not self.is_certified(person):
            return set()
        values = {"me": person.pk, "permission": permission_id(section, Level.VIEW), "stages": stages}
        return {row[0] for row in self.asked(TRUTH, values | {"roams": self.roams(person)})}

    def stages(self) -> dict[uuid.UUID, int]:
        """Return the stage of every file."""
        return dict(self.asked("SELECT id, stage FROM victims_child"))

    def some_files(self, many: int) -> list[uuid.UUID]:
        """Return a number of files drawn from all."""
        return random.sample(self.ids, min(many, len(self.ids)))

    @cached_property
    def ids(self) -> list[uuid.UUID]:
        """The ids of all files, oldest first."""
        return [row[0] for row in self.asked("SELECT id FROM victims_child ORDER BY id")]

    def stories(self, half: int) -> list[uuid.UUID]:
        """Return one half of the files with a full history: one is read, the other is written to meanwhile."""
        return [
            row[0] for row in self.asked("SELECT id FROM bench.file WHERE is_story AND n %% 2 = %s ORDER BY n", [half])
        ]


def known_to_guardian(person: Person) -> Any:
    """Give a person what guardian expects of a user: groups, and not being a superuser."""
    user: Any = person
    user.is_superuser = False
    user.groups = Group.objects.filter(team__memberships__person=person, team__memberships__until=None)
    return user

"""Houses with beds, services to refer to, and series in which faces appear."""

from typing import Any

from portal.accounts.roles import Role
from portal.demo import phrases, referring
from portal.demo.crowd import Generated
from portal.demo.telling import Story
from portal.demo.world import DAY, today
from referrals import directory
from shelters import directory as houses
from victims import actions

BEDS = 4
KINDS = ("short_term", "long_term", "specialised", "emergency", "transitional")
OWN = (("aurora", Role.NGO_WORKER), ("lapa", Role.CLINICIAN))


class Places(Generated):
    """Made before the first child arrives."""

    def story(self) -> Story:
        yield 758
        for number, name in enumerate(phrases.HOUSES):
            self.house(number, name)
        yield 757
        self.own_services()
        self.directory()
        for number, name in enumerate(phrases.SERIES):
            yield 755 - number
            by = ("Tremblay", "Holm", "Faria")[number % 3]
            team = self.cast.team(by)
            self.world.series.append(actions.open_series(name=name, team=team, is_network=True, by=self.cast[by]))

    def evening(self) -> Story:
        """Count the beds of the evening in all houses but two of each keeper; their licences end soon, or have ended."""
        yield 0.02
        for keeper, run in self.world.houses.items():
            by = self.cast[self.cast.of(Role.SHELTER_WORKER, keeper)[0]]
            for house in run[:-2]:
                houses.confirm_count(shelter=house, by=by)
            for house, days in zip(run[-2:], (20, -12), strict=True):
                values = {"licence_until": today() + days * DAY}
                houses.change_shelter(shelter=house, values=values, by=by, reason="the authority wrote")

    def house(self, number: int, name: str) -> None:
        """Enter a house with its beds: twenty are run from Portugal, ten from Spain."""
        keeper = "farol" if number < 20 else "costa"
        by = self.cast[self.cast.of(Role.SHELTER_WORKER, keeper)[0]]
        youngest = self.chance.choice((0, 6, 6, 12))
        values: dict[str, Any] = {
            "public_name": f"{name} house",
            "region": self.chance.choice(phrases.REGIONS[keeper]),
            "kind": KINDS[number % len(KINDS)],
            "sexes": self.chance.choice(([1, 2], [1, 2], [2], [1])),
            "youngest": youngest,
            "oldest": youngest + self.chance.choice((6, 12)),
            "languages": ["pt", "en"] if keeper == "farol" else ["es", "en"],
            "offers": self.chance.sample(("siblings", "night_staff", "hidden_address", "step_free", "woman_worker"), 3),
            "licence_until": today() + (760 + self.chance.randint(20, 700)) * DAY,
        }
        address = {
            "address": f"Invented lane {number + 1}",
            "on_call": "Night desk",
            "phone": f"+351 000 0{number:03d}",
        }
        house = houses.open_shelter(team=self.cast.team(by.family_name), values=values, address=address, by=by)
        for bed in range(BEDS):
            kind = "single" if bed == 0 else "shared"
            houses.add_bed(shelter=house, values={"label": f"{bed + 1}", "kind": kind}, by=by)
        houses.confirm_count(shelter=house, by=by)
        self.world.houses[keeper].append(house)

    def own_services(self) -> None:
        """What teams of the network offer: a referral can be sent to these."""
        for agency, role in OWN:
            by = self.cast[self.cast.of(role, agency)[0]]
            for kind in ("medical", "mental_health") if agency == "lapa" else ("education", "mental_health", "legal"):
                made = referring.enter(by, self.cast.team(by.family_name), phrases.SERVICES[kind][0], kind)
                if agency == "aurora":
                    self.world.services.append(made)

    def directory(self) -> None:
        """A directory of others, as the operator reads it in: people ring these."""
        entries = []
        for kind, names in phrases.SERVICES.items():
            for town in phrases.TOWNS:
                for name in names:
                    entries.append(
                        (f"invented-directory:{len(entries) + 1}", self.listed(kind, name, town, len(entries)))
                    )
        directory.import_services(entries=entries, by=self.cast["Maes"], reason="read in")

    def listed(self, kind: str, name: str, town: str, number: int) -> dict[str, Any]:
        """Return one entry of it."""
        return {
            "organisation": f"{town} association",
            "name": name,
            "kind": kind,
            "region": town,
            "languages": self.chance.choice((["pt"], ["pt", "en"], ["pt", "ar"], ["es"])),
            "youngest": self.chance.choice((None, 0, 6)),
            "oldest": self.chance.choice((None, 17, 21)),
            "reach": f"+351 000 1{number:03d}, weekdays",
        }

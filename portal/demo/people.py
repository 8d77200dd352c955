"""The invented agencies and people of the demonstration. None of them exists."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from portal.accounts.roles import Role

STANDARD = "Unified standard, version 1"


@dataclass(frozen=True)
class Desk:
    """One person of the cast, and the one thing that waits at that desk."""

    email: str
    given: str
    family: str
    agency: str
    role: Role
    line: str
    language: str = "en"
    zone: str = "Europe/Lisbon"
    team: int = 0  # of those of the agency


AGENCIES = {  # name, kind, country, time zone, and its teams; the cast sits in the first one
    "ottawa": ("Ottawa Unit", "police", "CA", "America/Toronto", ("Analysts",)),
    "protection": ("National Protection Unit", "police", "PT", "Europe/Lisbon", ("Investigators",)),
    "gothia": ("Gothia Unit", "police", "SE", "Europe/Stockholm", ("Online crime",)),
    "lisbon": (
        "Lisbon Children’s Services",
        "social_services",
        "PT",
        "Europe/Lisbon",
        ("Children’s team", "Team North", "Team South"),
    ),
    "lakeside": ("Lakeside Children’s Office", "social_services", "KE", "Africa/Nairobi", ("Case team",)),
    "farol": ("Farol house", "shelter_operator", "PT", "Europe/Lisbon", ("House team",)),
    "costa": ("Costa Shelters", "shelter_operator", "ES", "Europe/Madrid", ("House team",)),
    "aurora": ("Casa Aurora", "ngo", "PT", "Europe/Lisbon", ("Case workers", "Office")),
    "lapa": ("Lapa clinic", "health", "PT", "Europe/Lisbon", ("Clinicians",)),
    "audit": ("Joint audit office", "oversight", "NL", "Europe/Amsterdam", ("Auditors",)),
    "network": ("Network office", "oversight", "NL", "Europe/Amsterdam", ("Operators",)),
    "door": ("Open Door", "ngo", "ES", "Europe/Madrid", ("Case workers",)),
}

DESKS = (
    Desk(
        "j.tremblay@ottawa-unit.example",
        "Julie",
        "Tremblay",
        "ottawa",
        Role.ANALYST,
        _("Series to read in, files open to the network"),
        zone="America/Toronto",
    ),
    Desk("r.salgado@protection.example", "Rui", "Salgado", "protection", Role.INVESTIGATOR, _("A rescue to plan")),
    Desk(
        "a.ferreira@lisbon.example",
        "Ana",
        "Ferreira",
        "lisbon",
        Role.SOCIAL_WORKER,
        _("Late and due today; file “Mira”"),
    ),
    Desk("j.pinto@lisbon.example", "Joana", "Pinto", "lisbon", Role.SUPERVISOR, _("Who is late")),
    Desk(
        "c.matos@lisbon.example",
        "Carla",
        "Matos",
        "lisbon",
        Role.SUPERVISOR,
        _("The second person, of another team"),
        team=1,
    ),
    Desk(
        "l.brandt@farol.example",
        "Lena",
        "Brandt",
        "farol",
        Role.SHELTER_WORKER,
        _("Children, beds and holds of the houses"),
    ),
    Desk("m.haddad@aurora.example", "Mona", "Haddad", "aurora", Role.NGO_WORKER, _("Access to accept"), language="ar"),
    Desk("k.osei@lapa.example", "Kofi", "Osei", "lapa", Role.CLINICIAN, _("Health and therapy of children in care")),
    Desk(
        "n.okafor@audit.example",
        "Ngozi",
        "Okafor",
        "audit",
        Role.AUDITOR,
        _("What changed and who looked, never a file"),
        zone="Europe/Amsterdam",
    ),
    Desk("g.vidal@lisbon.example", "Gil", "Vidal", "lisbon", Role.PRIVACY_OFFICER, _("Who looked at what")),
    Desk(
        "o.network@network.example",
        "Olga",
        "Maes",
        "network",
        Role.OPERATOR,
        _("Settings and jobs, never a file"),
        zone="Europe/Amsterdam",
    ),
    Desk(
        "v.antunes@lisbon.example",
        "Vera",
        "Antunes",
        "lisbon",
        Role.AGENCY_ADMIN,
        _("Roles and an invitation to decide on, never a file"),
    ),
    Desk(
        "s.linde@network.example",
        "Sofia",
        "Linde",
        "network",
        Role.REGISTRAR,
        _("Certificates of analysts and investigators"),
        zone="Europe/Amsterdam",
    ),
    Desk(
        "s.engel@door.example",
        "Sam",
        "Engel",
        "door",
        Role.NGO_WORKER,
        _("Sees nothing, not even that a file exists"),
        zone="Europe/Madrid",
    ),
)

# Everybody else: given and family name, agency, number of the team, role.
COLLEAGUES = (
    ("Marc", "Gagnon", "ottawa", 0, Role.ANALYST),
    ("Priya", "Nair", "ottawa", 0, Role.ANALYST),
    ("Owen", "Blake", "ottawa", 0, Role.ANALYST),
    ("Claire", "Dufour", "ottawa", 0, Role.SUPERVISOR),
    ("Marta", "Vieira", "protection", 0, Role.INVESTIGATOR),
    ("Nuno", "Castro", "protection", 0, Role.INVESTIGATOR),
    ("Sara", "Pires", "protection", 0, Role.INVESTIGATOR),
    ("Ines", "Faria", "protection", 0, Role.ANALYST),
    ("Jorge", "Leal", "protection", 0, Role.SUPERVISOR),
    ("Ewa", "Lind", "gothia", 0, Role.INVESTIGATOR),
    ("Axel", "Strand", "gothia", 0, Role.INVESTIGATOR),
    ("Maja", "Holm", "gothia", 0, Role.ANALYST),
    ("Elias", "Ek", "gothia", 0, Role.ANALYST),
    ("Rita", "Moreira", "lisbon", 0, Role.SOCIAL_WORKER),
    ("Hugo", "Neves", "lisbon", 1, Role.SOCIAL_WORKER),
    ("Teresa", "Lobo", "lisbon", 1, Role.SOCIAL_WORKER),
    ("Diogo", "Rocha", "lisbon", 2, Role.SOCIAL_WORKER),
    ("Filipa", "Reis", "lisbon", 2, Role.SUPERVISOR),
    ("Nuno", "Paiva", "lisbon", 0, Role.AGENCY_ADMIN),
    ("Wanjiru", "Kamau", "lakeside", 0, Role.SOCIAL_WORKER),
    ("Otieno", "Abuya", "lakeside", 0, Role.SOCIAL_WORKER),
    ("Faith", "Mwangi", "lakeside", 0, Role.SUPERVISOR),
    ("Paulo", "Serra", "farol", 0, Role.SHELTER_WORKER),
    ("Nadia", "Cruz", "farol", 0, Role.SHELTER_WORKER),
    ("Lucia", "Ferrer", "costa", 0, Role.SHELTER_WORKER),
    ("Andres", "Gil", "costa", 0, Role.SHELTER_WORKER),
    ("Tiago", "Nunes", "aurora", 0, Role.NGO_WORKER),
    ("Samira", "Benali", "aurora", 0, Role.NGO_WORKER),
    ("Beatriz", "Fontes", "aurora", 1, Role.AGENCY_ADMIN),
    ("Mateus", "Vaz", "aurora", 1, Role.PRIVACY_OFFICER),  # two people: who keeps accounts opens no file
    ("Helena", "Brito", "lapa", 0, Role.CLINICIAN),
)

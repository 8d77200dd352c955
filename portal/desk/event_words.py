"""What events are called, and the groups in which those who oversee choose them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from victims.looks import KINDS

REFUSALS, CHANGES, LOOKS = "refusals", "changes", "looks"

# Kinds that belong to no file, or are no look: those of files have their words in victims/looks.py.
BESIDE_FILES: dict[str, str | Promise] = {
    "sign-in": gettext_lazy("Signed in"),
    "sign-out": gettext_lazy("Signed out"),
    "code again": gettext_lazy("Code shown again"),
    "second factor": gettext_lazy("Second factor changed"),
    "password": gettext_lazy("Password changed"),
    "end session": gettext_lazy("Sign-in ended elsewhere"),
    "search": gettext_lazy("Search"),
    "change": gettext_lazy("Change"),
    "refusal": gettext_lazy("Refusal"),
    "emergency access": gettext_lazy("Emergency access"),
    "emergency accesses": gettext_lazy("List of emergency accesses opened"),
    "list series": gettext_lazy("List of series opened"),
    "view series": gettext_lazy("Series opened"),
    "list matches": gettext_lazy("List of matches opened"),
    "view match": gettext_lazy("Match opened"),
    "decide match": gettext_lazy("Match decided"),
    "claim match": gettext_lazy("Match claimed"),
    "ask holder of match": gettext_lazy("Holder of a series asked"),
    "list imports": gettext_lazy("List of imports opened"),
    "view import": gettext_lazy("Import opened"),
    "import": gettext_lazy("File read in"),
    "send file": gettext_lazy("File sent"),
    "read in": gettext_lazy("Reading in begun"),
    "people": gettext_lazy("List of people opened"),
    "person": gettext_lazy("Person opened"),
    "invitation": gettext_lazy("Invitation"),
    "invitations": gettext_lazy("List of invitations opened"),
    "person change": gettext_lazy("Change of a person opened"),
    "teams": gettext_lazy("List of teams opened"),
    "agencies": gettext_lazy("List of agencies opened"),
    "certificates": gettext_lazy("List of certificates opened"),
    "settings": gettext_lazy("Settings opened"),
    "set-up": gettext_lazy("Set-up opened"),
    "first day": gettext_lazy("First day of the operator read"),
    "figures": gettext_lazy("Figures of the network opened"),
    "list checkpoints": gettext_lazy("Checkpoints opened"),
    "list unusual looking": gettext_lazy("Unusual looking opened"),
    "view unusual looking": gettext_lazy("One unusual looking opened"),
    "review unusual looking": gettext_lazy("Unusual looking reviewed"),
    "ask for events": gettext_lazy("Asked what events are taken along for"),
    "my sessions": gettext_lazy("Own sign-ins opened"),
    "ask for a table": gettext_lazy("Table of files asked for"),
    "view table": gettext_lazy("Request for a table opened"),
    "disclosure": gettext_lazy("Disclosure asked for, decided or made"),
    "rotate keys": gettext_lazy("Keys wrapped anew"),
    "access matrix": gettext_lazy("Every decision printed"),
}
WORDS: dict[str, str | Promise] = {**KINDS, **BESIDE_FILES}

# What is chosen: kinds, or everything with these actions.
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...], tuple[str, ...]]] = {
    REFUSALS: (gettext_lazy("Refusals only"), (), ()),
    CHANGES: (gettext_lazy("Changes"), (), ("C", "U", "D")),
    LOOKS: (gettext_lazy("Looks"), (), ("R",)),
    "taken": (
        gettext_lazy("Taken along: documents, PDFs, tables"),
        (
            "download",
            "pdf",
            "pdf made",
            "table of files",
            "receipt",
            "receipt made",
            "print list of beds",
            "export events",
            "take disclosure",
        ),
        (),
    ),
    "searches": (gettext_lazy("Searches"), ("search", "search before opening a file", "look for a bed"), ()),
    "sign-ins": (
        gettext_lazy("Sign-ins and second factors"),
        ("sign-in", "sign-out", "code again", "second factor", "password", "end session"),
        (),
    ),
    "emergency": (gettext_lazy("Emergency access"), ("emergency access", "view emergency access"), ()),
}


def said(kind: str) -> str | Promise:
    """Return what an event is called; a kind without words of its own is named as it is recorded."""
    return WORDS.get(kind, kind)

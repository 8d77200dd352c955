"""The attacks that the design lists, by their ids: a test that plays one says so with @attack("D06")."""

import pytest

# What each tries. Those without a test yet stand in WITHOUT.
CASES = {
    "D01": "every address without a sign-in",
    "D02": "a session with a password and no second factor",
    "D03": "unknown, wrong and closed accounts told apart at the sign-in",
    "D04": "many wrong passwords",
    "D05": "a session fixed before the sign-in",
    "D06": "old cookies after the sign-out",
    "D07": "a session left alone",
    "D08": "an account closed in the middle of its session",
    "D09": "a lapsed certificate",
    "D10": "the reset of a password",
    "D11": "cookies read by scripts or sent in the clear",
    "D12": "a form sent from another site, and reading that changes something",
    "D13": "every person on every page of every file",
    "D14": "the record of one file under the address of another",
    "D15": "a file that is not open told apart from none",
    "D16": "lists, searches and choices",
    "D17": "the id of something that is not shown, posted in a form",
    "D18": "fields that a form does not have",
    "D19": "other methods, and headers that name one",
    "D20": "sections in every form of answer",
    "D21": "writing to a section without reading it",
    "D22": "history and differences",
    "D23": "a referral before and after its time",
    "D24": "consent that is withdrawn",  # today by ending a legal basis for everybody; by one child with consent records
    "D25": "whereabouts after the rescue",
    "D26": "a team that somebody has left",
    "D27": "a sealed file",
    "D28": "emergency access without ground, and after its time",
    "D29": "emergency access without a fresh second factor",
    "D30": "an auditor who opens a file or changes an event",
    "D31": "an operator or administrator who opens a file",
    "D32": "looks that leave no event, or two",
    "D33": "refusals that leave none",
    "D34": "a record that cannot be written",
    "D35": "events changed by the application",
    "D36": "one byte of an event",
    "D37": "events taken out",
    "D38": "changes past the history",
    "D39": "a change made by a job",
    "D40": "two people who change one record",
    "D41": "many who want one bed",
    "D42": "one form sent many times",
    "D43": "a session that ends while somebody types",
    "D44": "two who accept one referral",
    "D45": "formulas in a table",
    "D46": "addresses in a text that becomes a PDF",
    "D47": "scripts in every text",
    "D48": "pictures",
    "D49": "what browsers keep",
    "D50": "mail",
    "D51": "logs",
    "D52": "a forced error",
    "D53": "protective headers",
    "D54": "a sign-in that leads to another host",
}
WITHOUT: set[str] = set()


def attack(*ids: str) -> pytest.MarkDecorator:
    """Mark a test that plays these cases."""
    unknown = set(ids) - CASES.keys()
    assert not unknown, f"no such case: {unknown}"
    return pytest.mark.attack(*ids)

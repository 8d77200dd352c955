"""The page of what each role may do: every cell as the decision has it, for whoever is signed in."""

import re
from pathlib import Path

import pytest
from django.urls import reverse

from portal.access import decide, rights
from portal.access.roles import stages_for
from portal.access.sections import Level, Section, Stage
from portal.accounts.roles import Role
from tests.oversight import register_overseers

PAGE = reverse("desk:roles")
WORDS = {"changes": (True, True), "reads": (True, False), "–": (False, False)}


def text_of(cell):
    return " ".join(re.sub(r"<[^>]+>", " ", cell).split())


def tables(page):
    """Return what stands on the page for each role: section, stage, words."""
    found = {}
    for part in page.split("<h2 id=")[1:]:
        role = Role(part.split(">", 1)[0].strip('"'))
        for row in re.findall(r"<tr>(.*?)</tr>", part, re.S):
            cells = [text_of(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
            section = text_of(re.search(r"<th.*?</th>", row, re.S)[0])
            found |= {(role, section, stage): words for stage, words in zip(Stage, cells, strict=False)}
    return found


def test_every_cell_is_what_the_decision_asks(cast, browse):
    shown = tables(browse(cast.ngo_worker).get(PAGE).content.decode())
    compared = 0
    for role in set(Role) - {Role.SUPERVISOR}:
        for section in Section:
            for stage in Stage:
                may = tuple(bool(stages_for({role}, set(), section, level) >> stage & 1) for level in Level)
                assert WORDS[shown.get((role, str(section.label), stage), "–")] == may, (role, section, stage)
                compared += may[0]
    assert compared > 100


@pytest.mark.parametrize("name", ["auditor", "ngo_worker", "operator"])
def test_everybody_reads_it_and_finds_the_own_role(cast, browse, name):
    register_overseers(cast)
    page = browse(getattr(cast, name)).get(PAGE).content.decode()
    assert page.count("your role") == 1
    assert f'href="{PAGE}"' in page


def test_all_seven_gates_stand_there_in_their_order_with_the_codes_of_the_record(cast, browse):
    page = browse(cast.ngo_worker).get(PAGE).content.decode()
    gates = re.findall(r"<li>(.*?)</li>", page.split("govuk-list--number")[1].split("</ol>")[0], re.S)
    codes = [", ".join(re.findall(r'code">([^<]+)<', gate)).split(", ") for gate in gates]
    assert len(codes) == 7
    assert codes[0] == ["account_closed", "code_not_fresh"]
    assert codes[5:] == [["sealed", "conflict_of_interest"], ["version_not_current", "step_not_allowed"]]
    source = Path(decide.__file__).read_text() + rights.CUT.replace("'", '"')
    said = set(re.findall(r'"([a-z]+(?:_[a-z]+)+_?|sealed)["{]', source)) - {"open_file"}
    assert {code.rstrip("…") for part in codes for code in part} - {""} == said

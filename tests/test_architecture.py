"""The repository itself: the order of its parts, the size of its modules, the words of its pages."""

import ast
import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from portal.access.migrations import __path__ as migrations
from portal.audit.models import Tracked
from victims.workflow import CYCLES

ROOT = Path(settings.ROOT)
ORDER = [
    "portal.audit", "portal.accounts", "portal.casework", "portal.access", "victims", "shelters", "referrals",
]  # fmt: skip
RIM = ["portal.desk", "portal.demo", "portal.bench", "portal.embedded"]
LAYERS = ["workflow", "models", "matching", "timeline", "actions", "tasks", "forms", "views", "urls"]
DRAWERS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "base",
    "misc",
    "tools",
    "core",
    "lib",
}
TOP = {
    "deploy", "docs", "portal", "referrals", "shelters", "templates", "tests", "victims", ".ci", ".gitignore",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "NOTICE", "README.md", "SECURITY.md", "manage.py", "pyproject.toml",
    "requirements-dev.txt", "requirements.txt", ".editorconfig", ".gitattributes", ".dockerignore", ".github",
}  # fmt: skip


@functools.cache
def files(ending: str) -> tuple[Path, ...]:
    """Return the files of the repository with this ending; without git, those in its folders."""
    asked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = asked.stdout.split("\0") if asked.returncode == 0 else found()
    return tuple(ROOT / name for name in sorted(names) if name.endswith(ending) and (ROOT / name).is_file())


def found() -> list[str]:
    paths = [
        path
        for top in ("portal", "victims", "shelters", "referrals", "tests", "templates")
        for path in (ROOT / top).rglob("*")
    ]
    return [str(path.relative_to(ROOT)) for path in paths if "__pycache__" not in path.parts] + ["manage.py"]


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


CODE = [path for path in files(".py") if "tests" not in path.parts and "migrations" not in path.parts]
TEMPLATES = [path for path in files(".html") if path.is_relative_to(ROOT / "templates")]


def app_of(module: str) -> str | None:
    return next((app for app in ORDER + RIM if module == app or module.startswith(app + ".")), None)


def layer_of(module: str) -> str | None:
    rest = module.removeprefix(app_of(module) or "").strip(".").split(".")
    return rest[0] if rest[0] in LAYERS else None


def imports(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Yield every import of a module with the full name of each thing that it brings in."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def places(found: list[tuple[Path, int, str]]) -> str:
    return "\n".join(f"{path.relative_to(ROOT)}:{line}: {what}" for path, line, what in found)


def test_apps_import_downward_only():
    wrong = []
    for path in CODE:
        here = app_of(name_of(path))
        for node, name in imports(path):
            there = app_of(name)
            if here is None or there is None or here == there:
                continue
            allowed = there in ORDER and (here in RIM or ORDER.index(there) < ORDER.index(here))
            between_rims = (here, there) in {("portal.bench", "portal.embedded"), ("portal.demo", "portal.desk")}
            if not allowed and not between_rims:
                wrong.append((path, node.lineno, name))
    assert not wrong, places(wrong)


def test_layers_of_an_app_import_downward_only():
    wrong = []
    for path in CODE:
        here = layer_of(name_of(path))
        for node, name in imports(path):
            there = layer_of(name)
            if here and there and app_of(name) == app_of(name_of(path)) and LAYERS.index(there) > LAYERS.index(here):
                wrong.append((path, node.lineno, name))
    assert not wrong, places(wrong)


TAKEN_FROM_VIEWS = {("victims.printing", "victims.views.file"), ("portal.desk.middleware", "portal.desk.views")}


def test_nothing_below_the_views_imports_views():
    """A module that is no view takes nothing from one: what both need lies below. Two known ones do."""
    found = {
        (name_of(path), name.rsplit(".", 1)[0])
        for path in CODE
        if layer_of(name_of(path)) not in ("views", "urls") and not name_of(path).endswith("urls")
        for _node, name in imports(path)
        if layer_of(name) == "views" and app_of(name) == app_of(name_of(path))
    }
    assert found == TAKEN_FROM_VIEWS


def test_no_page_loads_what_draws_pdfs():
    """It takes longer than all the rest of a process that starts: the worker loads it with the first job that draws."""
    known = {name_of(path): path for path in CODE}
    met, waiting = set(), [name for name in known if name.endswith("urls")]
    while waiting:
        module = waiting.pop()
        if module in known and module not in met:
            met.add(module)
            waiting += [part for _node, name in imports(known[module]) for part in (name, name.rsplit(".", 1)[0])]
    assert "victims.views.documents" in met
    assert "portal.casework.pdf" not in met


def test_imports_stand_at_the_top_of_their_module():
    wrong = [
        (path, node.lineno, "import inside a function")
        for path in CODE
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not wrong, places(wrong)


def test_modules_hold_five_hundred_lines_at_most():
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in CODE}
    assert {name: length for name, length in lengths.items() if length > 500} == {}


def test_functions_hold_sixty_lines_at_most():
    wrong = [
        (path, node.lineno, f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1} lines")
        for path in files(".py")
        if "migrations" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert not wrong, places(wrong)


def test_every_module_says_what_it_is_for():
    empty = [path for path in files(".py") if "migrations" not in path.parts and tree(path).body]
    assert [name_of(path) for path in empty if not ast.get_docstring(tree(path))] == []


def test_no_module_is_a_drawer():
    assert [name_of(path) for path in files(".py") if path.stem in DRAWERS] == []
    folders = {part for path in files(".py") for part in path.relative_to(ROOT).parts[:-1]}
    assert folders & DRAWERS == set()


def test_names_at_the_top_are_those_agreed():
    names = {path.relative_to(ROOT).parts[0] for path in files("")}
    assert names <= TOP


def test_the_tree_of_the_readme_is_the_tree():
    text = (ROOT / "README.md").read_text().split("## The tree")[1].split("```")[1]
    drawn = set()
    for line in text.splitlines():
        inside = "portal/" if line.startswith(" ") else ""
        drawn |= {inside + name for name in line[:20].split() if name.endswith("/")}
    parts = [path.relative_to(ROOT).parts for path in files("")]
    there = {f"{one[0]}/" for one in parts if len(one) > 1 and not one[0].startswith(".")}
    assert drawn == there | {f"portal/{one[1]}/" for one in parts if one[0] == "portal" and len(one) > 2}


def test_guardian_is_named_by_access_alone():
    wrong = [
        (path, node.lineno, name)
        for path in CODE
        if not name_of(path).startswith(("portal.access", "portal.bench"))
        for node, name in imports(path)
        if name.split(".")[0] == "guardian"
    ]
    assert not wrong, places(wrong)


def test_guardians_own_questions_are_asked_by_nobody():
    asked = {"assign_perm", "remove_perm", "get_objects_for_user", "get_perms", "has_perm", "ObjectPermissionChecker"}
    wrong = [
        (path, node.lineno, name)
        for path in CODE
        if not name_of(path).startswith("portal.bench")
        for node, name in imports(path)
        if name.rsplit(".", 1)[-1] in asked
    ]
    assert not wrong, places(wrong)


def test_a_status_is_assigned_by_move_alone():
    """Life cycles are Child's stage and identity; a person's identity is another thing."""
    fields, records = {cycle.field for cycle in CYCLES.values()}, {"child", "file", "locked", "record"}
    wrong = [
        (path, target.lineno, f"assigns {target.value.id}.{target.attr}")
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
        if target.attr in fields and target.value.id in records
    ]
    assert not wrong, places(wrong)


def test_status_of_a_child_is_set_by_name_in_move_alone():
    wrong = [
        (path, line, call)
        for path in CODE
        for line, call in calls(path)
        if call == "setattr"
        and name_of(path) not in ("portal.casework.workflow", "portal.casework.fields", "victims.actions")
    ]
    allowed = {
        "portal.access.work",  # the labels of a word
        "shelters.directory",  # what the directory says of a shelter
        "referrals.directory",  # what the directory says of a service
        "victims.evidence",  # the fields of a clue
        "victims.care",  # what a plan and a goal say
    }
    assert not [item for item in wrong if name_of(item[0]) not in allowed], places(wrong)


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every call as dotted words: Child.objects.filter(...).update(...) -> Child.objects.filter().update."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    return node.id if isinstance(node, ast.Name) else "?"


def test_children_are_never_asked_for_as_a_whole():
    """A list of files starts from visible(); Child.objects is asked for one file, for known ids, or under visible()."""
    whole = re.compile(r"^(Child|Series)\.objects\.(all|exclude|order_by|count|exists|first|last|iterator|values\w*)$")
    wrong = [(path, line, call) for path in CODE for line, call in calls(path) if whole.match(call)]
    assert not wrong, places(
        [item for item in wrong if not name_of(item[0]).startswith(("portal.bench", "portal.demo"))]
    )


def test_tracked_records_are_not_written_past_their_history():
    """The database refuses it as well; here it is found before anything runs."""
    tracked = {model.__name__ for model in apps.get_models() if issubclass(model, Tracked)}
    past = re.compile(
        rf"^({'|'.join(tracked)})\.(objects|_default_manager)\b.*\.(update|delete|bulk_create|bulk_update)$"
    )
    wrong = [(path, line, call) for path in CODE for line, call in calls(path) if past.match(call)]
    assert not [item for item in wrong if not name_of(item[0]).startswith("portal.bench")], places(wrong)


def test_nobody_changes_role_or_marks_words_as_safe():
    words = re.compile(r"\b(RESET ROLE|mark_safe|SafeString\(|\.extra\(|pickle|eval\(|exec\()")
    allowed = {"portal.casework.templatetags.portal"}  # icons, which are constants
    wrong = [
        (path, number, line.strip())
        for path in CODE
        if name_of(path) not in allowed and not name_of(path).startswith(("portal.bench", "portal.embedded"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if words.search(line)
    ]
    assert not wrong, places(wrong)


def test_every_tracked_table_is_in_the_migration_of_the_wall():
    texts = "".join(path.read_text() for path in Path(migrations[0]).glob("*.py"))
    texts += "".join(path.read_text() for path in files(".py") if "migrations" in path.parts)
    tracked = {model._meta.db_table for model in apps.get_models() if issubclass(model, Tracked)}
    assert {table for table in tracked if f'"{table}"' not in texts} == set()


def test_every_page_of_a_file_records_the_care_alerts_in_its_strip():
    """The strip stands on every page that file_context() makes: what it shows of CARE is a look at CARE."""
    wrong = []
    for path in CODE:
        for view in ast.walk(tree(path)):
            if isinstance(view, ast.FunctionDef) and view.decorator_list:
                makes_one = any(
                    dotted(call.func) == "file_context" for call in ast.walk(view) if isinstance(call, ast.Call)
                )
                opened = " ".join(ast.unparse(decorator) for decorator in view.decorator_list)
                if makes_one and not {"alerted", "worded"} & set(re.findall(r"\w+", opened)):
                    wrong.append((path, view.lineno, view.name))
    assert not wrong, places(wrong)


def test_slots_of_the_settings_name_things_that_exist():
    slots = [*settings.JOBS.values(), *settings.TIMELINE_SOURCES, *settings.CLOSING_CHECKS, *settings.SEARCH_SOURCES]
    slots += settings.GLANCE_SOURCES
    slots += settings.PDF_SOURCES
    slots += [*settings.HOME_SOURCES, *settings.HOME_BUTTONS, *settings.LAST_CONTACTS, *settings.TASK_FORMS]
    slots += settings.APPROVAL_FORMS
    assert all(import_string(slot) for slot in slots)
    assert len(slots) >= 4


# --- templates ------------------------------------------------------------------------------------------------------

USED_BY_LIBRARIES = ("django/", "allauth/", "account/", "mfa/")
BY_STATUS = {"400.html", "403.html", "404.html", "429.html", "500.html", "503.html"}
WITHOUT_A_PAGE: set[str] = set()  # templates that nothing shows yet


def test_every_template_is_used():
    names = {str(path.relative_to(ROOT / "templates")) for path in TEMPLATES}
    texts = "\n".join(path.read_text() for path in (*CODE, *TEMPLATES))
    unused = {name for name in names if f'"{name}"' not in texts and f"'{name}'" not in texts}
    assert {name for name in unused - BY_STATUS if not name.startswith(USED_BY_LIBRARIES)} == WITHOUT_A_PAGE


def test_extending_comes_first():
    for path in TEMPLATES:
        text = path.read_text()
        if "{% extends" in text:
            assert text.startswith("{% extends"), path.name


def test_parts_of_a_page_stand_beside_it_under_an_underscore():
    for path in TEMPLATES:
        if path.name.startswith("_"):
            assert "{% extends" not in path.read_text(), path.name


def test_page_titles_hold_no_code_name():
    title = re.compile(r"{% block title %}(.*?){% endblock", re.DOTALL)
    wrong = [
        path.name
        for path in TEMPLATES
        for text in title.findall(path.read_text())
        if "code_name" in text or "|quoted" in text
    ]
    assert wrong == []


def test_no_template_holds_style_or_script_of_its_own():
    wrong = [
        path.name
        for path in TEMPLATES
        if re.search(r"\sstyle=|<style|<script(?![^>]*(src=|application/json))|\son\w+=", path.read_text())
    ]
    assert wrong == []


def test_no_template_lets_words_through_unescaped():
    wrong = [path.name for path in TEMPLATES if re.search(r"\|safe\b|autoescape off", path.read_text())]
    assert wrong == []


# --- words ----------------------------------------------------------------------------------------------------------

FORBIDDEN = re.compile(
    r"\b(invalid|required|please|oops|failed|failure|error occurred|victims?|prostitut\w+|abscond\w*|subject"
    r"|click here|child porn\w*)\b",
    re.IGNORECASE,
)
MARKED = {"_", "gettext", "gettext_lazy", "gettext_noop", "pgettext", "ngettext", "_lazy", "Sentence"}
IN_TEMPLATES = re.compile(
    r"""{%\s*(?:translate|trans)\s+(["'])(.*?)\1|{%\s*blocktrans(?:late)?.*?%}(.*?){%\s*endblock""", re.DOTALL
)
LEFT = {"victim identification", "Victim identified", "failed"}  # the field's own name, a format's word, a job's state


def sentences() -> Iterator[tuple[Path, int, str]]:
    """Yield every sentence that a reader may meet."""
    for path in CODE:
        if name_of(path) == "portal.formats.wording":
            continue  # the libraries' sentences, named there so that they can be said in the portal's words
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and dotted(node.func).rsplit(".", 1)[-1] in MARKED:
                for word in node.args:
                    if isinstance(word, ast.Constant) and isinstance(word.value, str):
                        yield path, node.lineno, word.value
    for path in TEMPLATES:
        text = path.read_text()
        for match in IN_TEMPLATES.finditer(text):
            yield path, text.count("\n", 0, match.start()) + 1, " ".join((match[2] or match[3] or "").split())


def test_there_are_sentences_to_look_at():
    assert sum(1 for _sentence in sentences()) > 400


def test_no_sentence_blames_or_begs():
    wrong = [item for item in sentences() if FORBIDDEN.search(item[2]) and item[2] not in LEFT]
    assert not wrong, places(wrong)


def test_no_sentence_says_where_on_the_screen_something_is():
    where = re.compile(
        r"\b(on the (left|right)|(left|right)-hand|above this|below this|to the (left|right))\b", re.IGNORECASE
    )
    wrong = [item for item in sentences() if where.search(item[2])]
    assert not wrong, places(wrong)


@pytest.mark.parametrize("cycle", CYCLES.values(), ids=CYCLES)
def test_labels_of_steps_stay_short_enough_for_a_button(cycle):
    for step in cycle.transitions:
        assert len(str(step.label)) <= 40, step.name
        assert step.sentence, step.name


def test_repository_names_no_place_on_a_machine():
    machine = re.compile(r"/(root|Users|work|mnt)/\w|pypi\.\w+\.(?!org)", re.IGNORECASE)
    wrong = [
        (path, number, line.strip()[:80])
        for path in files(".py") + files(".md") + files(".toml") + files(".html") + files(".txt")
        if path.name != "test_architecture.py"
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if machine.search(line)
    ]
    assert not wrong, places(wrong)

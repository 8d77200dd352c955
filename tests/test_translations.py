"""Every visible string has its Arabic, the compiled catalogues are current, and no message blames or begs. No gettext needed."""

import ast
import io
import re
from functools import cache
from pathlib import Path

import allauth
import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.utils.translation import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "portal" / "locale"
APPS = ("portal", "victims", "shelters", "referrals")
WORDING = ROOT / "portal" / "formats" / "wording.py"
LANGUAGES = ("ar", "en")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
NAMED = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
COUNTED = re.compile(r"%[sd]")
MARKUP = re.compile(r"<[^>]+>")
FORBIDDEN = re.compile(r"\b(invalid|required|please|oops|failed|victims?)\b", re.IGNORECASE)
JOB_STATE = "failed"  # a state of a job in the database; no page shows it
FORBIDDEN_ARABIC = ("ضحية", "ضحايا", "فشل", "يرجى", "الرجاء", "غير صالح")
SAME_IN_BOTH = {"MediaID"}  # names of fields in the files of others
KEYS = {"Enter", "Ctrl", "Esc"}  # what stands on a keyboard
GALLERY = re.compile(r"templates/desk/_?components")  # one invented example of each component, in English


def key(message_id, context=""):
    """Return what names a message: its context, which Babel leaves as bytes in a .mo, and its text or both its texts."""
    context = context.decode() if isinstance(context, bytes) else context
    return context or "", message_id if isinstance(message_id, str) else tuple(message_id)


@cache
def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str):
    """Return the messages of a catalogue, without its header."""
    return [message for message in catalogue(language) if message.id]


def forms(text) -> list[str]:
    """Return the one text, or the several forms, of a message or its translation."""
    return [text] if isinstance(text, str) else list(text or [""])


def sources() -> list[Path]:
    return [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.*"))


def marked(path: Path):
    """Yield the key of every message that a file of Python or a template marks."""
    text = path.read_text()
    if path.suffix == ".py":
        if "translation" not in text:
            return
    else:  # the template's own markup becomes calls; what is indented between them is not Python's business
        text = re.sub(r"(?m)^[ \t]+", "", templatize(text, origin=str(path)))
    for _line, found, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
        yield key(found, context)


@pytest.fixture(scope="module")
def in_code() -> dict[tuple, Path]:
    return {name: path for path in [*sources(), *templates()] for name in marked(path)}


def test_every_marked_string_is_in_both_catalogues(in_code):
    for language in LANGUAGES:
        known = {key(message.id, message.context) for message in messages(language)}
        missing = {name[1]: str(path.relative_to(ROOT)) for name, path in in_code.items() if name not in known}
        assert not missing, f"Run manage.py makemessages -l ar -l en --no-location; {language} lacks {missing}"


def test_marks_have_names_that_makemessages_knows():
    """Under another name, such as _lazy, a mark is not seen and its string stays English."""
    for path in sources():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
                assert {name.asname for name in node.names} <= {None, "_"}, path


def test_every_message_is_translated_into_arabic():
    for message in messages("ar"):
        assert not message.fuzzy, message.id
        said = forms(message.string)
        assert all(said), message.id
        assert len(said) == (6 if isinstance(message.id, tuple) else 1), message.id


def test_no_arabic_is_its_english():
    for message in messages("ar"):
        words = NAMED.sub("", MARKUP.sub("", forms(message.id)[0]))
        if message.context == "date format" or words.strip() in SAME_IN_BOTH or not re.search("[A-Za-z]", words):
            continue
        assert all(re.search("[\u0621-\u064a]", said) for said in forms(message.string)), message.id


def test_english_rewords_only_messages_of_libraries(in_code):
    """What stands in the portal's own code is mended there."""
    reworded = {key(message.id, message.context) for message in messages("en") if any(forms(message.string))}
    assert reworded <= set(marked(WORDING))


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_markup_agree(language):
    for message in messages(language):
        ids, said = forms(message.id), [form for form in forms(message.string) if form]
        wanted = set().union(*(NAMED.findall(text) for text in ids))
        for form in said:
            found = set(NAMED.findall(form))
            assert found == wanted if len(ids) == 1 else found <= wanted, (message.id, form)
            assert len(COUNTED.findall(form)) == len(COUNTED.findall(ids[-1])), (message.id, form)
            assert sorted(MARKUP.findall(form)) == sorted(MARKUP.findall(ids[-1])), (message.id, form)
            assert form.startswith("\n") == ids[0].startswith("\n"), message.id
            assert form.endswith("\n") == ids[0].endswith("\n"), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_counts_above_ten_show_their_number(language):
    for message in messages(language):
        if isinstance(message.id, tuple) and any(forms(message.string)):
            assert set(NAMED.findall(message.string[-1])) == set(NAMED.findall(message.id[1])), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_current(language):
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = {key(message.id, message.context): forms(message.string) for message in read_mo(file) if message.id}
    written = {key(m.id, m.context): forms(m.string) for m in messages(language) if any(forms(m.string))}
    assert compiled == written, "Run manage.py compilemessages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_header_holds_no_dates_and_no_names(language):
    text = (LOCALE / language / "LC_MESSAGES" / "django.po").read_text()
    header = text.partition('\n\nmsgid "')[0]
    for line in ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Report-Msgid-Bugs-To", "fuzzy"):
        assert line not in header, f"Delete the line with {line} from the header of {language}"
    assert f"Language: {language}" in header
    assert "#: " not in text, "Run makemessages with --no-location"


def test_what_is_read_in_english_neither_blames_nor_begs():
    for message in messages("en"):
        for text in [form for form in forms(message.string) if form] or forms(message.id):
            assert text == JOB_STATE or not FORBIDDEN.search(text), text


def test_what_is_read_in_arabic_neither_blames_nor_begs():
    for message in messages("ar"):
        for form in forms(message.string):
            assert not any(word in form for word in FORBIDDEN_ARABIC), form
            assert not re.search('["“”]', MARKUP.sub("", form)), f"Arabic quotes are «»: {form}"


def test_reworded_messages_still_exist_in_their_libraries():
    folders = [Path(django.__file__).parent / part for part in ("conf", "contrib/auth")]
    known = set()
    for folder in [*folders, Path(allauth.__file__).parent]:
        with (folder / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
            known |= {forms(message.id)[0] for message in read_po(file) if message.id}
    assert {forms(name)[0] for _context, name in marked(WORDING)} <= known


def test_templates_hold_no_unmarked_words():
    for path in templates():
        name = str(path.relative_to(ROOT))
        if path.suffix == ".html" and not GALLERY.match(name) and not name.startswith("templates/allauth/elements/_"):
            words = set(re.findall(r"[A-Za-z]{2,}", visible(path.read_text())))
            assert words <= KEYS, (name, words)


def visible(text: str) -> str:
    """Return what a reader of a template sees or hears besides its translated strings and its values."""
    for gone in (r"{#.*?#}", r"{% comment.*?endcomment %}", r"{% blocktrans.*?endblocktrans(late)? %}", r"{%.*?%}"):
        text = re.sub(gone, "", text, flags=re.DOTALL)
    text = re.sub(r"{{.*?}}", "", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    said = re.findall(r'\b(?:title|alt|placeholder|aria-label)="([^"]*)"', text)
    return " ".join([*said, re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL)])

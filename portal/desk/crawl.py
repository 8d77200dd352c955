"""Walks the portal as one person after another, and looks whether an answer holds words that this person may not read.

A word of its own is written into every text of every section of every file, in a copy of the database. Where it may
stand, the decision says: with everybody who may view that section of that file now. Every address that needs no more
than a file is tried for every file there is, open or not; the others are found on the pages.
"""

import datetime
import functools
import html
import io
import itertools
import re
import uuid
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdf
from django.apps import apps
from django.conf import settings
from django.contrib.auth import login
from django.db import DatabaseError, models, transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.urls.exceptions import Resolver404

from portal.access.identity import acting, open_token
from portal.access.rights import prefetch, sections_open
from portal.access.sections import Section
from portal.accounts.models import Person

Place = tuple[uuid.UUID, Section]
LONG = datetime.timedelta(hours=3)  # shorter than a code stays fresh
WORD = "canary-"
ONE_WORD = re.compile(rf"{WORD}[\w-]+")
SLUGS = [section.slug for section in Section]
NOT_WALKED = re.compile(r"^(accounts/logout|demo/|static/|i18n/)")
LINK = re.compile(r"""(?:href|src|action|hx-get|data-[a-z-]*url)=["'](/[^"'#]*)""")
GAPS = re.compile(r"\s+")
TAGS = re.compile(r"<[^>]*>")
# One item of these is shown to an agency, or to whoever reviews it, without the section, on a page of its own.
SHOWN_ALONE = {"planaction", "goal", "referral", "brief", "handover", "handoveritem", "placement", "emergency"}


def written_in() -> list[tuple[Any, list[str]]]:
    """Return every table of one section of a file, with the fields in which somebody writes."""
    found = []
    for model in apps.get_models():
        name = model._meta.model_name or ""
        if (
            isinstance(getattr(model, "section", None), Section)
            and hasattr(model, "child_id")
            and name not in SHOWN_ALONE
        ):
            found.append((model, [one.name for one in model._meta.fields if is_written(one)]))
    return [
        (model, fields) for model, fields in found if fields and not model._meta.model_name.startswith("historical")
    ]


def is_written(one: Any) -> bool:
    """Return whether a field holds words that somebody wrote, and no choice from a list."""
    text = isinstance(one, models.CharField | models.TextField) or type(one).__name__ == "SealedTextField"
    return text and not isinstance(one, models.SlugField) and not one.choices


def write_words() -> tuple[int, Counter[str]]:
    """Write a word of its own into every text of every file that has room for one, beside what stands there.

    As the owner of the tables, in a database that is thrown away. Returns how many words were written, and the fields
    that took none, with the number of texts.
    """
    numbers, closed, written = itertools.count(1), Counter[str](), 0
    for model, fields in written_in():
        name = model._meta.model_name
        for row in model.objects.all():
            words = {field: f"{WORD}{name}-{field}-{next(numbers)}-" for field in fields}
            written += len(words)
            if not keep(row, words):  # one of them at least: then each by itself
                closed.update(f"{name}.{field}" for field, word in words.items() if not keep(row, {field: word}))
    return written - closed.total(), closed


def keep(row: Any, words: dict[str, str]) -> bool:
    """Save a record with these words, if its fields have room for them and the database takes them."""
    before = {name: getattr(row, name) for name in words}
    for name, word in words.items():
        row._meta.get_field(name).save_form_data(row, f"{before[name] or ''} {word}".strip())
    try:
        with transaction.atomic():
            row.save()
    except DatabaseError:
        for name, text in before.items():
            row._meta.get_field(name).save_form_data(row, text)
        return False
    return True


def words_of(records: Iterable[tuple[Any, list[str]]]) -> dict[str, Place]:
    """Return the words that were written into these records, and where each stands: read as whoever is acting."""
    places: dict[str, Place] = {}
    for model, fields in records:
        for row in [*model.objects.all(), *model.history.all()]:
            texts = " ".join(getattr(row, name) or "" for name in fields)
            places |= dict.fromkeys(ONE_WORD.findall(texts), (row.child_id, Section(model.section)))
    return places


def squeezed(text: str) -> str:
    """Return a text without the gaps that lines and pages make."""
    return GAPS.sub("", text)


def open_to(person: Person, child_ids: list[uuid.UUID]) -> set[Place]:
    """Return which sections of which files the decision opens to the person now."""
    with acting(person):
        prefetch(person, child_ids)
        return {(child_id, section) for child_id in child_ids for section in sections_open(person, child_id)}


@dataclass
class Walk:
    """One person's walk: what was asked, what came, and what should not have stood there."""

    person: Person
    client: Client
    words: dict[str, Place]
    allowed: set[Place]
    each: int  # addresses of one kind at most, beside those that are tried for every file
    pages: Counter[int] = field(default_factory=Counter)
    answered: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    seen: set[str] = field(default_factory=set)
    leaks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.forbidden = [word for word, place in self.words.items() if place not in self.allowed]
        self.permitted = [word for word, place in self.words.items() if place in self.allowed]

    def go(self, start: Iterable[str], queries: Iterable[str] = ()) -> "Walk":
        """Ask for every address, and for what the answers lead to; search for what others call their files."""
        waiting, asked, kinds = deque(start), set(), Counter[str]()
        fixed = set(waiting)
        while waiting:
            address = waiting.popleft()
            kind = kind_of(address)
            if address in asked or kind is None or (address not in fixed and kinds[kind] >= self.each):
                continue
            asked.add(address)
            kinds[kind] += 1
            waiting.extend(self.look(address, self.client.get(address)))
        for query in queries:
            self.look(f"search for {query}", self.client.post(reverse("desk:search"), {"q": query}))
        return self

    def look(self, address: str, answer: Any) -> list[str]:
        """Read an answer, headers and all; return the addresses in it."""
        self.pages[answer.status_code] += 1
        self.answered[address] = answer.status_code
        self.bytes += len(answer.content)
        body = text_of(answer)
        heads = " ".join(f"{name}: {value}" for name, value in answer.items())
        text = squeezed(f"{heads} {body} {TAGS.sub('', body)}")
        self.leaks += [f"{address}: {self.words[word]} {word[:40]}" for word in self.forbidden if word in text]
        if answer.status_code >= 500:
            self.leaks.append(f"{address}: answers with {answer.status_code}")
        self.seen.update(word for word in self.permitted if word in text)
        return [*LINK.findall(body), *([answer["Location"]] if "Location" in answer else [])]


def text_of(answer: Any) -> str:
    """Return what an answer says, a PDF's words included."""
    if answer.get("Content-Type", "").startswith("application/pdf"):
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    return html.unescape(answer.content.decode("utf-8", "replace"))


@functools.lru_cache(maxsize=10_000)
def kind_of(address: str) -> str | None:
    """Return the route of an address; nothing for what is not walked."""
    try:
        route = resolve(address.partition("?")[0]).route
    except Resolver404:
        return None
    return None if NOT_WALKED.match(route) else route


def addresses(child_ids: list[uuid.UUID], *, forms: bool = True) -> list[str]:
    """Return every address that needs nothing, and for every file those that need nothing but it and a section.

    forms: those that add to a section for each of them; else for one, another one in each file.
    """
    found = []
    for route, names in routes():
        if not names:
            found.append(f"/{route}")
        elif names == ["uuid:child_id"]:
            found += [f"/{route.replace('<uuid:child_id>', str(child_id))}" for child_id in child_ids]
        elif names == ["uuid:child_id", "slug:slug"]:
            for number, child_id in enumerate(child_ids):
                slugs = SLUGS if forms or route.endswith("<slug:slug>/") else [SLUGS[number % len(SLUGS)]]
                of_file = route.replace("<uuid:child_id>", str(child_id))
                found += [f"/{of_file.replace('<slug:slug>', slug)}" for slug in slugs]
    return found


def routes(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield every route of the portal, with its parameters."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern) and not re.search(r"[\^$()\\]", route) and not NOT_WALKED.match(route):
            yield route, re.findall(r"<([^>]+)>", route)


def seated(person: Person) -> Client:
    """Sign the person in anew, and return the browser that did."""
    person.identity = open_token(person, "session", idle=LONG, lifetime=LONG)
    return browser(person, raise_request_exception=False)


def browser(person: Person, **options: Any) -> Client:
    """Return a browser in which the person has signed in, second factor included: in this process, without the network."""
    client = Client(**options)
    request = HttpRequest()
    request.session = client.session
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    client.cookies[settings.IDENTITY_COOKIE_NAME] = person.identity.secret
    return client

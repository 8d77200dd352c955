"""What a browser posts from a page: the forms as they stand in its HTML, with what was filled in or chosen."""

from html.parser import HTMLParser
from typing import Any

VALUELESS = {"submit", "button", "file", "reset", "image"}


class Forms(HTMLParser):
    """Reads every form of a page: name to the values that it would post."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self.actions: list[str] = []
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
            self.actions.append(given.get("action", ""))
        elif tag == "input" and self.forms:
            self._read_input(given)
        elif tag == "textarea":
            self._textarea = given["name"]
            self.forms[-1].setdefault(self._textarea, []).append("")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and "selected" in given:
            self.forms[-1].setdefault(self._select, []).append(given["value"])

    def _read_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        chosen = kind not in ("radio", "checkbox") or "checked" in given
        if "name" in given and kind not in VALUELESS and chosen:
            self.forms[-1].setdefault(given["name"], []).append(given.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self._textarea:
            words = self.forms[-1][self._textarea]
            words[-1] += data if words[-1] else data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        self._textarea = "" if tag == "textarea" else self._textarea
        self._select = "" if tag == "select" else self._select


def form_with(answer: Any, name: str) -> dict[str, list[str]]:
    """Return what the first form of the page with this field would post."""
    return next(form for form in read(answer).forms if name in form)


def read(answer: Any) -> Forms:
    page = Forms()
    page.feed(answer.content.decode())
    return page


def taking_back(answer: Any) -> tuple[str, dict[str, list[str]]]:
    """Return where the button Take it back of a page leads, and what it would post."""
    page = read(answer)
    return next(found for found in zip(page.actions, page.forms, strict=True) if "take-back" in found[0])

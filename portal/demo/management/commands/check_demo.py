"""Try a running demonstration as a visitor would: sit at every desk, open the main pages, make one PDF."""

import re
import sys
import time
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.demo.people import DESKS

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
DESK = re.compile(r'name="desk" value="([0-9a-f-]+)"')
CHILD = re.compile(r'href="(/children/[0-9a-f-]{36}/)"')
LONGEST = 60  # seconds for the worker to make a PDF


class Visitor:
    """A browser without script: cookies, links and forms over HTTP on this machine."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.page = ""

    def get(self, path: str) -> int:
        """Open a page and return its status."""
        return self.fetch(Request(self.address + path))  # noqa: S310  # an address on this machine

    def post(self, path: str, **values: str) -> int:
        """Send the form of the present page to a path."""
        token = TOKEN.search(self.page)
        data = urlencode({"csrfmiddlewaretoken": token[1] if token else "", **values}).encode()
        return self.fetch(Request(self.address + path, data, {"Referer": self.address}))  # noqa: S310  # on this machine

    def fetch(self, request: Request) -> int:
        """Fetch and keep the page."""
        try:
            with self.opener.open(request, timeout=30) as answer:
                self.body, self.url = answer.read(), answer.url
                status = answer.status
        except HTTPError as error:
            self.body, self.url, status = error.read(), error.url, error.code
        self.page = self.body.decode("utf-8", "replace")
        return status


class Command(BaseCommand):
    help = "Try a running demonstration as a visitor would."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", required=True, help="where it runs, such as http://127.0.0.1:8000")

    def handle(self, *args: Any, **options: Any) -> None:
        visitor = Visitor(options["address"])
        self.demand(visitor.get("/accounts/login/") == 200, "the sign-in page opens")
        seats = DESK.findall(visitor.page)
        self.demand(len(seats) == len(DESKS), f"{len(DESKS)} desks are there, {len(seats)} found")
        pdf_made = False
        for desk, seat in zip(DESKS, seats, strict=True):
            opened, child = self.sit(options["address"], seat, desk.family)
            if child and not pdf_made:
                pdf_made = self.make_pdf(opened, child)
        self.demand(pdf_made, "a PDF was made by the worker")
        self.stdout.write("Everything opened.")

    def sit(self, address: str, seat: str, name: str) -> tuple[Visitor, str]:
        """Sit down and open what is open to this person; return the first file's address."""
        visitor = Visitor(address)
        visitor.get("/accounts/login/")
        self.demand(visitor.post("/demo/sit/", desk=seat) == 200, f"{name} signs in")
        self.demand("<h1" in visitor.page and visitor.url == f"{visitor.address}/", f"{name} sees My work")
        child = ""
        pages = sorted(set(re.findall(r'<a href="(/[a-z]+/)"\s+(?:data-go|aria-current)', visitor.page)))
        for page in [*pages, "/notices/", "/components/"]:
            self.demand(visitor.get(page) == 200, f"{name} opens {page}")
            found = CHILD.search(visitor.page)
            child = child or (found[1] if found else "")
        if child:
            self.open_file(visitor, child, name)
        self.stdout.write(f"  {name}: {len(pages) + 3} pages" + (", one file with its parts" if child else ""))
        return visitor, child

    def open_file(self, visitor: Visitor, child: str, name: str) -> None:
        """Open a file and each of its parts."""
        self.demand(visitor.get(child) == 200, f"{name} opens a file")
        for tab in sorted(set(re.findall(rf'href="({child}[a-z_]+/)"', visitor.page)) - {child + "print/"}):
            self.demand(visitor.get(tab) == 200, f"{name} opens {tab.rsplit('/', 2)[1]}")

    def make_pdf(self, visitor: Visitor, child: str) -> bool:
        """Ask for a PDF of the file and wait for the worker."""
        visitor.get(child)
        visitor.post(child + "print/")
        page = visitor.url.removeprefix(visitor.address)
        end = time.monotonic() + LONGEST
        while time.monotonic() < end and "file/" not in visitor.page:
            time.sleep(0.3)
            self.demand(visitor.get(page) == 200, "the page of the PDF opens")
        visitor.get(page + "file/")
        return visitor.body.startswith(b"%PDF-")

    def demand(self, held: bool, what: str) -> None:
        """Go on, or say what did not hold."""
        if not held:
            sys.stdout.flush()
            raise CommandError(f"Not so: {what}.")

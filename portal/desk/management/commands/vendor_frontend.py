"""Maintainers only: fetch the front-end packages with npm and write the parts of them that the portal serves."""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

ROOT = Path(__file__).resolve().parents[4]
VENDOR = ROOT / "portal" / "static" / "vendor"
AXE = ROOT / "tests" / "vendor" / "axe"

PACKAGES = [
    "govuk-frontend@~6.6",
    "@ministryofjustice/frontend@~11.1",
    "@fontsource-variable/noto-sans@^5",
    "@fontsource-variable/noto-sans-arabic@^5",
    "htmx.org@~2.0",
    "axe-core@~4.14",
]
TOOLS = ["sass@^1", "rtlcss@^4", "esbuild@^0.28"]
LICENCES = {
    "govuk-frontend": ("MIT", VENDOR / "frontend" / "LICENCE-govuk-frontend.txt"),
    "@ministryofjustice/frontend": ("MIT", VENDOR / "frontend" / "LICENCE-moj-frontend.txt"),
    "@fontsource-variable/noto-sans": ("OFL-1.1", VENDOR / "fonts" / "LICENCE-noto-sans.txt"),
    "@fontsource-variable/noto-sans-arabic": ("OFL-1.1", VENDOR / "fonts" / "LICENCE-noto-sans-arabic.txt"),
    "htmx.org": ("0BSD", VENDOR / "htmx" / "LICENCE-htmx.txt"),
    "axe-core": ("MPL-2.0", AXE / "LICENCE-axe-core.txt"),
}
# These two packages name the MIT licence, but do not carry its text.
COPYRIGHT = {
    "govuk-frontend": "Copyright (C) 2017 Crown Copyright (Government Digital Service)",
    "@ministryofjustice/frontend": "Copyright (c) 2019 Ministry of Justice\nCopyright (c) 2021 dxw",
}
MIT = """The MIT License (MIT)

{copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

FONT_FAMILY = '("Noto Sans", "Noto Sans Arabic", sans-serif)'
FONT_FILES = [
    ("noto-sans", "latin"),
    ("noto-sans", "latin-ext"),
    ("noto-sans-arabic", "arabic"),
]

# The 20 colours that GOV.UK Frontend reads from CSS custom properties, set to ours.
COLOURS = {
    "brand": "#14608c",
    "text": "#0b0c0c",
    "inverse-text": "#ffffff",
    "template-background": "#ffffff",
    "body-background": "#ffffff",
    "secondary-text": "#484f55",
    "focus": "#ffdd00",
    "focus-text": "#0b0c0c",
    "error": "#a92a2a",
    "success": "#0f7a52",
    "border": "#cfd6db",
    "input-border": "#0b0c0c",
    "hover": "#cfd6db",
    "link": "#14588a",
    "link-visited": "#14588a",
    "link-hover": "#0b2e45",
    "link-active": "#0b0c0c",
    "surface-background": "#f2f7fa",
    "surface-text": "#0b0c0c",
    "surface-border": "#9fb3bf",
}

# Name of a size in GOV.UK Frontend: pixels on a phone, pixels from 641 px on, points in print.
SIZES = {
    80: (25, 30, 20),
    48: (25, 30, 20),
    36: (25, 30, 18),
    27: (20, 20, 14),
    24: (20, 20, 14),
    19: (16, 16, 11),
    16: (15, 15, 10),
}

GOVUK_PARTS = """
    button checkboxes details error-message error-summary fieldset file-upload hint input
    label password-input radios select skip-link summary-list tag textarea
"""
GOVUK_STYLES = [
    "custom-properties",
    "objects/form-group",
    "utilities/visually-hidden",
    *(f"components/{name}" for name in GOVUK_PARTS.split()),
]
MOJ_STYLES = ["button-menu/button-menu"]

SCRIPT = """
import { Button, Checkboxes, ErrorSummary, PasswordInput, Radios, SkipLink, createAll } from "govuk-frontend";
import { ButtonMenu } from "@ministryofjustice/frontend";

export function start(scope) {
  for (const part of [Button, Checkboxes, ErrorSummary, PasswordInput, Radios, SkipLink, ButtonMenu]) {
    createAll(part, undefined, scope);
  }
}
"""


def govuk_sheet() -> str:
    """Return the Sass source that picks our parts of GOV.UK Frontend, without its typeface, crest and header."""
    sizes = ", ".join(
        f"{name}: (null: (font-size: {phone}px, line-height: {round(phone * 1.38)}px),"
        f" tablet: (font-size: {wide}px, line-height: {round(wide * 1.38)}px),"
        f" print: (font-size: {points}pt, line-height: 1.3))"
        for name, (phone, wide, points) in SIZES.items()
    )
    colours = ", ".join(f'"{name}": {value}' for name, value in COLOURS.items())
    settings = (
        f"$govuk-font-family: {FONT_FAMILY}, $govuk-font-family-print: {FONT_FAMILY},"
        f" $govuk-include-default-font-face: false, $govuk-typography-scale: ({sizes}),"
        f" $govuk-functional-colours: ({colours})"
    )
    uses = "\n".join(f'@use "govuk-frontend/dist/govuk/{name}" as *;' for name in GOVUK_STYLES)
    return f'@use "govuk-frontend/dist/govuk/base" with ({settings});\n{uses}\n'


def moj_sheet() -> str:
    """Return the Sass source that picks our parts of MoJ Frontend."""
    uses = "\n".join(f'@use "@ministryofjustice/frontend/moj/components/{name}" as *;' for name in MOJ_STYLES)
    return f'@use "@ministryofjustice/frontend/moj/settings/all" with ($moj-font-family: {FONT_FAMILY});\n{uses}\n'


def face(family: str, subset: str, packaged: str) -> str:
    """Return one @font-face rule of a fontsource sheet, with our family name and our address."""
    name = f"{family}-{subset}-wght-normal"
    rule = re.search(rf"/\* {name} \*/\s*(@font-face {{.*?}})", packaged, re.DOTALL)
    if rule is None:
        raise LookupError(f"No font {name} in the package. Look at its index.css.")
    text = re.sub(r"font-family: '(.+?) Variable'", r'font-family: "\1"', rule[1])
    return re.sub(r"url\(.*?\) format\('.*?'\)", f'url("{name}.woff2") format("woff2")', text)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip() + "\n", encoding="utf-8")


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def no_map(script: str) -> str:
    """Drop the pointer to a source map: the manifest storage refuses names that lead nowhere."""
    return re.sub(r"^//# sourceMappingURL=.*$", "", script, flags=re.MULTILINE)


class Command(BaseCommand):
    """Needs Node and npm; what it writes is committed, so that nobody else does."""

    help = "Fetch GOV.UK Frontend, MoJ Frontend, Noto fonts, htmx and axe-core, and write portal/static/vendor."

    def handle(self, *args: Any, **options: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.work = Path(folder)
            write(self.work / "package.json", json.dumps({"private": True}))
            self.run_tool("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES, *TOOLS)
            shutil.rmtree(VENDOR, ignore_errors=True)
            self.make_styles()
            self.make_script()
            self.copy_fonts()
            self.copy_scripts()
            self.write_record()
        size = sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file())
        self.stdout.write(f"Wrote {VENDOR.relative_to(ROOT)}: {size // 1024} kB.")

    def run_tool(self, *command: str) -> None:
        subprocess.run(command, cwd=self.work, check=True)  # noqa: S603 - fixed tools, no input from outside

    def tool(self, name: str, *arguments: str) -> None:
        self.run_tool(str(self.work / "node_modules" / ".bin" / name), *arguments)

    def make_styles(self) -> None:
        sheets = []
        for name, source in (("govuk", govuk_sheet()), ("moj", moj_sheet())):
            write(self.work / f"{name}.scss", source)
            paths = ("--load-path=.", "--load-path=node_modules")
            self.tool(
                "sass", *paths, "--quiet-deps", "--no-source-map", "--style=compressed", f"{name}.scss", f"{name}.css"
            )
            sheets.append((self.work / f"{name}.css").read_text(encoding="utf-8").strip("\ufeff\n"))
        sheet = VENDOR / "frontend" / "frontend.css"
        write(sheet, "\n".join(sheets))
        self.tool("rtlcss", str(sheet), str(sheet.with_name("frontend.rtl.css")))

    def make_script(self) -> None:
        write(self.work / "frontend.js", SCRIPT)
        shape = ("--bundle", "--minify", "--format=iife", "--global-name=Frontend", "--log-level=warning")
        self.tool("esbuild", "frontend.js", *shape, f"--outfile={VENDOR / 'frontend' / 'frontend.js'}")

    def copy_fonts(self) -> None:
        faces = []
        for family, subset in FONT_FILES:
            package = self.work / "node_modules" / "@fontsource-variable" / family
            faces.append(face(family, subset, (package / "index.css").read_text(encoding="utf-8")))
            name = f"{family}-{subset}-wght-normal.woff2"
            copy(package / "files" / name, VENDOR / "fonts" / name)
        write(VENDOR / "fonts" / "fonts.css", "\n".join(faces))

    def copy_scripts(self) -> None:
        modules = self.work / "node_modules"
        for source, target in (
            (modules / "htmx.org" / "dist" / "htmx.min.js", VENDOR / "htmx" / "htmx.min.js"),
            (modules / "axe-core" / "axe.min.js", AXE / "axe.min.js"),
        ):
            write(target, no_map(source.read_text(encoding="utf-8")))
        copy(modules / "axe-core" / "LICENSE-3RD-PARTY.txt", AXE / "LICENCE-third-parties.txt")

    def write_record(self) -> None:
        lines = ["# Vendored files", "", "Written by `manage.py vendor_frontend`; do not edit by hand.", ""]
        lines += ["| package | version | licence |", "|---|---|---|"]
        for name, (licence, target) in LICENCES.items():
            package = self.work / "node_modules" / name
            version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
            if name in COPYRIGHT:
                write(target, MIT.format(copyright=COPYRIGHT[name]))
            else:
                copy(package / "LICENSE", target)
            lines.append(f"| {name} | {version} | {licence}, `{target.relative_to(ROOT)}` |")
        lines += ["", "| file | bytes | SHA-256 |", "|---|---|---|"]
        for path in sorted([*VENDOR.rglob("*"), *AXE.rglob("*")]):
            if path.suffix in {".css", ".js", ".woff2"}:
                data = path.read_bytes()
                lines.append(f"| `{path.relative_to(ROOT)}` | {len(data)} | `{hashlib.sha256(data).hexdigest()}` |")
        write(VENDOR / "VENDORED.md", "\n".join(lines))

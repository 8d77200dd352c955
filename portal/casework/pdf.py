"""PDF documents: bundled fonts only, nothing fetched, text from people always escaped; made in the worker."""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from fontTools.ttLib import woff2
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from portal.audit.sealing import latest

FONTS = Path(settings.ROOT) / "portal" / "static" / "vendor" / "fonts"
SCHEME = "bundled:"
STYLE = Path(settings.ROOT) / "portal" / "static" / "portal" / "document.css"


class NotBundled(ValueError):
    """A document asked for something that is not one of the bundled fonts."""


class BundledFetcher(URLFetcher):
    """Hands out the bundled fonts by name and refuses everything else: no network, no file, no data address."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        name = url.removeprefix(SCHEME)
        if not url.startswith(SCHEME) or name not in {path.name for path in FONTS.glob("*.woff2")}:
            raise NotBundled(url[:80])
        return URLFetcherResponse(url, unpacked(name), {"Content-Type": "font/ttf"})


@cache
def unpacked(name: str) -> bytes:
    """Return a bundled font as it was before it was packed: once, since unpacking takes longer than most documents."""
    font = BytesIO()
    woff2.decompress(FONTS / name, font)
    return font.getvalue()


def render_pdf(template: str, context: dict[str, Any], language: str) -> bytes:
    """Return the PDF of a template in a language, tagged for screen readers."""
    with translation.override(language):
        reading = "rtl" if translation.get_language_bidi() else "ltr"
        own = {"reading": reading, "language": language, "checkpoint": latest()}
        text = render_to_string(template, context | own)
    fonts, fetcher = FontConfiguration(), BundledFetcher()
    style = CSS(string=STYLE.read_text(), font_config=fonts, url_fetcher=fetcher, base_url="")
    document = HTML(string=text, url_fetcher=fetcher, base_url="")
    return document.write_pdf(
        stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1", presentational_hints=False
    )

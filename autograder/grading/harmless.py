"""A student's text cells as a page may show them: nothing in them runs, and nothing stops the page."""

import html
import re
from html.parser import HTMLParser

from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbconvert.preprocessors.sanitize import SanitizeHTML

MAX_MARKDOWN, MAX_TAGS = 20_000, 500  # renderer and cleaner take times that grow with the square
NOT_IN_AN_ADDRESS = re.compile(r"[\x00-\x20]")  # browsers pass over these
HARMLESS_ADDRESS = re.compile(
    r"(https?:|mailto:|data:image/(png|jpeg|gif);base64,)|[^:]*$|[^:]*[/?#]", re.IGNORECASE
)


def harmless(text: str, cell_type: str) -> str:
    """The text without HTML that a browser could run; a text that needs more than that becomes a listing.

    So do one whose links run code, and one with pasted pictures, which grading does not keep.
    """
    many = text.count("<") > MAX_TAGS
    clean = html.escape(text) if many else SanitizeHTML().sanitize_html_tags(text)
    if cell_type != "markdown" or _is_harmless(clean):
        return clean
    return "\n".join(f"    {line}" for line in text.splitlines())


def _is_harmless(markdown: str) -> bool:
    """Can it be rendered, and do all its links and pictures have addresses that run nothing?"""
    try:
        page = _Addresses(markdown2html_mistune(markdown)) if len(markdown) <= MAX_MARKDOWN else None
    except Exception:  # an attachment that is not there, and whatever else the renderer gives up on
        return False
    return page is not None and all(map(HARMLESS_ADDRESS.match, page.found))


class _Addresses(HTMLParser):
    """All that a page refers to."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        addresses = [value or "" for name, value in attrs if name in ("href", "src")]
        self.found += [NOT_IN_AN_ADDRESS.sub("", address) for address in addresses]

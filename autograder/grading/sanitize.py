"""A student's text cells as a page may show them: nothing in them runs, and nothing stops the page."""

import html
import re
from html.parser import HTMLParser

from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbconvert.preprocessors.sanitize import SanitizeHTML

from autograder.grading.budget import Budget

# Renderer and cleaner take times that grow with the square; so large, a text takes some seconds at most.
MAX_TEXT, MAX_MARKDOWN, MAX_TAGS = 200_000, 20_000, 500
NOT_IN_AN_ADDRESS = re.compile(r"[\x00-\x20]")  # browsers pass over these
HARMLESS_ADDRESS = re.compile(
    r"(https?:|mailto:|data:image/(png|jpeg|gif);base64,)|[^:]*$|[^:]*[/?#]", re.IGNORECASE
)


def sanitize(text: str, cell_type: str, budget: Budget) -> str:
    """The text without HTML that a browser could run; a text that needs more than that becomes a listing.

    So do one whose links run code, one with pasted pictures, which grading does not keep, and one for which
    the budget is too small.
    """
    markdown = cell_type == "markdown"
    typed = "\n".join(f"    {line}" for line in text.splitlines()) if markdown else html.escape(text)
    return budget.run("text", _cleaned, text, markdown, typed, instead=typed)


def _cleaned(text: str, markdown: bool, typed: str) -> str:
    """The text, harmless; `typed` if it cannot be made so."""
    if len(text) > MAX_TEXT:
        return typed
    many = text.count("<") > MAX_TAGS
    clean = html.escape(text) if many else SanitizeHTML().sanitize_html_tags(text)
    return clean if not markdown or _is_harmless(clean) else typed


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

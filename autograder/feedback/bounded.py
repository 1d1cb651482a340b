"""A student's text as HTML in bounded time: what takes too long is shown as it was typed.

Student code and text decide how long highlighting and rendering take, some of them by the square of their
length.
"""

import re
from collections.abc import Callable

from markupsafe import Markup
from nbconvert.filters import Highlight2HTML, strip_ansi

from autograder.feedback.texts import Outline, as_html, listing
from autograder.grading.budget import Budget

SECONDS, AT_ONCE = 10.0, 2.0  # of CPU, for a page and for one text of it
MAX_TEXT, MAX_OUTPUT = 60_000, 20_000  # characters of what was typed, and of what one cell printed
MAX_PLAIN = 1_000_000  # characters of a page that are shown as typed; more is left out
MAX_TAGS = 100_000  # on a page; a browser makes an object of each
STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
LEFT_OUT = Markup("<p><em>The rest is left out: {} is too long.</em></p>")


class Bounded:
    """Renders the texts of one page, with a budget of time and room for all of them."""

    def __init__(self) -> None:
        self._budget, self._room, self._plain_room = Budget(SECONDS, AT_ONCE), MAX_TAGS, MAX_PLAIN
        self._highlight = Highlight2HTML(pygments_lexer="ipython3")

    def code(self, source: str) -> Markup:
        """Python with its colours."""
        return self._shown(self._highlight, source)

    def markdown(self, source: str, outline: Outline) -> Markup:
        """A text cell or a comment."""
        return self._shown(as_html, source, outline)

    def printed(self, text: str) -> Markup:
        """What a cell printed, without colours."""
        end = LEFT_OUT.format("this output") if len(text) > MAX_OUTPUT else ""
        return self.typed(STEERING.sub("", strip_ansi(text[:MAX_OUTPUT])), "printed") + end

    def typed(self, text: str, kind: str = "") -> Markup:
        """Some text as it was typed."""
        kept = text[: self._plain_room]
        self._plain_room -= len(kept)
        end = LEFT_OUT.format("this page") if len(kept) < len(text) else ""
        return Markup(listing(kept, kind)) + end

    def _shown(self, render: Callable[..., str], text: str, *options: object) -> Markup:
        """What `render` makes of a text, or the text where that takes too long or too much of the page."""
        made = None
        if len(text) <= MAX_TEXT:
            made = self._budget.run("text", render, text, *options, instead=None)
        tags = made.count("<") if made is not None else 0
        if made is None or tags > self._room:
            return self.typed(text)
        self._room -= tags
        return Markup(made)


def is_picture(data: object) -> bool:
    """Is it a PNG's base64, and nothing that ends an attribute?"""
    return isinstance(data, str) and bool(BASE64.fullmatch(data))

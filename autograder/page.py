"""nbconvert's page of a notebook in bounded time: text that takes too long is shown as it was typed.

Student code and text decide how long highlighting, rendering and cleaning take, some of them by the square
of their length.
"""

import functools
import html
import re
from collections.abc import Callable

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML, ansi2html, clean_html

from autograder.grading.budget import Budget

SECONDS, AT_ONCE = 10.0, 2.0  # of CPU, for a page and for one text of it
MAX_TEXT, MAX_PAGE = 60_000, 1_000_000  # characters of what was typed, and of what became of it
MAX_PLAIN = 2_000_000  # characters of a page that are shown as typed; more is left out
MAX_TAGS = 200_000  # on a page, where code counts twice: at the end nbconvert parses the whole page
TAG = re.compile(r"<[^<>]*>")
LEFT_OUT = "<p><em>The rest is left out: this page is too long.</em></p>"


class BoundedHTMLExporter(HTMLExporter):
    """The exporter of feedback pages, in nbgrader_config.py."""

    def from_notebook_node(self, nb, resources=None, **options):
        """As nbconvert's, with a budget for each page."""
        self._budget, self._room, self._plain_room = Budget(SECONDS, AT_ONCE), MAX_TAGS, MAX_PLAIN
        highlight = Highlight2HTML(pygments_lexer="ipython3", parent=self)
        self.filters = {**self.filters, "highlight_code": self._bounded(highlight)}
        return super().from_notebook_node(nb, resources, **options)

    def default_filters(self):
        """nbconvert's, of which those that read a student's words are bounded."""
        yield from super().default_filters()
        yield "ansi2html", self._bounded(ansi2html, html.escape)
        yield "clean_html", self._bounded(clean_html, _without_tags, MAX_PAGE)

    @pass_context
    def markdown2html(self, context, source):
        """As nbconvert's."""
        render = super().markdown2html
        return self._bounded(lambda text: render(context, text))(source)

    def _bounded(
        self, render: Callable[..., str], plainly: Callable[[str], str] | None = None, most: int = MAX_TEXT
    ) -> Callable[..., str]:
        """`render`, or what is plain where a text takes too long, is too long or too much for the page."""

        def show(text: str, **options: object) -> str:
            work = functools.partial(render, text, **options)
            shown = self._budget.run("text", work, instead=None) if len(text) <= most else None
            tags = shown.count("<") if shown is not None else 0
            if shown is None or tags > self._room:
                return self._plain(text, plainly or _as_typed)
            self._room -= tags
            return shown

        return show

    def _plain(self, text: str, plainly: Callable[[str], str]) -> str:
        kept = text[: self._plain_room]
        self._plain_room -= len(kept)
        return plainly(kept) + (LEFT_OUT if len(kept) < len(text) else "")


def _as_typed(text: str) -> str:
    return f"<pre>{html.escape(text)}</pre>"


def _without_tags(page: str) -> str:
    """The text of some HTML, escaped as it is."""
    return f"<pre>{TAG.sub('', page).replace('<', '&lt;')}</pre>"

"""Markdown on a feedback page: headings below the page's own, formulas, and nothing from elsewhere."""

import html
from typing import Any

from mistune import HTMLRenderer
from mistune.util import striptags
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.feedback.maths import mathml

DEEPEST = 6
NO_WORDS = "a picture without a description"


class Outline:
    """The levels of the headings below one of the page's, of which none is left out."""

    def __init__(self, under: int):
        self.under = self.last = under

    def fit(self, level: int) -> int:
        """The level for the next heading, which its author gave this one."""
        self.last = min(self.under + level, self.last + 1, DEEPEST)
        return self.last


def as_html(markdown: str, outline: Outline) -> str:
    """A text as HTML; raw HTML in it is as harmless as it came, see grading/sanitize.py."""
    renderer = _Renderer(outline)
    parser = MarkdownWithMath(renderer=renderer)
    renderer.register("table", _table)
    return parser.render(markdown)


class _Renderer(IPythonRenderer):
    """nbconvert's, without anchors, pictures from elsewhere and raw formulas."""

    def __init__(self, outline: Outline):
        super().__init__(escape=False, allow_harmful_protocols=False, exclude_anchor_links=True)
        self.outline = outline

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """One level below what it stands under."""
        return super().heading(text, self.outline.fit(level), **attrs)

    def block_code(self, code: str, info: str | None = None) -> str:
        """As it was typed, in whatever language."""
        return listing(code)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture that the page holds; of any other, its description and where it is."""
        words = striptags(text) or html.escape(title or NO_WORDS)
        if url.startswith("data:image/"):
            return HTMLRenderer.image(self, words, url, title)
        return f"{words} (<code>{html.escape(url)}</code>)"

    def block_math(self, body: str) -> str:
        """`$$...$$`."""
        return mathml(body, block=True)

    def inline_math(self, body: str) -> str:
        """`$...$`."""
        return mathml(body, block=False)

    def latex_environment(self, name: str, body: str) -> str:
        r"""`\begin{aligned}...\end{aligned}`."""
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


def listing(text: str, kind: str = "") -> str:
    """A text as it was typed; it scrolls by itself, also with the keyboard, where it is too wide."""
    return f'<pre class="scroll{kind and f" {kind}"}" tabindex="0">{html.escape(text)}</pre>\n'


def _table(renderer: HTMLRenderer, text: str) -> str:
    """A table that scrolls by itself where it is too wide."""
    return f'<div class="scroll" tabindex="0"><table>\n{text}</table></div>\n'

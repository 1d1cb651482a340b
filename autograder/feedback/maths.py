"""LaTeX as MathML, which browsers show by themselves: no script, no network."""

import html
import re
from xml.etree.ElementTree import Element, tostring

try:
    from latex2mathml.converter import Converter
except ModuleNotFoundError:  # a page shows formulas as they were typed
    Converter = None  # type: ignore[misc, assignment]

ELEMENTS = {
    "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom",
    "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable",
    "mtd", "mtext", "mtr", "munder", "munderover", "none",
}  # fmt: skip
ATTRIBUTES = {
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "display",
    "displaystyle", "fence", "form", "height", "linebreak", "linethickness", "lspace", "mathvariant",
    "maxsize", "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel",
    "separator", "stretchy", "voffset", "width", "xmlns",
}  # fmt: skip
INSIDE = re.compile(r"\\(begin|end)\{(align|gather)ed\}")  # the library has only those that stand alone
MACRO = re.compile(r"\\(\w*newcommand|newenvironment|def|Declare)")  # with these a formula grows
NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# By the cleaner of student text, which cannot know a formula; the last one comes last.
ESCAPED = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}


def mathml(latex: str, block: bool) -> str:
    """A formula as markup of which nothing runs; as it was typed if it cannot be read."""
    for escaped, character in ESCAPED.items():
        latex = latex.replace(escaped, character)
    try:
        return _converted(latex, "block" if block else "inline")
    except Exception:  # whatever a student may have typed
        return _typed(latex, block)


def _converted(latex: str, display: str) -> str:
    """MathML. Raises something when the library is missing or the formula is none."""
    if MACRO.search(latex):
        raise ValueError("a formula that defines commands")
    formula = Converter(display=display).convert_to_element(INSIDE.sub(r"\\\1{\2*}", latex))
    for element in formula.iter():
        _clean(element)
    return tostring(formula, encoding="unicode")


def _clean(element: Element) -> None:
    """Leave what only sets type: no links, styles or events, and text instead of entities."""
    if element.tag not in ELEMENTS or element.text == "&":  # of a table that the library does not know
        raise ValueError(f"{element.tag} is not a formula's")
    element.attrib = {name: value for name, value in element.attrib.items() if name in ATTRIBUTES}
    text = NOT_TEXT.sub("", html.unescape(element.text or ""))
    element.text = text.replace(r"\_", "_") if element.tag == "mtext" else text


def _typed(latex: str, block: bool) -> str:
    kind = "formula block" if block else "formula"
    return f'<code class="{kind}">{html.escape(" ".join(latex.split()))}</code>'

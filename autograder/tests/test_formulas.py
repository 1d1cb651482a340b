"""Formulas on a feedback page: shown without a script or a network, and harmless whatever is typed."""

import re
from pathlib import Path
from xml.etree.ElementTree import fromstring

import nbformat
import pytest

from autograder.course import Course
from autograder.feedback import maths
from autograder.feedback.maths import ATTRIBUTES, ELEMENTS, mathml
from autograder.feedback.texts import Outline, as_html

needs_library = pytest.mark.skipif(maths.Converter is None, reason="latex2mathml is not installed")
REAL = Course.find(Path(__file__).parent)
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def elements(formula):
    return list(fromstring(formula).iter())


@needs_library
def test_formulas_become_mathml():
    """Are inline, block and environment formulas of a text MathML, each of its kind?"""
    page = as_html(
        "So $x_1 < 2$ and\n\n$$\\frac{a}{b}$$\n\n\\begin{aligned}a &= b\\\\c &= d\\end{aligned}", Outline(2)
    )
    assert re.findall(r'<math[^>]*display="(\w+)"', page) == ["inline", "block", "block"]
    assert "<mo>&lt;</mo>" in page
    assert "<mfrac>" in page
    assert page.count("<mtr>") == 2
    assert "&amp;" not in page


@needs_library
def test_every_formula_of_the_course_can_be_read():
    """Is none shown as it was typed, and is no command left in what a browser shows?"""
    count = 0
    for name in REAL.assignments:
        cells = nbformat.read(REAL.source(name), as_version=4).cells
        page = "".join(as_html(cell.source, Outline(2)) for cell in cells if cell.cell_type == "markdown")
        assert 'class="formula' not in page
        found = re.findall(r"<math.*?</math>", page, re.DOTALL)
        assert not any(set("\\&") & set("".join(fromstring(formula).itertext())) for formula in found)
        count += len(found)
    assert count > 500


@needs_library
@pytest.mark.parametrize(
    "latex",
    [r"\href{javascript:alert(1)}{x}", r"\text{<script>alert(1)</script>}", r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
     r"\style{background:url(x)}{y}", r"\class{x}{y}", r"\text{&amp;lt;img src=x onerror=alert(1)&amp;gt;}", r"\color{red' onload='x}{y}",
     r"\mathrm{<img src=x onerror=alert(1)>}", "x\x00\x1by", "]]>", "<!-- x", r"\newcommand{\x}{\x\x}\x"],
)  # fmt: skip
def test_hostile_formulas_are_harmless(latex):
    """Has what comes of them only the elements and attributes of formulas, or is it text?"""
    for block in (True, False):
        shown = mathml(latex, block)
        for element in elements(shown) if shown.startswith("<math") else []:
            assert element.tag.removeprefix(NAMESPACE) in ELEMENTS
            assert set(element.attrib) <= ATTRIBUTES
        assert re.findall(r"<(?:script|img)|<[^>]*\son\w+=", shown) == []
        assert "javascript:" not in re.findall(r'="[^"]*"', shown)


@pytest.mark.parametrize(
    "latex",
    [
        "x < 1",
        "{" * 3000,
        r"\frac{",
        r"\begin{x}",
        r"\begin{tabular} a & b \end{tabular}",
        "&&&",
        "^",
        r"\left",
    ],
)
def test_what_is_no_formula_is_shown_as_typed_or_read(latex):
    """Does nothing that a student may type end in an error?"""
    assert mathml(latex, block=False).startswith(("<math", "<code"))


@pytest.mark.parametrize(
    "latex", [r"\newcommand{\a}{xx}\a\a", r"\def\a{xx}\a", r"\DeclareMathOperator{\a}{xx}\a"]
)
def test_a_formula_cannot_define_commands(latex):
    """Is one that could grow to a multiple of its size shown as it was typed?"""
    assert mathml(latex, block=False).startswith("<code")


@pytest.mark.parametrize("latex", [r"\begin{tabular} a & b \end{tabular}", "a & b"])
def test_a_table_that_the_library_does_not_know(latex):
    """Is it shown as it was typed, and not with its marks as letters?"""
    assert mathml(latex, block=True).startswith("<code")


def test_without_the_library_formulas_are_shown_as_typed(monkeypatch):
    """Can a page be made, and a formula be read as text, where latex2mathml is not installed?"""
    monkeypatch.setattr(maths, "Converter", None)
    page = as_html("$x < 1$ and\n\n$$\n\\frac{a}{b}\n$$", Outline(2))
    assert '<code class="formula">x &lt; 1</code>' in page
    assert '<code class="formula block">\\frac{a}{b}</code>' in page

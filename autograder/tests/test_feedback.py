"""The feedback page: what a student learns from it, what it keeps secret, and that nothing on it runs."""

import re
import shutil
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_markdown_cell, new_raw_cell

from autograder.cli import main
from autograder.course import Course
from autograder.demo.derived import hidden_numbers
from autograder.demo.search import OF_THE_GRADER, hidden_lines, numbers_on, search, text_of
from autograder.grading.budget import Budget
from autograder.grading.counted import COULD_NOT_RUN
from autograder.grading.sanitize import MAX_MARKDOWN, sanitize
from autograder.sandbox.session import _images
from autograder.tests.mini import (
    ID,
    TEST_DOUBLE,
    TEST_FIT,
    TEST_SCALE,
    built_course,
    source_notebook,
    submission,
    write,
)

SLIPS = {
    "double": "def double(x):\n    return 2 * x if x.ndim == 1 else 3 * x",
    "scale": "def scale_forward(x, w):\n    return x * w, (x, w)\n\ndef scale_backward(dout, cache):\n    x, w = cache\n    return dout * w, -dout * x",
}
# A hidden test, a line between hidden tests, and a visible one.
BROKEN = {
    "test_double": TEST_DOUBLE.replace("size=(2, 3))", "size=(2, 3)) / (1 // 0)"),
    "test_scale": TEST_SCALE.replace(
        "rng = hidden_rng()", "rng = hidden_rng()\nassert rng.normal() is None, rng.normal(size=5)"
    ),
    "test_fit": TEST_FIT.replace("2.0, 6.0]", "2.0, 6 // 0]"),
}


def run(course, *arguments):
    return main(["--course", str(course.root), *arguments])


def page_of(course, student="ada"):
    return (course.root / "feedback" / student / ID / f"{ID}.html").read_text()


CHECK = re.compile(
    r'<li class="(passed|failed|could-not-run)">.*?<b>(.*?)</b>.*?"points">(.*?)</span>(.*?)</li>', re.DOTALL
)


def checks_on(page):
    """(status, name, points, message) of each check."""
    return [tuple(text_of(part).strip() for part in parts) for parts in CHECK.findall(page)]


def fed_back(root, notebook, source=None, students=("ada",), files=()) -> Course:
    """A course in which these students handed in `notebook` and have a page."""
    course = built_course(root)
    if source:
        write(course.source(ID), source)
    for student in students:
        for name in (f"{ID}.ipynb", *files):
            write(course.submitted(student, ID).with_name(name), notebook)
    run(course, "grade")
    assert run(course, "feedback") == 0
    return course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A student with two mistakes, output of her own and a test cell that got lost."""
    notebook = submission(SLIPS, extra="print('a note to myself')\n1 / 0")
    notebook.cells.remove(next(cell for cell in notebook.cells if cell.id == "test_fit"))
    return fed_back(tmp_path_factory.mktemp("course"), notebook)


def test_feedback_tells_points_message_and_diagnosis_of_each_check(course):
    """Does a student read, check by check, what it gave, what is wrong and where to look?"""
    found = checks_on(page_of(course))
    assert found[0] == ("passed", "double: shapes", "15 of 15", "")
    assert found[1][:3] == ("failed", "hidden check", "0 of 15")
    assert found[1][3].startswith("double is tried on a matrix. ")
    assert found[2][:3] == ("failed", "scale_backward: gradients", "0 of 25")
    assert "dw has the opposite sign" in found[2][3]
    assert "Look for a minus" in found[2][3]
    assert found[4:] == [
        ("passed", "fit: training", "10 of 10", "trained to 0.0000, target 0.01"), ("passed", "hidden check", "10 of 10", "Fitted to other data."),
    ]  # fmt: skip


def test_feedback_shows_own_output_and_what_was_put_back(course):
    """Are a student's own output, traceback included, and the cells that were put back on the page?"""
    text = text_of(page_of(course))
    assert "a note to myself" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "1 cell missing and put back: test_fit" in text
    assert "35 of 100 points" in text


def test_feedback_gives_nothing_away(course):
    """Is there no hidden line, hidden number or traceback of the grader on the page, of some that there are?"""
    found = search(course)
    assert found.leaks == []
    assert found.pages == 1
    assert found.lines >= 5
    assert found.numbers >= 20
    assert str(found).endswith("nothing found")


def test_a_broken_test_gives_nothing_away(tmp_path):
    """Does a student read of tests that broke, hidden and visible ones, only that they could not run?"""
    source = source_notebook()
    for cell in source.cells:
        cell.source = BROKEN.get(cell.id, cell.source)
    course = fed_back(tmp_path, submission(), source)
    found = checks_on(page_of(course))
    assert [COULD_NOT_RUN in message for *_, message in found] == [False, True, False, True, True, True]
    assert search(course).leaks == []
    for secret in ("ZeroDivisionError", "AssertionError", "// 0", "Traceback", "array("):
        assert secret not in str(found)


NUMBERS = {
    "as Python prints it": repr,
    "as NumPy prints an array": lambda x: str(np.array([0.5, x])),
    "in single precision": lambda x: str(np.float32(x)),
    "with six decimals": lambda x: f"{x:.6f}",
    "with an exponent": lambda x: f"{x:.6e}",
    "with the other sign": lambda x: f"{-x}",
}


@pytest.mark.parametrize("printed", NUMBERS.values(), ids=NUMBERS.keys())
def test_the_search_finds_a_hidden_number(course, printed):
    """Is an input or a right result found, however it is printed, and others not?"""
    numbers = hidden_numbers(course, "ada", ID)
    hidden = next(x for x in numbers if 0.2 < x < 0.9)
    assert list(numbers_on(printed(hidden), numbers, "")) != []
    assert list(numbers_on(printed(hidden), numbers, printed(hidden))) == [], "it is public"
    assert list(numbers_on(printed(hidden + 0.001), numbers, "")) == []


def test_hidden_numbers_are_those_that_the_checks_used(course, monkeypatch):
    """Are the numbers that are searched for the inputs that grading hands to a student's functions?"""
    from autograder.grading import judge
    from autograder.tests.mini import judged

    handed = []
    call = judge.StudentFunction.sealed_call
    monkeypatch.setattr(
        judge.StudentFunction, "sealed_call",
        lambda self, arguments, *more: (handed.append(arguments), call(self, arguments, *more))[1],
    )  # fmt: skip
    judged(course, nbformat.read(course.submitted("ada", ID), as_version=4), sandbox="none")
    hidden = [x for arguments in handed for x in arguments if getattr(x, "shape", ()) in ((2, 3), (4,))]
    numbers = hidden_numbers(course, "ada", ID)
    assert len(hidden) >= 4
    assert set(np.abs(hidden[0]).ravel()) <= set(numbers)


@pytest.mark.parametrize("leak", ["number", "line", "traceback"])
def test_the_search_finds_what_is_planted_on_a_page(course, tmp_path, leak):
    """Does one hidden number, line or traceback of a test on a page fail the search?"""
    copy = Course(shutil.copytree(course.root, tmp_path / "course"))
    number = hidden_numbers(copy, "ada", ID)[3]
    line = sorted(hidden_lines(nbformat.read(copy.source(ID), as_version=4)))[0]
    text = {"number": f"{number:.7g}", "line": f"<b>{line}</b>", "traceback": f'File "{OF_THE_GRADER[1]}x"'}[
        leak
    ]
    path = copy.root / "feedback" / "ada" / ID / f"{ID}.html"
    path.write_text(path.read_text().replace("</body>", f"<p>{text}</p></body>"))
    assert len(search(copy).leaks) == 1


EVIL = "<script>alert(1)</script>"
TEXTS = [
    EVIL, "<img src=x onerror=alert(1)>", "<svg onload=alert(1)></svg>", "<a href='javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<style>@import 'x'</style>", "<base href=//x>", "<form action=x>",
    "[x](javascript:alert(1))", "[x](JaVa&#115;cript:alert(1))", "[x](\tjavascript:alert(1))", "[x]( &#1;javascript:alert(1))",
    "[x]\n\n[x]: javascript:alert(1)", "![x](javascript:alert(1))", "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:alert(1))", '![x" onerror="alert(1)](y)', "[x](y 'a\" onmouseover=\"alert(1)')",
    "`<script>alert(1)</script>`", '```x" onload="alert(1)\n1\n```', "```mermaid\n</pre><script>alert(1)</script>\n```",
    "$<script>alert(1)</script>$", "$$\n<script>alert(1)</script>\n$$", "\\begin{x}<script>alert(1)</script>\\end{x}",
    "<scr<script>ipt>alert(1)</scr</script>ipt>", "<!-- --><script>alert(1)</script> -->", "</div></div><script>alert(1)</script>",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |", "# <img src=x onerror=alert(1)>", "![x](attachment:pic.png)",
    "![x](attachment&#58;pic.png)", "> " * 5000 + EVIL, EVIL + "[" * MAX_MARKDOWN,
]  # fmt: skip
PRINTS = f"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
evil = {EVIL!r}
print(evil, "\\x1b[31m" + evil + "\\x1b[0m", "\\x1b]8;;javascript:alert(1)\\x07x\\x1b]8;;\\x07")
for kind in (HTML, SVG, Javascript, Latex, Markdown):
    try:
        display(kind("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" + evil + "</svg>"))
    except Exception as error:
        print(error)
display({{"text/html": evil, "image/svg+xml": evil, "text/markdown": evil, "application/javascript": "alert(1)",
         "image/png": 'x" onerror="alert(1)', "image/jpeg": 'x" onerror="alert(1)'}}, raw=True)
class Odd:
    def _repr_html_(self): return evil
    def __repr__(self): return evil
raise ValueError(evil, Odd())
"""


class Dangers(HTMLParser):
    """What of a page could run code: tags, attributes and addresses."""

    def __init__(self, page):
        super().__init__()
        self.found, self.scripts = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        if tag in (
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "svg",
            "link",
            "input",
            "maction",
            "semantics",
        ):
            self.found.append(tag)
        for name, value in attrs:
            address = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name.startswith("on") or re.match(r"(javascript|vbscript|data:(?!image/png))", address):
                self.found.append((tag, name, value))


def test_nothing_that_a_student_wrote_runs_on_the_page(course, tmp_path):
    """Are scripts in text, output, attachments, metadata, names and the like only text, and all results there?"""
    notebook = submission(extra=PRINTS)
    for i, text in enumerate(TEXTS):
        metadata = {"raw_mimetype": "text/html", "tags": [EVIL], "nbgrader": {"comment": EVIL, EVIL: EVIL}}
        notebook.cells.append(new_markdown_cell(text, id=f"m{i}", metadata={"tags": [EVIL]}))
        notebook.cells.append(new_raw_cell(text, id=f"r{i}", metadata=metadata))
    notebook.cells[-2]["attachments"] = {
        "pic.png": {"image/svg+xml": EVIL, "image/png": 'x" onerror="alert(1)'}
    }
    notebook.metadata |= {
        "title": EVIL,
        "authors": [{"name": EVIL}],
        "kernelspec": {"name": EVIL, "display_name": EVIL},
    }
    student = "<img src=x onerror=alert(1)>"
    harmless_page = Dangers(page_of(course))
    evil = fed_back(tmp_path, notebook, students=(student,), files=["<img src=x onerror=alert(1)>.ipynb"])
    page = Dangers(page_of(evil, student))
    assert page.found == harmless_page.found == []
    assert page.scripts == harmless_page.scripts == 0
    assert [status for status, *_ in checks_on(page_of(evil, student))] == ["passed"] * 6


@pytest.mark.parametrize("picture", ['x" onerror="alert(1)', "<svg>", "iVBOR)", 3, None, ""])
def test_a_picture_is_only_a_picture(picture):
    """Is whatever is not base64 left out of the pictures that a page shows?"""
    assert _images([picture, "iVBORw0KGgo="]) == ["iVBORw0KGgo="]


@pytest.mark.parametrize(
    "text",
    ["*mine*, a < b, $x_1 < 2$", "[a](https://x.y/z?a=b:c) [b](notes/a.html) [c](#top) [d](?a:b) [e](mailto:a@b)",
     "![p](data:image/png;base64,iVBO)", "<b>bold</b>"],
)  # fmt: skip
def test_ordinary_text_stays_text(text):
    """Do formatting, links and formulas of an ordinary note stay what they are?"""
    assert not sanitize(text, "markdown", Budget()).startswith("    ")


def test_text_of_an_answer_is_harmless_too(tmp_path):
    """Is the text of a markdown exercise, which the student writes, as harmless as an extra cell's?"""
    from autograder.grading.restore import restore

    source = source_notebook()
    answer = {
        "grade_id": "why",
        "grade": False,
        "solution": True,
        "locked": False,
        "task": False,
        "schema_version": 3,
    }
    source.cells.append(new_markdown_cell("Why?", id="why", metadata={"nbgrader": answer}))
    handed_in = submission()
    handed_in.cells.append(new_markdown_cell(f"So. {EVIL}", id="why", metadata={"nbgrader": answer}))
    text = restore(handed_in, source).notebook.cells[-1].source
    assert text.startswith("So. ")
    assert "<script" not in text

"""How a feedback page is laid out: what comes first, what is folded, and who can read it where."""

import itertools
import re
from html.parser import HTMLParser

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook

from autograder.feedback.exporter import points, render, ticked
from autograder.feedback.texts import NO_WORDS
from autograder.grading.of_record import CellGrade, GradeOfRecord, grades_of
from autograder.tests.mini import ID, cell, submission
from autograder.tests.test_feedback import SLIPS, fed_back, page_of, run, text_of

PIXEL = "iVBORw0KGgo="
FAILS = {"status": "failed", "hidden": False, "cause": "", "diagnosis": "sign"}
PASSES = {**FAILS, "status": "passed", "diagnosis": ""}


def check(message, **facts):
    return {**FAILS, "check": f"check of {message}", "message": message, **facts}


def answer(name, source="x = 1", comment=None, **outputs):
    made = cell(name, source, solution=True)
    made.metadata.nbgrader["comment"] = comment
    made.outputs = [new_output("display_data", data=outputs)] if outputs else []
    return made


def judged(name, score, most, *checks, by_hand=None, waits=False, extra=0.0):
    """A test cell that grading left its facts in, and its grade."""
    made = cell(name, "check()", points=most)
    made.metadata["autograder"] = {"score": score, "checks": list(checks)}
    return made, CellGrade(name, score, by_hand, extra, most, waits)


def page(*cells, restored=(), **record):
    """The page of these cells; a test cell comes with its grade."""
    grades = tuple(one[1] for one in cells if isinstance(one, tuple))
    notebook = new_notebook(cells=[one[0] if isinstance(one, tuple) else one for one in cells])
    notebook.metadata["autograder"] = {"restored": list(restored)}
    most = sum(grade.max_score for grade in grades)
    facts = {
        "student": "ada",
        "assignment": ID,
        "notebook": ID,
        "of_record": GradeOfRecord(grades, most, **record),
    }
    return render(notebook, facts)


class Outlined(HTMLParser):
    """Of a page the levels of headings, the tags with their attributes, and the text that is not folded."""

    def __init__(self, page):
        super().__init__()
        self.levels, self.tags, self.open, self.folds, self.skipped = [], [], "", 0, 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.folds += tag == "details"
        self.skipped += tag == "style"

    def handle_endtag(self, tag):
        self.folds -= tag == "details"
        self.skipped -= tag == "style"

    def handle_data(self, data):
        self.open += data if not self.folds and not self.skipped else ""

    def found(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


CELLS = [
    new_markdown_cell("# A notebook\n\nA story.", id="m0"),
    new_markdown_cell("## 1. The *first*\n\nIts maths.", id="m1"),
    answer("right", "it_is_right = 1"),
    judged("test_right", 4, 4, check("the values are right", **PASSES)),
    new_markdown_cell("## 2. The second", id="m2"),
    answer("wrong", "it_is_wrong = 1"),
    judged("test_wrong", 3, 6, check("fine", **PASSES), check("`w` has the *opposite* sign.")),
    answer("missing", "raise NotImplementedError()"),
    judged("test_missing", 0, 2, check("`f` is not implemented yet.", diagnosis="not implemented")),
]


def overview(page):
    """(state, name, points, what to do first) of each exercise."""
    rows = re.findall(r'<li class="(kept|lost|waits)">(.*?)</li>', page, re.DOTALL)
    parts = r'<a href="#exercise-\d+"><code>(.*?)</code></a>.*?"points">(.*?)</span>(.*)'
    return [
        (state, *map(str.strip, map(text_of, re.search(parts, row, re.DOTALL).groups())))
        for state, row in rows
    ]


def test_the_overview_has_a_line_for_each_exercise():
    """Are there, in order, name, points and the first failed check's message, and nothing to do where all is right?"""
    assert overview(page(*CELLS)) == [
        ("kept", "right", "4 of 4", ""),
        ("lost", "wrong", "3 of 6", "w has the opposite sign."),
        ("lost", "missing", "0 of 2", "f is not implemented yet."),
    ]


def test_only_what_needs_reading_is_open():
    """Are an exercise with lost points and its checks open, and texts, right and unwritten answers folded?"""
    text = Outlined(page(*CELLS)).open
    assert "it_is_wrong" in text
    for folded in (
        "A story",
        "Its maths",
        "it_is_right",
        "NotImplementedError",
        "check()",
        "the values are right",
    ):
        assert folded in text_of(page(*CELLS))
        assert folded not in text


def test_every_link_of_the_page_leads_somewhere():
    """Is each exercise of the overview on the page, once, wherever it stands?"""
    outlined = Outlined(page(*CELLS))
    links = [attributes["href"].removeprefix("#") for attributes in outlined.found("a")]
    places = [attributes["id"] for _, attributes in outlined.tags if "id" in attributes]
    assert len(places) == 3
    assert set(links) == set(places)


def test_what_belongs_to_one_exercise():
    """Are several answers above a test, and several tests below an answer, one exercise?"""
    cells = [
        answer("a"), new_markdown_cell("In between."), answer("b"), judged("test_a", 1, 1, check("x", **PASSES)),
        judged("test_b", 0, 2, check("y")), answer("c"), judged("test_c", 1, 1, check("z", **PASSES)),
    ]  # fmt: skip
    assert [row[1:] for row in overview(page(*cells))] == [("a, b", "1 of 3", "y"), ("c", "1 of 1", "")]


def test_checks_that_say_the_same_are_one_line():
    """Are neighbours with the same message counted, and their points added?"""
    same = {**FAILS, "check": "f: values", "message": "the result is transposed."}
    text = " ".join(text_of(page(answer("f"), judged("t", 0, 9, same, same, check("other")))).split())
    assert "f: values (2 times) 0 of 6" in text
    assert "check of other 0 of 3" in text


LOST = {**FAILS, "status": "could not run"}


@pytest.mark.parametrize(
    ("checks", "first"),
    [([check("a")], "a This waits for your instructor's mark."), ([check("told", **LOST)], "told"),
     ([check("told", **LOST), check("a")], "a told"), ([], "This waits for your instructor's mark.")],
)  # fmt: skip
def test_what_waits_says_so(checks, first):
    """Does the line of an exercise that waits for a person say it, after what the student can do?"""
    [row] = overview(page(answer("f"), judged("t", 0, 4, *checks, waits=True)))
    assert (row[0], row[3]) == ("waits", first)


@pytest.mark.parametrize(
    ("grade", "state", "first"),
    [({"waits": True}, "waits", "This waits for your instructor's mark."),
     ({"by_hand": 1.0}, "lost", "Your instructor took points off."),
     ({"by_hand": 4.0}, "kept", ""),
     ({"extra": 2.0}, "kept", "")],
)  # fmt: skip
def test_marks_by_hand(grade, state, first):
    """Does the overview say what a person did or has to do?"""
    [row] = overview(page(answer("f"), judged("t", 4, 4, check("right", **PASSES), **grade)))
    assert (row[0], row[3]) == (state, first)


def test_comments_are_open_and_nbgraders_own_is_not_there():
    """Is a comment read first, also where all is right, and "No response." only where no check says it?"""
    cells = [
        answer("f", comment="Look at **this**."), judged("test_f", 1, 1, check("right", **PASSES)),
        answer("g", comment="No response."), judged("test_g", 0, 1, check("not yet", diagnosis="not implemented")),
        answer("free", comment="No response."), new_markdown_cell("The end."),
    ]  # fmt: skip
    outlined = Outlined(page(*cells))
    assert "Look at this." in outlined.open
    assert outlined.open.count("No response.") == 1


def test_the_score_of_record(tmp_path):
    """Does the page show what the gradebook holds: by hand, on top, for being late, and in the end?"""
    course = fed_back(tmp_path, submission(SLIPS))
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        gradebook.find_grade("test_scale", ID, ID, "ada").manual_score = 20.5
        gradebook.find_grade("test_fit", ID, ID, "ada").extra_credit = 3
        gradebook.find_comment("scale", ID, ID, "ada").manual_comment = "Half of it, for the $x$."
        gradebook.find_submission_notebook(ID, ID, "ada").late_submission_penalty = 10
        gradebook.db.commit()
        record = grades_of(gradebook, [ID])["ada", ID]
    assert run(course, "feedback") == 0
    text = " ".join(text_of(page_of(course)).split())
    assert record.final == 48.5
    assert "48.5 of 100 points" in text
    assert "automatic 35 by hand +20.5 extra credit +3 late penalty −10" in text
    assert "Marked by hand: 20.5 of 50 points." in text
    assert "Extra credit: 3 points." in text
    assert "Comment of your instructor Half of it, for the x" in text


def test_headings_are_in_order():
    """Is there one h1, and no level left out below it, whatever levels a text has?"""
    deep = [
        new_markdown_cell(f"{'#' * level} Of level {level}\n\n#### Deep\n\n## Up", id=f"t{level}")
        for level in (6, 1, 3, 5)
    ]
    levels = Outlined(
        page(*CELLS, *deep, answer("h", comment="###### So"), judged("t", 0, 1, check("no")))
    ).levels
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_pictures_have_words_and_come_from_the_page():
    """Has each picture an alternative text, and is one from elsewhere only named?"""
    text = f"![a map](data:image/png;base64,{PIXEL}) ![](data:image/png;base64,{PIXEL}) ![a cat](https://x.y/cat.png)"
    shown = page(new_markdown_cell(text), answer("f", **{"image/png": PIXEL}), judged("t", 0, 1, check("no")))
    outlined = Outlined(shown)
    assert sorted(one["alt"] for one in outlined.found("img")) == sorted(
        ["a map", NO_WORDS, "picture 1 that this cell drew"]
    )
    assert "a cat (https://x.y/cat.png)" in text_of(shown)
    assert {one["src"].partition(",")[0] for one in outlined.found("img")} == {"data:image/png;base64"}


def test_a_page_needs_nothing_else_and_runs_nothing():
    """Is there no script, no form, nothing to load, and a rule for the browser that allows none of it?"""
    outlined = Outlined(page(*CELLS))
    assert {tag for tag, _ in outlined.tags} & {
        "script",
        "link",
        "iframe",
        "object",
        "form",
        "input",
        "button",
    } == set()
    assert not any(name.startswith("on") for _, attributes in outlined.tags for name in attributes)
    rules = [
        one["content"] for one in outlined.found("meta") if one.get("http-equiv") == "Content-Security-Policy"
    ]
    assert rules == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert "url(" not in page(*CELLS)
    assert "@import" not in page(*CELLS)


def test_the_keyboard_reaches_what_scrolls():
    """Can output, listings and tables that are too wide be scrolled without a mouse?"""
    texts = new_markdown_cell("```\nwide\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    outlined = Outlined(page(texts, new_code_cell("1", outputs=[new_output("stream", text="wide")])))
    wide = [attributes for _, attributes in outlined.tags if "scroll" in attributes.get("class", "").split()]
    assert len(wide) == 3
    assert all(attributes.get("tabindex") == "0" for attributes in wide)
    assert [tag for tag, _ in outlined.tags].count("th") == 2


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_of_text_can_be_read(dark):
    """Is the contrast of each to each paper at least 4.5 to 1, as WCAG 2.1 asks?"""
    light, night = re.findall(r":root \{(.*?)\}", page(*CELLS), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", light)) | (
        dict(re.findall(r"--([\w-]+): (#\w{6})", night)) if dark else {}
    )
    papers = [colours.pop(name) for name in ("paper", "raised", "note-paper")]
    colours.pop("line")
    assert len(colours) >= 9
    for name, colour in colours.items():
        for paper in papers:
            lighter, darker = sorted((luminance(colour), luminance(paper)), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, name


def test_what_was_put_back_is_said_once():
    """Are the notes at the top, and the cell that the graded notebook has for them nowhere?"""
    notice = new_markdown_cell("**Put right before grading**\n\n- so", id="restored-by-the-grader")
    text = text_of(page(notice, *CELLS, restored=["so"]))
    assert text.count("Put right before grading") == 1


def test_another_graders_cells_have_points_and_give_nothing_away():
    """Does a test cell without our facts show its points, and nothing that it printed?"""
    test, grade = judged("t", 1, 2)
    del test.metadata["autograder"]
    test.outputs = [new_output("error", ename="E", evalue="hidden", traceback=["hidden"])]
    shown = page(answer("f"), (test, grade))
    assert overview(shown) == [("lost", "f", "1 of 2", "Your instructor took points off.")]
    assert "hidden" not in Outlined(shown).open


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (8.0, "8"),
        (92.5, "92.5"),
        (100 / 3, "33.33"),
        (100.0, "100"),
        (-0.001, "0"),
        (-10.0, "-10"),
        (0.0, "0"),
    ],
)
def test_points(value, shown):
    """Has a number of points at most two decimals?"""
    assert points(value) == shown


@pytest.mark.parametrize(
    ("message", "shown"),
    [("`f` is `<b>`", "<code>f</code> is <code>&lt;b&gt;</code>"), ("a ` alone <i>", "a ` alone &lt;i&gt;"),
     ("on *Alice*, 2 * 3 * 4", "on <em>Alice</em>, 2 * 3 * 4")],
)  # fmt: skip
def test_messages(message, shown):
    """Are names in backticks code, and is everything else only text?"""
    assert ticked(message) == shown

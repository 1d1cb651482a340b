"""Is the student's work found, whatever an editor, a formatter or a slip did to the notebook?"""

import copy
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.released import released, remember
from autograder.grading.restore import blank, is_tampering, restore
from autograder.grading.submission import read_submission
from autograder.tests.mini import (
    DOUBLE,
    FULL,
    ID,
    QUICK,
    SCALE,
    TEST_SCALE,
    cell,
    judged,
    make_course,
    release_notebook,
    scores,
    source_notebook,
    submission,
    write,
)  # fmt: skip

TESTS = list(FULL)
RIGHT = {"double": "def double(x):\n    return x + x", "scale": SCALE.replace("### ", "# ")}


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


def _at(notebook, name):
    return next(
        i for i, c in enumerate(notebook.cells) if c.metadata.get("nbgrader", {}).get("grade_id") == name
    )


def _without_metadata(notebook, *names):
    for name in names:
        notebook.cells[_at(notebook, name)].metadata = nbformat.NotebookNode()


def _lost(*names):
    def change(notebook):
        _without_metadata(notebook, *names)

    return change  # fmt: skip


def _all_lost(notebook):
    for one in notebook.cells:
        one.metadata = nbformat.NotebookNode()


def _renamed(notebook):
    notebook.cells[_at(notebook, "scale")].metadata.nbgrader["grade_id"] = "scale-copy"


def _typed(kind):
    def change(notebook):
        for name in ("double", "scale"):
            at = _at(notebook, name)
            old = notebook.cells[at]
            notebook.cells[at] = kind(old.source, id=old.id, metadata=old.metadata)

    return change  # fmt: skip


def _text_and_lost(notebook):
    at = _at(notebook, "scale")
    notebook.cells[at] = new_raw_cell(notebook.cells[at].source)


def _merged(first, second, keeps):
    """Two neighbours become one cell, which keeps the metadata of one of them, or of none."""

    def change(notebook):
        one, two = (notebook.cells[_at(notebook, name)] for name in (first, second))
        text = f"{one.source}\n\n{two.source}"
        kept = {first: one, second: two}.get(keeps)
        merged = new_code_cell(text, metadata=kept.metadata if kept else {})
        at = notebook.cells.index(one)
        notebook.cells.remove(two)
        notebook.cells[at] = merged

    return change  # fmt: skip


def _split(notebook):
    """One function a cell; the first keeps the metadata."""
    at = _at(notebook, "scale")
    first, second = notebook.cells[at].source.split("\n\ndef ")
    notebook.cells[at].source = first
    notebook.cells.insert(at + 1, new_code_cell(f"def {second}"))


def _split_with_stub(notebook):
    """The answer to one function stands above, in a cell of its own, and the released cell has the other."""
    at = _at(notebook, "scale")
    first, second = notebook.cells[at].source.split("\n\ndef ")
    stub = "def scale_forward(x, w):\n    '''Not here.'''\n    raise NotImplementedError()"
    notebook.cells[at].source = f"{stub}\n\ndef {second}"
    notebook.cells.insert(at, new_code_cell(first))


def _blank_cell(name):
    notebook = release_notebook()
    return copy.deepcopy(notebook.cells[_at(notebook, name)])


def _blank_copy(name, place, keeps=True):
    def change(notebook):
        extra = _blank_cell(name)
        extra.metadata, extra.id = extra.metadata if keeps else {}, "copy"
        at = {
            "top": 1,
            "above": _at(notebook, name),
            "below": _at(notebook, name) + 1,
            "end": len(notebook.cells),
        }
        notebook.cells.insert(at[place], extra)

    return change  # fmt: skip


def _answered_above(notebook):
    """The released cell is still blank; the answer stands above it."""
    at = _at(notebook, "double")
    notebook.cells[at] = _blank_cell("double")
    notebook.cells.insert(at, new_code_cell(RIGHT["double"]))


def _answered_by_assignment(notebook):
    notebook.cells[_at(notebook, "double")].source = "double = lambda x: 2 * x"


def _older_below(notebook):
    """A wrong experiment below the test: a clean run never sees it before the test."""
    wrong = cell("double", "def double(x):\n    return 3 * x", solution=True)
    wrong.id = "wrong"
    notebook.cells.insert(len(notebook.cells), wrong)
    notebook.cells[_at(notebook, "double")].source = RIGHT["double"]


def _exchanged(notebook):
    """The marks of two exercises stand at each other's answers."""
    one, two = (notebook.cells[_at(notebook, name)] for name in ("double", "scale"))
    one.source, two.source = two.source, one.source
    i, j = notebook.cells.index(one), notebook.cells.index(two)
    notebook.cells[i], notebook.cells[j] = two, one


def _magics(notebook):
    for name in ("double", "test_double"):
        at = _at(notebook, name)
        notebook.cells[at].source = f"%%time\n{notebook.cells[at].source}"
    notebook.cells[_at(notebook, "double")].source = f"%precision 3\n{RIGHT['double']}"


WORKS = {
    **{f"lost-{'-'.join(names)}": _lost(*names) for names in (
        ["double"], ["scale"], ["fit"], ["double", "scale"], ["setup"], ["setup", "double"],
        ["test_double"], ["scale", "test_scale"], ["setup", "double", "scale", "fit"])},
    "all-lost": _all_lost, "renamed": _renamed, "markdown": _typed(new_markdown_cell), "raw": _typed(new_raw_cell),
    "raw-and-lost": _text_and_lost, "split": _split, "split-with-stub": _split_with_stub,
    **{f"merged-{one}-{two}-{keeps}": _merged(one, two, keeps) for one, two, keeps in (
        ("setup", "double", "setup"), ("setup", "double", "double"), ("setup", "double", None),
        ("double", "test_double", "double"), ("double", "test_double", "test_double"), ("double", "test_double", None),
        ("test_double", "scale", "test_double"), ("test_double", "scale", "scale"), ("test_scale", "fit", None))},
    **{f"blank-{name}-{place}-{keeps}": _blank_copy(name, place, keeps)
       for name in ("double", "scale") for place in ("top", "above", "below", "end") for keeps in (True, False)},
    "answered-above": _answered_above, "assigned": _answered_by_assignment, "experiment-below": _older_below,
    "magics": _magics, "exchanged": _exchanged,
}  # fmt: skip


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """points(what was restored): the scores of a notebook; of several that are restored alike, the first is judged."""
    course, known = make_course(tmp_path_factory.mktemp("once")), {}

    def points(restored):
        code = tuple(one.source for one in restored.cells if one.cell_type == "code")
        if code not in known:
            write(course.submitted("ada", ID), restored)
            rules = Rules(
                course.source(ID), "bwrap", QUICK, show=False
            )  # what a person sees of it is not asked here
            known[code] = scores(judge_one(course, "ada", ID, rules)[0])
        return known[code]

    return points


@pytest.mark.parametrize("name", WORKS)
def test_right_work_is_found(course, points, name):
    """Has it full marks, and does nothing look like tampering?"""
    notebook = submission()
    WORKS[name](notebook)
    found = restore(read_submission(write(course.submitted("ada", ID), notebook)), source_notebook())
    assert points(found.notebook) == FULL
    assert not [note for note in found.notes if is_tampering(note, [])]


def test_judging_finds_work_as_restoring_does(course):
    """Is a submission judged from its file as what was restored of it?"""
    notebook = submission()
    for name in ("split-with-stub", "lost-test_double", "blank-double-end-True"):
        WORKS[name](notebook)
    result = judged(course, notebook)
    assert scores(result) == FULL
    assert not [note for note in result.restored if is_tampering(note, [])]


def _edited(name, old, new):
    def change(notebook):
        one = notebook.cells[_at(notebook, name)]
        assert old in one.source
        one.source = one.source.replace(old, new)

    return change  # fmt: skip


FORMATTED = {
    "quotes": _edited("test_scale", '"', "'"),
    "spaces": _edited("test_scale", "\n", "   \n"),
    "carriage returns": _edited("test_scale", "\n", "\r"),
    "windows": _edited("test_scale", "\n", "\r\n"),
    "wrapped": _edited("test_scale", "check_gradients(scale_forward,", "check_gradients(\n    scale_forward,\n   "),
    "trailing comma": _edited("test_scale", '["double"])', '["double"],)'),
    "comment": _edited("test_scale", "import numpy", "# a note of mine\nimport numpy"),
    "numbers": _edited("test_scale", "1.0, 2.0", "1.0,2.0"),
    "sorted imports": _edited("test_double", "import check_shapes, check_values",
                              "import (\n    check_values,\n    check_shapes,\n)"),
    "import split": _edited("test_double", "from autograder import check_shapes, check_values",
                            "from autograder import check_shapes\nfrom autograder import check_values"),
    "import gone": _edited("test_scale", "import numpy as np\n", ""),
    "print": _edited("test_scale", "import numpy as np\n", "import numpy as np\nprint(double(3))\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATTED)
def test_layout_is_no_tampering(name):
    """Do quotes, spaces, line ends, import order and additions leave a test what it is?"""
    notebook = submission()
    FORMATTED[name](notebook)
    assert not [note for note in restore(notebook, source_notebook()).notes if is_tampering(note, TESTS)]


TAMPERED = {
    "weaker": _edited("test_scale", "2.0, 3.0", "2.0, 2.0"),
    "gone": _edited("test_scale", "check_gradients(scale_forward", "print(scale_forward"),
    "empty": _edited("test_scale", "check_gradients", "#"),
    "given": _edited("setup", "import numpy as np", "H = 3"),
}


@pytest.mark.parametrize("name", ["weaker", "gone", "empty"])
def test_a_changed_test_is_tampering(name):
    """Is a check that asks something else noted as such?"""
    notebook = submission()
    TAMPERED[name](notebook)
    assert [note for note in restore(notebook, source_notebook()).notes if is_tampering(note, TESTS)]


ADDED = {
    "import": ("setup", "import numpy as np\nimport math", "    return x * math.sqrt(4)"),
    "alias": ("setup", "import numpy as np, math", "    return x * math.sqrt(4)"),
    "above": ("setup", "from math import sqrt\nimport numpy as np", "    return x * sqrt(4)"),
    "function": ("setup", "import numpy as np\ndef twice(y):\n    return 2 * y", "    return twice(x)"),
    "in the test": ("test_double", f"TWO = 2\n{submission().cells[3].source}", "    return TWO * x"),
}


@pytest.mark.parametrize("name", ADDED)
def test_what_was_added_to_a_locked_cell_runs(course, name):
    """Does an answer that needs it earn its points, and is it said?"""
    where, text, body = ADDED[name]
    result = judged(course, submission({"double": f"def double(x):\n{body}", where: text}))
    assert scores(result) == FULL
    assert result.restored == [f"1 cell with additions, which ran as cells of their own: {where}"]


def test_an_addition_replaces_nothing_of_the_courses(course):
    """Does a given name stay what the course made it?"""
    source = source_notebook()
    source.cells[1].source += "\nFACTOR = 2"
    write(course.source(ID), source)
    changed = submission(
        {"setup": "import numpy as np\nFACTOR = 5", "double": "def double(x):\n    return FACTOR * x"}
    )
    assert scores(judged(course, changed)) == FULL


def test_wrong_work_is_found_as_well(course):
    """Does a wrong answer stay wrong beside a right one below its test, and a blank one blank?"""
    notebook = submission({"double": "def double(x):\n    return 3 * x"})
    notebook.cells.append(new_code_cell(RIGHT["double"]))
    assert scores(judged(course, notebook))["test_double"] == 15  # the shapes
    assert judged(course, release_notebook()).score == 0


def test_a_release_that_was_handed_out_is_no_tampering(course):
    """Is an old release, or other points, told apart from what a student changed?"""
    old = source_notebook()
    remember(course, ID, blank(old))
    handed_in = submission()
    new = source_notebook()
    new.cells[_at(new, "test_scale")].source = TEST_SCALE.replace("2.0, 3.0", "2.0, 4.0")
    new.cells[_at(new, "test_double")].metadata.nbgrader["points"] = 35
    for known, tampering in ((frozenset(), 2), (released(course, ID), 0)):
        notes = restore(handed_in, new, released=known).notes
        assert sum(is_tampering(note, TESTS) for note in notes) == tampering, notes


def test_grading_remembers_and_damage_is_forgotten(course):
    """Does a damaged memory cost nothing?"""
    write(course.released(ID), "{")
    assert released(course, ID) == frozenset()
    remember(course, ID, blank(source_notebook()))
    assert released(course, ID)


def test_names_of_figures_exist_in_grading(course):
    """May an answer use what a figure cell defines, in a figure's own way, and is no other figure run?"""
    source = source_notebook()
    for name, text in (
        ("look", "factor = 2\nother = factor"),
        ("more", "half = other / 2"),
        ("slow", "1 / 0\nunused = 1"),
    ):
        figure = cell(name, text)
        figure.metadata["tags"] = ["figure"]
        source.cells.insert(2, figure) if name == "look" else source.cells.insert(3, figure)
    write(course.source(ID), source)
    notebook = copy.deepcopy(source)
    for one in notebook.cells:
        one.source = one.source.split("### BEGIN HIDDEN")[0] if "check" in one.source else one.source
    notebook.cells[
        _at(notebook, "double")
    ].source = "def double(x):\n    return other * half * x * factor / 2"
    write(course.submitted("ada", ID), notebook)
    assert scores(judge_one(course, "ada", ID, Rules(course.source(ID), "landlock", QUICK))[0]) == FULL


def test_what_a_test_imports_exists_in_grading(course):
    """May an answer use what the visible part of a test above imports, and nothing of the hidden part?"""
    source = source_notebook()
    test = source.cells[_at(source, "test_double")]
    test.source = f"import math\n{test.source}".replace(
        "import hidden_rng", "import hidden_rng as deep, hidden_rng"
    )
    write(course.source(ID), source)
    answer = RIGHT["scale"].replace("return ", "return math.ldexp(1, 0) * ", 1)
    answer += "\nassert 'deep' not in globals() and 'check_shapes' not in globals()\nmath.pi"
    notebook = submission({"scale": answer})
    assert scores(judged(course, notebook)) == FULL


def test_long_cells_run_as_they_are(course):
    """Is a cell that is too long to be looked at still the student's?"""
    long = RIGHT["double"] + "\n" + "#" * 100_000
    assert scores(judged(course, submission({"double": long}))) == FULL
    assert DOUBLE not in long


def test_looking_into_a_notebook_is_bounded(course):
    """Is an endless notebook known by its ids alone, within seconds of the grader's own time, and still judged?"""
    notebook = submission()
    notebook.cells += [
        new_code_cell("double = 1\n" + "x = a + b * (c - 1)\n" * 2900 + f"# {i}") for i in range(40)
    ]
    began = time.process_time()
    restored = restore(notebook, source_notebook(), beside=["mini (1).ipynb"])
    assert time.process_time() - began < 3
    assert restored.notes == []

"""What crosses the border, and what does not: files, modules, hidden inputs."""

import nbformat
import pytest

from autograder.files import beside, named
from autograder.gradescope.handed_in import hand_in
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.payload import pack
from autograder.sandbox.limits import Limits
from autograder.tests.mini import (
    FULL,
    ID,
    QUICK,
    judged,
    messages,
    scores,
    submission,
    write,
)


def test_submissions_own_files_are_there(course):
    """Can a submission read a file that was handed in with it, but not through a link?"""
    folder = course.submitted("ada", ID).parent
    write(folder / "factor.txt", "2")
    (folder / "leak.txt").symlink_to(course.source(ID))
    good = "def double(x):\n    return int(open('factor.txt').read()) * x"
    bad = "def double(x):\n    return len(open('leak.txt').read()) * 0 + 2 * x"
    assert scores(judged(course, submission({"double": good}))) == FULL
    assert scores(judged(course, submission({"double": bad})))["test_double"] == 0


def test_submitted_modules_shadow_nothing(course):
    """Do files named like our modules or NumPy's stay unimported, while a helper of one's own works?"""
    folder = course.submitted("ada", ID).parent
    for name in (
        "copy",
        "msgpack",
        "autograder",
        "numpy",
        "socket",
        "sitecustomize",
        "usercustomize",
        "IPython",
    ):
        write(folder / f"{name}.py", "raise SystemExit")
    write(folder / "helper.py", "def twice(x): return 2 * x")
    result = judged(
        course, submission({"double": "import helper\ndef double(x):\n    return helper.twice(x)"})
    )
    assert scores(result) == FULL


@pytest.mark.parametrize("wall", ["bwrap", "landlock", "none"])
def test_folders_beside_the_notebook_are_there(course, wall):
    """Can a submission import a package and read data in a folder, but nothing by a linked folder?"""
    folder = course.submitted("ada", ID).parent
    write(folder / "tools" / "__init__.py", "from .inner import twice")
    write(folder / "tools" / "inner.py", "def twice(x): return x * int(open('data/deep/factor.txt').read())")
    write(folder / "data" / "deep" / "factor.txt", "2")
    write(folder / "numpy" / "__init__.py", "raise SystemExit")
    (folder / "leak").symlink_to(course.source(ID).parent)
    good = "import os, tools\ndef double(x):\n    return tools.twice(x) + os.path.exists('leak')"
    write(course.submitted("ada", ID), submission({"double": good}))
    result, _ = judge_one(course, "ada", ID, Rules(course.source(ID), wall, Limits(cell_seconds=20)))
    assert scores(result) == FULL


def test_a_notebook_may_run_another(course):
    """Is one that was handed in beside it there, and none of the assignment's own?"""
    folder = course.submitted("ada", ID).parent
    helpers = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("def twice(x):\n    return 2 * x")])
    write(folder / "helpers.ipynb", helpers)
    good = (
        f"import os\n%run helpers.ipynb\ndef double(x):\n    return twice(x) + os.path.exists('{ID}.ipynb')"
    )
    assert scores(judged(course, submission({"double": good}))) == FULL


def test_folders_go_wherever_a_submission_goes(course, tmp_path):
    """Are they in what another machine gets, in the graded copy's files, and in what Gradescope hands in?"""
    folder = course.submitted("ada", ID).parent
    write(course.submitted("ada", ID), submission())
    write(folder / "tools" / "inner.py", "x = 1")
    packed = pack(course, "ada", ID, Rules(course.source(ID)))
    assert packed.files["tools/inner.py"] == b"x = 1"
    assert [name for name, _ in named(beside(folder, {f"{ID}.ipynb"}))] == ["tools/inner.py"]
    hand_in(folder, tmp_path / "there" / f"{ID}.ipynb")
    assert (tmp_path / "there" / "tools" / "inner.py").read_text() == "x = 1"


def test_grading_refuses_to_start_without_bubblewrap(monkeypatch, tmp_path):
    """Does a machine without bubblewrap get a sentence that says how to get it?"""
    from autograder.course import CourseError
    from autograder.sandbox.places import require

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match=r"doctor --install.*--sandbox none"):
        require("bwrap")


def test_the_worker_sees_only_what_notebooks_import(course):
    """Is the rest of the package out of sight, also in an editable installation?"""
    probe = "import autograder.hidden as h, autograder.grading as g\ndef double(x): return 2 * x"
    assert scores(judged(course, submission({"double": probe})))["test_double"] == 0


@pytest.mark.parametrize("magic", ["", "%matplotlib inline\n"])
def test_pictures_come_back_and_not_too_many(course, magic):
    """Does a plot reach the graded copy as a picture, and of a flood the first eight?"""
    plot = f"{magic}import matplotlib.pyplot as plt\nfor _ in range(9): plt.plot([1, 2]); plt.show()"
    write(course.submitted("ada", ID), submission(extra=plot))
    result, texts = judge_one(course, "ada", ID, Rules(course.source(ID), "bwrap", Limits(cell_seconds=20)))
    assert scores(result) == FULL
    outputs = next(cell.outputs for cell in nbformat.reads(texts[ID], 4).cells if "plt" in cell.source)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 8


def test_hidden_inputs_do_not_reach_the_student(course):
    """Is what the student's code saw during hidden checks absent from the graded copy?"""
    spy = (
        "seen = []\ndef double(x):\n    seen.append(x.tolist()); print('SAW', x.tolist())\n"
        "    if x.ndim == 2: raise ValueError(f'SAW {x.tolist()}')\n    return 2 * x"
    )
    notebook = submission({"double": spy})
    notebook.cells.append(submission(extra="print('SAW', seen)").cells[2])
    write(course.submitted("ada", ID), notebook)
    result, texts = judge_one(course, "ada", ID, Rules(course.source(ID), "bwrap", QUICK))
    assert "`double` raised ValueError." in " ".join(messages(result))
    assert "SAW []" in texts[ID], "the last cell ran where no test had run"
    assert texts[ID].count("SAW [[") == 0


def test_hidden_inputs_differ_by_submission_and_repeat(course):
    """Are hidden inputs the same when a submission is graded again, and others for another one?"""
    import autograder.hidden as hidden

    def draw(secret):
        with hidden.grading(hidden.Grading(course.source(ID), secret)):
            return hidden.hidden_rng().normal(size=4).tolist()

    assert draw("a") == draw("a") != draw("b")

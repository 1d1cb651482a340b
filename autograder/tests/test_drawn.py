"""Do the pictures of drawn cells stand in the release, before anything runs and whatever else the cells do?"""

import json
import os
import time

import nbformat
import pytest
from nbformat.v4 import new_notebook

from autograder.build import drawn
from autograder.build.drawn import fold, pictures, with_pictures
from autograder.build.release import build
from autograder.cells import cells_of
from autograder.course import CourseError
from autograder.grading.restore import restore
from autograder.tests.mini import (
    ID,
    calibration_of,
    cell,
    judged,
    make_course,
    scores,
    source_notebook,
    write,
)
from autograder.truth.calibration import path_of

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")]

DRAW = """from autograder import BLUE, canvas, show_figure
print("a secret number:", double(21))
figure, axes = canvas(3, 2)
axes.plot(double(np.arange(3)), color=BLUE)
show_figure(figure, alt="Twice x is a straight line.")
double(1)"""


def figure(source, *tags):
    """A figure cell of the source."""
    made = cell("picture", source)
    made.metadata["tags"] = ["figure", *(tags or ("drawn",))]
    return made


def source_with(*cells):
    """The mini notebook with more cells behind its first exercise."""
    nb = source_notebook()
    nb.cells[3:3] = cells
    return nb


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course that was built with a drawn cell, once."""
    course = make_course(tmp_path_factory.mktemp("course"))
    nb = source_with(figure(DRAW))
    write(course.source(ID), nb)
    write(path_of(course, ID), json.dumps(calibration_of(nb)))
    build(course, ID)
    return course


def released(course):
    return nbformat.read(course.release(ID), as_version=4)


def test_the_picture_stands_in_the_release(built):
    """Has the drawn cell its picture and words, of all that it shows nothing else, and no other cell an output?"""
    outputs = {one.id: one.outputs for one in released(built).cells if one.cell_type == "code"}
    (output,) = outputs.pop("picture")
    assert output.data.keys() == {"image/png", "text/html", "text/plain"}
    assert (output.data["text/plain"], output.output_type) == ("Twice x is a straight line.", "display_data")
    assert output.metadata["image/png"]["alt"] == "Twice x is a straight line."
    assert not any(outputs.values())
    assert "42" not in str(output.data["text/plain"])
    assert "a secret number: 42" not in built.release(ID).read_text()


def test_its_code_is_folded_away(built):
    """Is the drawn cell closed in JupyterLab and Colab, nothing else, and the source as it was?"""
    folded = [one.id for one in released(built).cells if one.metadata.get("jupyter", {}).get("source_hidden")]
    assert folded == ["picture"]
    assert next(one for one in released(built).cells if one.id == "picture").metadata.cellView == "form"
    assert "source_hidden" not in built.source(ID).read_text()


def test_a_cell_that_only_draws_may_be_folded_without_a_picture():
    """Does the tag "folded" close a figure and nothing that grading runs?"""
    nb = fold(source_with(figure("1", "folded"), figure("2", "other")))
    assert ["jupyter" in one.metadata for one in nb.cells[3:5]] == [True, False]


def test_a_rebuild_and_nbgraders_own_command_give_the_same_bytes(built, monkeypatch, tmp_path):
    """Is the release the same when it is drawn anew, here and by `nbgrader generate_assignment`?"""
    from autograder.tests.nbgrader_command import runner

    before = built.release(ID).read_bytes()
    assert build(built, ID) == "the release is up to date"
    built.release(ID).unlink()
    monkeypatch.setattr("autograder.build.release.try_out", lambda *_: "")
    runner(built, monkeypatch, tmp_path)("generate_assignment", ID, "--force", "--no-db")
    assert built.release(ID).read_bytes().strip() == before.strip()


def test_the_release_handed_in_as_it_is(built):
    """Are its outputs no edits: no points, no notes, and still blank?"""
    result = judged(built, released(built))
    assert (sum(scores(result).values()), result.restored) == (0, [])
    source = nbformat.read(built.source(ID), as_version=4)
    assert restore(released(built), source, beside=["other.ipynb"]).notes == [
        "No code of this notebook differs from the release, and other.ipynb lies beside it; ask which one counts."
    ]


def test_a_course_without_drawn_cells_starts_nothing(monkeypatch, tmp_path):
    """Is no process started where nothing is drawn?"""
    monkeypatch.setattr(drawn.subprocess, "Popen", None)
    nb = source_with(figure(DRAW, "other"))
    assert pictures(nb, tmp_path) == []
    assert with_pictures(nb, nb, tmp_path) is nb


def test_only_what_stands_above_runs(tmp_path):
    """Are tests, undrawn figures and the cells below the last drawn one left out, and answers by hand not?"""
    (tmp_path / "ran").mkdir()
    touch = "import os; os.mkdir('{}/{}')"
    by_hand = cell("by_hand", touch.format(tmp_path / "ran", "hand"), solution=True, points=1)
    test = cell("test", touch.format(tmp_path / "ran", "test"), points=1)
    cells = [by_hand, test, figure(touch.format(tmp_path / "ran", "figure"), "other"), figure(DRAW),
             cell("below", touch.format(tmp_path / "ran", "below"))]  # fmt: skip
    assert len(pictures(source_with(*cells), tmp_path)) == 1
    assert [one.name for one in (tmp_path / "ran").iterdir()] == ["hand"]


@pytest.mark.parametrize(("source", "says"), [
    ("1 / 0", r"cell picture failed with ZeroDivisionError: division by zero\. Mend it"),
    ("print(trained)", "cell picture failed with NameError: name 'trained' is not defined"),
    ("def", "cell picture failed with SyntaxError"),
    ("import os; os._exit(3)", "one of the cells from picture to picture ended its Python"),
    ("raise SystemExit", "cell picture failed with SystemExit"),
    ("import matplotlib.pyplot as plt\nplt.plot([1, 2])", r"Cell picture is tagged `drawn` and shows no picture that has words"),
    ("from IPython.display import display\ndisplay({'image/png': 'iVBORw0KGgo='}, raw=True)", r"end it with `show_figure\(figure"),
    ("from autograder import canvas, show_figure\nshow_figure(canvas()[0], '')", "say what the picture shows"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_one_sentence(tmp_path, source, says):
    """Are cell, reason and remedy named, and is nothing released?"""
    with pytest.raises(CourseError, match=says) as refusal:
        pictures(new_notebook(cells=[figure(source)]), tmp_path)
    assert "othing was released" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_cells_that_never_end_are_ended(tmp_path, monkeypatch):
    """Does a cell that takes too long give a sentence, and is what it started gone?"""
    monkeypatch.setattr(drawn, "SECONDS", 5)
    start = f"import subprocess\nopen('{tmp_path}/pid', 'w').write(str(subprocess.Popen(['sleep', '100']).pid))\nwhile True: pass"
    with pytest.raises(CourseError, match="take more than 5 seconds"):
        pictures(new_notebook(cells=[figure(start)]), tmp_path)
    time.sleep(0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(_alive(int((tmp_path / "pid").read_text())), 0)


def test_too_large_a_release_is_refused(tmp_path, monkeypatch):
    """Is the size said?"""
    monkeypatch.setattr(drawn, "MOST", 1000)
    nb = source_with(figure(DRAW))
    with pytest.raises(CourseError, match=r"The release would have 0\.0 MB, and may have 0\.001"):
        with_pictures(nb, nb, tmp_path)


def test_a_header_with_a_drawn_cell_is_refused(tmp_path):
    """Is a release with more drawn cells than its source told, rather than given other cells' pictures?"""
    nb = source_with(figure(DRAW))
    with pytest.raises(CourseError, match="has 2 cells tagged `drawn`, and its source 1"):
        with_pictures(source_with(figure(DRAW), figure(DRAW)), nb, tmp_path)


def test_every_notebook_of_this_course_has_pictures_before_anything_runs():
    """Has each at least one drawn cell, and no figure a colour that is not the package's?"""
    from autograder.tests.test_course import ASSIGNMENTS, COURSE, read

    for assignment in ASSIGNMENTS:
        figures = [one for one in cells_of(read(COURSE.source(assignment))) if one.is_figure]
        assert any(one.is_drawn for one in figures), assignment
        assert [one.name for one in figures if '"#' in one.source] == []


def _alive(pid):
    """The pid, or one that cannot be where only the entry of an ended process is left."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return 2**22 + 1 if stat.read().rpartition(")")[2].split()[0] == "Z" else pid
    except FileNotFoundError:
        return pid

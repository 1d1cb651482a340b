"""Do text and notebook stay in step, and is nobody's edit ever lost?"""

import json

import nbformat
import pytest

from autograder.build.pair import synchronise, to_notebook, to_text
from autograder.course import Course, CourseError

TEXT = """\
# %% [markdown]
# # One function

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true}
def double(x):
    return 2 * x


# %% tags=["figure"]
# %matplotlib inline
print(double(2))
"""


@pytest.fixture
def course(tmp_path):
    (tmp_path / "source" / "a").mkdir(parents=True)
    (tmp_path / "source" / "a" / "a.py").write_text(TEXT)
    return Course(tmp_path)


@pytest.fixture
def pair(course):
    synchronise(course, "a")
    return course


def edit_text(course, old="2 * x", new="x + x"):
    text = course.text("a")
    text.write_text(text.read_text().replace(old, new))


def edit_notebook(course, old="2 * x", new="x * 2"):
    nb = nbformat.read(course.source("a"), as_version=4)
    for cell in nb.cells:
        cell.source = cell.source.replace(old, new)
    nbformat.write(nb, course.source("a"))


def both(course):
    return course.text("a").read_bytes(), course.source("a").read_bytes()


def test_notebook_is_made_from_text(course):
    """Does a text alone get its notebook, with ids, kernel and magics in place?"""
    assert synchronise(course, "a") == "made the notebook from the text"
    nb = nbformat.read(course.source("a"), as_version=4)
    nbformat.validate(nb)
    assert [cell.id for cell in nb.cells] == ["cell-000", "double", "cell-002"]
    assert nb.cells[2].source == "%matplotlib inline\nprint(double(2))"
    assert (nb.metadata.kernelspec.name, nb.nbformat, nb.nbformat_minor) == ("python3", 4, 5)
    assert course.text("a").read_text() == TEXT


def test_text_is_made_from_notebook(pair):
    """Does a notebook alone get back the very text that it was made from?"""
    before = both(pair)
    pair.text("a").unlink()
    assert synchronise(pair, "a") == "made the text from the notebook"
    assert both(pair) == before


def test_second_run_changes_nothing(pair):
    """Does a pair in step keep its bytes, also when it was cloned with other times?"""
    before = both(pair)
    assert synchronise(pair, "a") == "already in step"
    assert both(pair) == before


def test_edited_text_wins_over_old_notebook(pair):
    """Does an edit of the text arrive in the notebook?"""
    edit_text(pair)
    assert synchronise(pair, "a") == "made the notebook from the text"
    assert "x + x" in pair.source("a").read_text()
    assert synchronise(pair, "a") == "already in step"


def test_edited_notebook_wins_over_old_text(pair):
    """Does an edit in JupyterLab arrive in the text?"""
    edit_notebook(pair)
    assert synchronise(pair, "a") == "made the text from the notebook"
    assert "x * 2" in pair.text("a").read_text()
    assert synchronise(pair, "a") == "already in step"


def test_two_edits_are_a_conflict(pair):
    """Are two different edits both kept until somebody chooses?"""
    edit_text(pair)
    edit_notebook(pair)
    before = both(pair)
    with pytest.raises(CourseError, match="--keep text"):
        synchronise(pair, "a")
    assert both(pair) == before


@pytest.mark.parametrize(("keep", "line"), [("text", "x + x"), ("notebook", "x * 2")])
def test_choice_settles_a_conflict(pair, keep, line):
    """Does the chosen form end up in both files?"""
    edit_text(pair)
    edit_notebook(pair)
    synchronise(pair, "a", keep)
    assert all(line.encode() in content for content in both(pair))
    assert synchronise(pair, "a") == "already in step"


def test_same_edit_on_both_sides_is_no_conflict(pair):
    """Is it in step when JupyterLab has saved both forms at once?"""
    edit_text(pair)
    edit_notebook(pair, new="x + x")
    assert synchronise(pair, "a") == "in step; tidied the notebook"


def test_jupyterlab_saves_the_same_bytes(pair):
    """Does jupytext's contents manager write exactly what we write?"""
    from jupyter_server.services.contents.largefilemanager import LargeFileManager
    from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(
        root_dir=str(pair.source("a").parent)
    )
    before = both(pair)
    content = manager.get("a.ipynb")["content"]
    manager.save({"type": "notebook", "content": content}, "a.ipynb")
    assert both(pair) == before


def test_traces_of_a_run_do_not_stay(pair):
    """Do outputs, counts, random ids and a person's kernel vanish without counting as an edit?"""
    before = both(pair)
    nb = nbformat.read(pair.source("a"), as_version=4)
    nb.metadata.kernelspec.display_name = "My Python"
    nb.metadata.language_info = {"name": "python", "version": "3.99"}
    nb.cells[1].update(id="b7a1f3c2", execution_count=3)
    nb.cells[1].outputs = [nbformat.v4.new_output("stream", text="4\n")]
    nb.cells[1].metadata["execution"] = {"iopub.status.busy": "2030-01-01"}
    nbformat.write(nb, pair.source("a"))
    assert synchronise(pair, "a") == "in step; tidied the notebook"
    assert both(pair) == before


def test_header_and_line_ends_of_a_text_do_not_count(pair):
    """Is a text with jupytext's own header and Windows line ends the same text?"""
    before = both(pair)
    header = "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       extension: .py\n"
    header += "#       format_name: percent\n#       jupytext_version: 1.0.0\n# ---\n\n"
    pair.text("a").write_bytes((header + TEXT).replace("\n", "\r\n").encode("utf-8-sig"))
    assert synchronise(pair, "a") == "in step; tidied the text"
    assert both(pair) == before


@pytest.mark.parametrize(
    "damage",
    [
        "<<<<<<< HEAD\n{",
        "",
        "[]",
        '{"cells": 3}',
        '{"nbformat": 4}',
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "\xff",
    ],
)
def test_damaged_notebook_is_named(pair, damage):
    """Does a damaged notebook stop with a way out, and does that way work?"""
    pair.source("a").write_bytes(damage.encode("latin-1"))
    with pytest.raises(CourseError, match=r"a\.ipynb is not a readable notebook .*--keep text"):
        synchronise(pair, "a")
    assert synchronise(pair, "a", "text") == "made the notebook from the text"
    assert json.loads(pair.source("a").read_text())["nbformat"] == 4


@pytest.mark.parametrize(
    "damage",
    [
        b"\xff",
        b"<<<<<<< HEAD\n# %%\n>>>>>>> x\n",
        b'# %% nbgrader={"grade":\nx = 1\n',
        b"\n",
    ],
)
def test_damaged_text_is_named(pair, damage):
    """Does a damaged text stop before it damages the notebook?"""
    pair.text("a").write_bytes(damage)
    before = both(pair)
    with pytest.raises(CourseError, match=r"a\.py"):
        synchronise(pair, "a")
    assert both(pair) == before
    synchronise(pair, "a", "notebook")
    assert pair.text("a").read_text() == TEXT


def test_nothing_to_pair_is_said(course):
    """Does an empty folder get a sentence?"""
    course.text("a").unlink()
    with pytest.raises(CourseError, match="holds no text or notebook"):
        synchronise(course, "a")


@pytest.mark.parametrize("line", ["# %% not a cell", "# %% [markdown]"])
def test_cell_that_text_cannot_hold_is_refused(line):
    """Is a cell that would fall into two refused rather than changed?"""
    nb = to_notebook(TEXT)
    nb.cells[1].source = f"x = 1\n{line}\ny = 2"
    with pytest.raises(CourseError, match="cannot be written as text"):
        to_text(nb)


def test_pasted_picture_is_refused():
    """Is a picture that the text would lose refused?"""
    nb = to_notebook(TEXT)
    nb.cells[0].attachments = {"a.png": {"image/png": "iVBORw0KGgo="}}
    with pytest.raises(CourseError, match="pasted picture"):
        to_text(nb)


def test_doubled_and_impossible_ids_make_a_valid_notebook():
    """Do bad grade ids, which the linter names, still give unique and valid cell ids?"""
    nb = to_notebook(TEXT)
    for cell, grade_id in zip(nb.cells, ["x", "x", "not an id"], strict=True):
        cell.metadata["nbgrader"] = {"grade_id": grade_id}
    nb = to_notebook(to_text(nb))
    nbformat.validate(nb)
    assert [cell.id for cell in nb.cells] == ["x", "cell-001", "cell-002"]


def test_failed_write_leaves_the_old_file(pair, monkeypatch):
    """Is the old notebook whole when the disk fails half-way, and no temporary file left?"""
    before = both(pair)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    edit_text(pair)
    with pytest.raises(OSError, match="disk full"):
        synchronise(pair, "a")
    assert pair.source("a").read_bytes() == before[1]
    assert sorted(p.name for p in pair.source("a").parent.iterdir()) == ["a.ipynb", "a.py"]

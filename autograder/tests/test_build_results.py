"""Do the README's table and picture come from what the executed notebooks measured?"""

import json

import pytest

from autograder.build.pair import synchronise
from autograder.build.results import BEGIN, END, keep_results, names_of, read_results, show_results, table
from autograder.build.solve import solve, training_state
from autograder.course import CONFIG, Course, CourseError

NAMED = 'get_config().Models.names = {"01b": "one layer", "03": "RNN", "04": "LSTM", "05-lstm": "both"}\n'

TEXT = '''\
# %% nbgrader={"grade": false, "grade_id": "mean_loss", "locked": false, "schema_version": 3, "solution": true}
def mean_loss(ids, params):
    """The loss of `params`, wherever it is measured."""
    ### BEGIN SOLUTION
    return params["w"][0]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_mean_loss", "locked": true, "points": 100, "schema_version": 3, "solution": false}
print(mean_loss(None, {"w": [1.0]}))

# %% nbgrader={"grade": false, "grade_id": "train", "locked": true, "schema_version": 3, "solution": false} tags=["figure"]
import time
import numpy as np
from autograder import TrainingLog, load_corpus, progress

log = TrainingLog("03", mean_loss, load_corpus(), {"w": np.array([3.0])}, every=1)
for step in (bar := progress(4)):
    time.sleep(0.6)
    bar.show(train=2.5, **log(step, {"w": np.array([2.0 / (step + 1)])}))
log.finish({"w": np.array([0.5])}, [3.0, 2.0, 1.0, 0.5], characters=1000)
log.record("a sample")
'''


@pytest.fixture
def course(tmp_path):
    course = Course(tmp_path)
    (tmp_path / CONFIG).write_text(NAMED)
    course.text("a").parent.mkdir(parents=True)
    course.text("a").write_text(TEXT)
    synchronise(course, "a", "text")
    (tmp_path / "README.md").write_text(f"# Title\n\n{BEGIN}\nold table\n{END}\n\nMore.\n")
    return course


def test_solving_writes_results_and_says_how_training_goes(course):
    """Is every figure of the run in results.json, and the bar's losses in the reports?"""
    reports = []
    solve(course, "a", lambda done, of, title: reports.append(title))
    (result,) = json.loads(course.results.read_text())
    assert (result["model"], result["assignment"]) == ("03", "a")
    assert (result["train"], result["held_out"]) == (0.5, 0.5)
    assert (result["steps"], result["parameters"], result["sample"]) == (4, 1, "a sample")
    assert 2.4 <= result["seconds"] < result["notebook_seconds"] < 60
    assert 1000 * 4 / 10 < result["chars_per_second"] <= 1000 * 4 / 2.4
    assert "cores of" in result["machine"]
    assert any("left, train 2.500  held out" in title for title in reports), reports


def a_result(model, assignment, train=1.0):
    return {
        "model": model, "assignment": assignment, "train": train, "held_out": 1.5, "seconds": 61.4, "steps": 2,
        "chars_per_second": 12345, "parameters": 67890, "curves": {"train": [[0, 3], [2, 1]], "held out": [[0, 3], [2, 2]]},
    }  # fmt: skip


def test_results_of_one_notebook_replace_only_its_own(course):
    """After solving one notebook again, do the others' results stay, in the order of the course?"""
    for model, assignment in (("04", "d"), ("05-rnn", "e"), ("05-lstm", "e"), ("01b", "b")):
        old = [r for r in read_results(course) if r["assignment"] == assignment]
        keep_results(course, [*old, a_result(model, assignment)], {"assignment": assignment})
    keep_results(course, [a_result("05-lstm", "e", 0.4)], {"assignment": "e"})
    assert [(r["model"], r["train"]) for r in read_results(course)] == [
        ("01b", 1.0),
        ("04", 1.0),
        ("05-lstm", 0.4),
    ]


def test_readme_gets_the_table_and_the_picture(course):
    """Is only what stands between the markers replaced, and the picture drawn?"""
    keep_results(course, [a_result("03", "c"), a_result("my own", "c")], {"assignment": "c"})
    readme, picture = show_results(course)
    text = readme.read_text()
    assert text.startswith("# Title\n\n")
    assert text.endswith(f"{END}\n\nMore.\n")
    assert "| `c` | RNN | 67,890 | 1.000 | 1.500 | 61 | 12,345 |" in text
    assert "| my own |" in text
    assert "old table" not in text
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert table(read_results(course), names_of(course)) in text


def test_a_readme_without_markers_is_left_alone(course):
    """Does a course of one's own keep its README?"""
    keep_results(course, [a_result("03", "c")], {"assignment": "c"})
    (course.root / "README.md").write_text("mine")
    assert show_results(course) == []
    assert (course.root / "README.md").read_text() == "mine"


@pytest.mark.parametrize("text", ["{", "{}", "[1]"])
def test_damaged_results_are_named(course, text):
    """Does a damaged results.json get a sentence, and stay as it was?"""
    course.results.parent.mkdir()
    course.results.write_text(text)
    with pytest.raises(CourseError, match="delete it and solve again"):
        keep_results(course, [a_result("03", "c")], {"assignment": "c"})
    assert course.results.read_text() == text


def test_only_bars_are_taken_for_bars():
    """Is the last state of the last bar found, and nothing in other output?"""
    text = "\rtraining:  25%|##   | 10/40 [00:00<00:01, 19.71it/s, train 1.230]\rtraining:  50%|### | 20/40 [00:01<00:09, 1.2s/it]"
    assert training_state(text) == "50% done, 00:09 left"
    assert training_state(text.split("\r")[1]) == "25% done, 00:01 left, train 1.230"
    assert training_state("50% of | all [things] < 3, really]") == ""

"""Does the solution show a full run, without hidden tests, and only when every cell ran?"""

import signal
import subprocess
import sys
import textwrap

import nbformat
import pytest

from autograder.build.pair import synchronise
from autograder.build.solve import solve
from autograder.course import Course, CourseError

TEXT = '''\
# %% [markdown]
# # Doubling

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true}
import os
import sys

def double(x):
    """Twice x, any shape."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_double", "locked": true, "points": 100, "schema_version": 3, "solution": false}
print(double(1.0))
### BEGIN HIDDEN TESTS
print("hidden number", double(7.25))
### END HIDDEN TESTS

# %% [markdown]
# ## Training

# %% nbgrader={"grade": false, "grade_id": "train", "locked": true, "schema_version": 3, "solution": false} tags=["figure", "folded"]
for step in range(3):
    print(f"\\rstep {step}", end="", flush=True)
print("\\nsteps:", "tiny" if os.environ.get("NBGRADER_EXECUTION") else "full")
print("folder:", os.path.basename(os.getcwd()))
print("a warning", file=sys.stderr)
display({"image/png": "iVBORw0KGgo="}, raw=True)
'''


@pytest.fixture
def course(tmp_path):
    course = Course(tmp_path)
    course.text("a").parent.mkdir(parents=True)
    write(course, TEXT)
    return course


def write(course, text):
    course.text("a").write_text(text)
    synchronise(course, "a", "text")


def silent(done, every, title):
    pass


def test_solution_shows_a_full_run(course, monkeypatch, capfd):
    """Are outputs, plots and the full budget there, hidden tests and traces of the run not?"""
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    reports = []
    path = solve(course, "a", lambda *report: reports.append(report))
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    assert path == course.solution("a")
    assert reports == [(1, 3, "Doubling"), (2, 3, "Doubling"), (3, 3, "Training")]
    assert "return 2 * x" in nb.cells[1].source
    assert [cell.execution_count for cell in nb.cells if cell.cell_type == "code"] == [1, 2, 3]
    assert nb.cells[2].outputs[0].text == "2.0\n"
    texts = {output.name: output.text for output in nb.cells[4].outputs if "name" in output}
    assert texts == {"stdout": "step 2\nsteps: full\nfolder: a\n", "stderr": "a warning\n"}
    assert [o.data.keys() for o in nb.cells[4].outputs if "data" in o] == [{"image/png"}]
    assert nb.metadata.keys() == {"kernelspec"}
    assert [cell.metadata.keys() - {"nbgrader", "tags"} for cell in nb.cells] == [set()] * 4 + [
        {"jupyter", "cellView"}
    ]
    assert not [word for word in ("7.25", "hidden number", "HIDDEN") if word in path.read_text()]
    assert capfd.readouterr() == ("", "")


LIVE = """
import time
import autograder.notebook.live as live
from autograder import plot_curves, progress
live.APART, live.SHARE = 0.1, 1e9
for step in (bar := progress(8)):
    time.sleep(0.1)
    bar.show(train=2.0 - step / 10)
assert bar._curves._shown
plot_curves({"train": [2.0, 1.3]}, title="The final one")
"""


def test_a_picture_that_grew_while_training_leaves_no_trace(course):
    """Has the solution one state of the bar and the final picture, as if nobody had watched?"""
    write(course, TEXT.replace("for step in range(3):", f"{LIVE}\nfor step in range(3):"))
    nb = nbformat.read(solve(course, "a", silent), as_version=4)
    bar, final, *_ = nb.cells[4].outputs
    assert bar.text.startswith("training: 100%")
    assert bar.text.count("training") == 1
    assert final.data["image/png"]
    assert [type(o.get("data", {}).get("image/png")) for o in nb.cells[4].outputs].count(
        str
    ) == 2  # and the one of TEXT
    assert not [o for o in nb.cells[4].outputs if not any(o.get("data", {"": 1}).values())]


def test_failing_cell_is_named_and_keeps_the_old_solution(course):
    """Does an error name cell and cause, and write nothing?"""
    course.solution("a").parent.mkdir(parents=True)
    course.solution("a").write_text("old")
    write(course, TEXT.replace("return 2 * x", "return two * x"))
    with pytest.raises(CourseError, match=r"Cell test_double failed with NameError: .*'two'.* Nothing was"):
        solve(course, "a", silent)
    assert course.solution("a").read_text() == "old"
    assert len(list(course.solution("a").parent.iterdir())) == 1


def test_dead_kernel_is_named(course):
    """Is a cell that takes its kernel with it named, rather than waited for?"""
    write(course, TEXT.replace("return 2 * x", "os._exit(1)"))
    with pytest.raises(CourseError, match="Cell test_double ended its kernel"):
        solve(course, "a", silent)


def test_printed_hidden_text_is_refused(course):
    """Is a solution whose output shows hidden test text kept back?"""
    write(
        course,
        TEXT.replace(
            'print("\\nsteps:"',
            'print("print(\\"hidden number\\", double(7.25))"); print("\\nsteps:"',
        ),
    )
    with pytest.raises(CourseError, match="would show students"):
        solve(course, "a", silent)
    assert not course.solution("a").exists()


def test_ctrl_c_ends_the_kernel_and_writes_nothing(course):
    """After Ctrl-C in a long cell, is the kernel gone, and nothing written?"""
    write(
        course,
        TEXT.replace(
            "    return 2 * x",
            "    open('kernel', 'w').write(str(os.getpid()))\n    import time; time.sleep(99)",
        ),
    )
    program = f"""
        from pathlib import Path
        from autograder.build.solve import solve
        from autograder.course import Course
        solve(Course(Path({str(course.root)!r})), "a", lambda *_: None)
    """
    running = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stderr=subprocess.PIPE)
    note = course.source("a").with_name("kernel")
    wait_until(lambda: note.exists() and note.read_text())
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert errors.decode().rstrip().endswith("KeyboardInterrupt")
    wait_until(lambda: not is_running(int(note.read_text())))
    assert not course.solution("a").exists()


def wait_until(condition, seconds=60):
    import time

    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split(")")[1].split()[0] != "Z"
    except OSError:
        return False

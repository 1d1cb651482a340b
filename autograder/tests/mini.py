"""A tiny course for tests: one assignment of three exercises, and submissions of it."""

import functools
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.cells import cells_of, without_hidden
from autograder.course import Course
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.restore import blank
from autograder.grading.result import Result
from autograder.sandbox.limits import Limits
from autograder.truth.calibration import path_of
from autograder.truth.targets import digest_of_target, targets_of

ID = "mini"
QUICK = Limits(call_seconds=2, cell_seconds=3, notebook_seconds=20)

DOUBLE = '''def double(x):
    """Twice x, an array."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION'''

TEST_DOUBLE = """import numpy as np
from autograder import check_shapes, check_values
check_shapes(double, {"x": np.ones(3)}, [(3,)])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference
rng = hidden_rng()
check_values(double, {"x": rng.normal(size=(2, 3))}, reference.double, says="`double` is tried on a matrix.")
### END HIDDEN TESTS"""

SCALE = '''def scale_forward(x, w):
    """x * w and a cache; x (N,), w (N,)."""
    ### BEGIN SOLUTION
    return double(x) * w / 2, (x, w)
    ### END SOLUTION

def scale_backward(dout, cache):
    """dx, dw."""
    ### BEGIN SOLUTION
    x, w = cache
    return dout * w, dout * x
    ### END SOLUTION'''

TEST_SCALE = """import numpy as np
from autograder import check_gradients
check_gradients(scale_forward, scale_backward, {"x": np.array([1.0, 2.0, 3.0]), "w": np.array([0.5, -1.0, 2.0])}, given=["double"])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference
rng = hidden_rng()
check_gradients(
    scale_forward, scale_backward, {"x": rng.normal(size=4), "w": rng.normal(size=4)},
    reference=reference.scale_forward, given=["double"], says="Gradients on random inputs.",
)
### END HIDDEN TESTS"""

FIT = '''def fit(data, steps, rng):
    """Parameters {"mean": (1,)} of data (N,)."""
    ### BEGIN SOLUTION
    return {"mean": np.array([data.mean()])}
    ### END SOLUTION'''

TEST_FIT = """import numpy as np
from autograder import check_training
data = np.array([1.0, 2.0, 6.0])
check_training(
    fit, {"data": data, "steps": 3, "rng": np.random.default_rng(1)},
    lambda params: float(abs(params["mean"][0] - 3.0)), at_most=0.01, like={"mean": np.zeros(1)},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng
data = hidden_rng().normal(size=9)
check_training(
    fit, {"data": data, "steps": 3, "rng": np.random.default_rng(1)},
    lambda params: float(abs(params["mean"][0] - data.mean())), at_most=0.01, like={"mean": np.zeros(1)},
    says="Fitted to other data.",
)
### END HIDDEN TESTS"""


def cell(name: str, source: str, *, solution: bool = False, points: float | None = None):
    """A code cell of an instructor: exercise, test or given."""
    nbgrader = {"grade": points is not None, "grade_id": name, "locked": not solution,
                "schema_version": 3, "solution": solution, "task": False}  # fmt: skip
    nbgrader |= {"points": points} if points is not None else {}
    return new_code_cell(source, id=name, metadata={"nbgrader": nbgrader})


def source_notebook():
    """The instructor's notebook."""
    cells = [
        new_markdown_cell("# Mini\n\nA tiny assignment.", id="cell-000"),
        cell("setup", "import numpy as np"),
        cell("double", DOUBLE, solution=True),
        cell("test_double", TEST_DOUBLE, points=30),
        cell("scale", SCALE, solution=True),
        cell("test_scale", TEST_SCALE, points=50),
        cell("fit", FIT, solution=True),
        cell("test_fit", TEST_FIT, points=20),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def release_notebook():
    """What students get."""
    notebook = blank(source_notebook())
    for one in notebook.cells:
        one.source = without_hidden(one.source)
    return notebook


def submission(changes: dict[str, str] | None = None, extra: str = ""):
    """A perfect submission, with the text of some cells replaced and an extra cell before the tests."""
    notebook = source_notebook()
    for one in notebook.cells:
        name = one.metadata.get("nbgrader", {}).get("grade_id")
        one.source = (changes or {}).get(name, without_hidden(one.source))
    if extra:
        notebook.cells.insert(2, new_code_cell(extra, id="extra"))
    return notebook


def make_course(root: Path) -> Course:
    """A course folder with the source notebook, whose targets count as calibrated."""
    repository = Path(__file__).resolve().parents[2]
    (root / "nbgrader_config.py").write_text((repository / "nbgrader_config.py").read_text())
    course = Course(root)
    write(course.source(ID), source_notebook())
    write(path_of(course, ID), json.dumps(calibration_of(source_notebook())))
    return course


def built_course(root: Path) -> Course:
    """The same as `autograder build` leaves it, with its release and its gradebook: built once, and copied."""
    shutil.copytree(_built().name, root, dirs_exist_ok=True)
    return Course(root)


@functools.cache
def _built() -> TemporaryDirectory:
    """The folder to copy from; it goes when the process ends."""
    from autograder.build.release import build

    folder = TemporaryDirectory(prefix="built-")
    build(make_course(Path(folder.name)), ID, trial=True)
    return folder


def calibration_of(notebook, **changes) -> dict:
    """What the linter reads of a calibration that agrees with a notebook."""
    cells = cells_of(notebook)
    checks = [
        {
            "cell": t.cell.name,
            "position": t.position,
            "threshold": t.at_most,
            "digest": digest_of_target(t, cells),
        }
        for t in targets_of(cells)
    ]
    return {"version": 1, "seeds": 200, "checks": checks, **changes}


def write(path: Path, notebook) -> Path:
    """Write a notebook, or any text, to a path whose folders need not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))
    return path


def judged(course: Course, notebook, student: str = "ada", sandbox: str = "bwrap") -> Result:
    """The result of handing in `notebook`."""
    write(course.submitted(student, ID), notebook)
    return judge_one(course, student, ID, Rules(course.source(ID), sandbox, QUICK))[0]


def scores(result: Result) -> dict[str, float]:
    """Points by test cell; fails when the submission was not graded."""
    assert not result.problem, result.problem
    return {one["cell"]: one["score"] for one in result.cells}


def messages(result: Result) -> list[str]:
    """What the student is told, check by check."""
    return [check["message"] for check in result.checks]


FULL = {"test_double": 30, "test_scale": 50, "test_fit": 20}

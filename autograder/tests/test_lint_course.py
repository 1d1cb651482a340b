"""Is what one course wants a setting, and what grading will lack a sentence?"""

import pytest

from autograder.build.lint import lint
from autograder.build.lint_modules import lint_modules
from autograder.build.pair import to_notebook
from autograder.build.release import build
from autograder.build.wishes import Lint, wishes_of
from autograder.course import CONFIG, Course, CourseError
from autograder.tests.mini import ID, write
from autograder.tests.test_build_lint import IMPORT, SOUND

VISIBLE = SOUND.replace("### BEGIN HIDDEN TESTS\n", "").replace("### END HIDDEN TESTS\n", "")


def told(text, **wishes):
    return [problem.message for problem in lint(to_notebook(text), Lint(**wishes))]


def test_any_sum_of_points_is_fine_unless_the_course_says_one():
    """Are 57.5 points a problem only where c.Lint.points asks for others?"""
    text = SOUND.replace('"points": 40', '"points": 7.5').replace('"points": 60', '"points": 50')
    assert told(text) == told(text, points=57.5) == []
    assert told(text, points=100) == ["has 57.5 points in all; make it 100 (c.Lint.points)."]


def test_a_test_may_be_all_visible_unless_the_course_says_no():
    """Is a test cell without a hidden check refused only where c.Lint.hidden is set?"""
    text = SOUND.replace(
        SOUND[
            SOUND.index("### BEGIN HIDDEN") : SOUND.index(
                '# %% nbgrader={"grade": false, "grade_id": "fourfold"'
            )
        ],
        "",
    )
    assert told(text) == []
    (problem,) = told(text, hidden=True)
    assert "has no check between" in problem


def test_libraries_of_tests_are_the_courses():
    """May a test import what c.Lint.libraries names, and nothing else?"""
    text = SOUND.replace(IMPORT, "import fractions\n" + IMPORT)
    assert told(text, libraries=["numpy", "fractions"]) == []
    assert told(text) == [
        "line 2: a test may not import fractions here; do without, or name it in c.Lint.libraries."
    ]


@pytest.mark.parametrize(("line", "says"), [
    ('c.Lint.points = "many"', "'points' trait"), ("c.Lint.points = -1", "points"), ("c.Lint.libraries = 3", "libraries"),
    ("c.Lint.point = 100", "c.Lint has no point; it has calibrated, described, hidden"),
])  # fmt: skip
def test_a_setting_of_the_wrong_kind_is_a_sentence(tmp_path, line, says):
    """Is a setting that cannot be one named, with its file?"""
    write(tmp_path / CONFIG, f"c = get_config()\n{line}\n")
    with pytest.raises(CourseError, match=f"nbgrader_config.py: .*{says}.* Mend that line"):
        wishes_of(Course(tmp_path))


GOOD = [
    'check_shapes(double, {"x": np.ones(3)}, [(3, H)])', 'check_shapes(double, {"x": np.ones(3)}, [()])',
    'check_shapes(double, {"x": np.ones(3)}, [shape])', 'check_shapes(double, {"x": np.ones(3)}, (shape, (3,)))',
    'check_shapes(double, inputs={"x": np.ones(3)}, shapes=[np.shape(H)], weight=2, seconds=1.5)',
    'check_values(double, {"x": 1.0}, 2.0, **options)', "check_values(double, *arguments)",
]  # fmt: skip


@pytest.mark.parametrize("check", GOOD)
def test_what_may_be_right_is_left_alone(check):
    """Are lists of shapes, arguments by name, and what only running can tell, no problem?"""
    given = 'H, shape, options = 4, (3,), {}\narguments = [{"x": 1.0}, 2.0]\n'
    text = SOUND.replace(
        IMPORT, f"from autograder import check_shapes, check_values\n\n{given}{check}\ncheck_values(double"
    )
    assert told(text) == []


def test_a_near_miss_is_named():
    """Does a misspelt keyword get the right one?"""
    (problem,) = told(SOUND.replace("np.full(3, 2.0))", "np.full(3, 2.0), tolerence=1)"))
    assert problem == "line 4: check_values takes no tolerence=; write tolerance= if that is meant."


MISSING = {
    "import helpers": "helpers is a file of the course",
    "from helpers import f": "helpers is a file of the course",
    "import folder.inside": "folder is a file of the course",
    "def f():\n    import no_such_module": "no_such_module is not installed here",
    "from . import helpers": "a notebook is in no package",
    "from autograder.hidden import reference": "grading does not show autograder.hidden",
    "import autograder.grading.judge": "grading does not show autograder.grading.judge",
}
THERE = ["import math, os.path", "import numpy.linalg as la", "from autograder import progress", "import IPython",
         "import autograder.notebook.corpus", "try:\n    import no_such_module\nexcept ImportError:\n    pass"]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "source" / "a" / "helpers.py", "f = 1")
    write(tmp_path / "source" / "a" / "folder" / "inside.py", "f = 1")
    return tmp_path / "source" / "a"


@pytest.mark.parametrize("line", MISSING)
def test_a_module_that_will_be_missing_is_named(folder, line):
    """Is an import that the release or grading lacks found, with cell, line and what to do?"""
    (problem,) = lint_modules(
        to_notebook(SOUND.replace("import numpy as np\n\n# %mat", f"import numpy as np\n{line}\n\n# %mat")),
        folder,
    )
    assert problem.cell == "imports"
    assert problem.message.startswith(f"line {2 + line.count(chr(10))}: {MISSING[line]}")


@pytest.mark.parametrize("line", THERE)
def test_a_module_that_will_be_there_is_no_problem(folder, line):
    """Are libraries, our own public parts, and imports that may fail left alone?"""
    assert lint_modules(to_notebook(SOUND.replace("WIDTH = 2\n", f"WIDTH = 2\n{line}\n")), folder) == []


def test_a_module_in_the_course_folder_is_found(folder, monkeypatch):
    """Is one that imports here, only because this is the course's folder, refused as well?"""
    write(folder.parents[1] / "course_tools.py", "f = 1")
    monkeypatch.syspath_prepend(str(folder.parents[1]))
    (problem,) = lint_modules(
        to_notebook(SOUND.replace("WIDTH = 2\n", "WIDTH = 2\nimport course_tools\n")), folder
    )
    assert "course_tools is a file of the course" in problem.message


def test_the_build_says_so(course):
    """Does the build refuse a helper beside the source, before anything is released?"""
    write(course.source(ID).parent / "helpers.py", "f = 1")
    text = (
        course.source(ID)
        .read_text()
        .replace('import numpy as np"', 'import helpers\\nimport numpy as np"', 1)
    )
    write(course.source(ID), text)
    with pytest.raises(CourseError, match=r"setup: line 1: helpers is a file of the course"):
        build(course, ID)

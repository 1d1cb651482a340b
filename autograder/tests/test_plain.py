"""Plain nbgrader tests, sealed: right answers get everything, wrong and lying ones nothing."""

import os
import random
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course import Course
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.plain_report import plain_report
from autograder.tests.mini import QUICK, cell, write
from autograder.tests.plain_cells import CASES, LIAR

ID = "plain"
REPOSITORY = Path(__file__).resolve().parents[2]
GIVEN = "import numpy as np\nLIMIT = 3\nrows = [1, 2]\ndef near(a, b):\n    return abs(a - b) < 1e-9"
NAMES = {name: f"t-{i:02d}" for i, name in enumerate(CASES)}


def notebook(cells, given=GIVEN):
    """A source of exercises and tests: (name, right answer, test, points) each."""
    made = [cell("setup", given)]
    for name, right, test, points in cells:
        marked = f"### BEGIN SOLUTION\n{right}\n### END SOLUTION"
        made += [cell(f"{name}-answer", marked, solution=True), cell(name, test, points=points)]
    return new_notebook(cells=made)


def course_of(root, source):
    course = Course(root)
    write(course.source(ID), source)
    return course


def handed_in(source, answers=None, extra=""):
    """The source with other answers, and a cell of the student's own above everything."""
    mine = nbformat.from_dict(source)
    for one in mine.cells:
        name = one.metadata.nbgrader.grade_id.removesuffix("-answer")
        if one.metadata.nbgrader.solution:
            one.source = (answers or {}).get(name, one.source)
    mine.cells.insert(0, new_code_cell(extra))
    return mine


def judged(course, mine, sandbox="bwrap", **changes):
    write(course.submitted("ada", ID), mine)
    result, texts = judge_one(course, "ada", ID, Rules(course.source(ID), sandbox, QUICK, **changes))
    assert not result.problem, result.problem
    return result, texts[ID]


def tried(root, right, test, answer, given=GIVEN, points=4, **changes):
    """The one check of a course of one exercise, and its cell's score."""
    source = notebook([("t", right, test, points)], given)
    result, _ = judged(course_of(root, source), handed_in(source, {"t": answer}), show=False, **changes)
    return result.cells[0]["checks"][0], result.score


def together(root, cases, given=GIVEN):
    """The check and score of each of many cases, (right, test, answer), in one notebook."""
    source = notebook([(f"c-{i:02d}", right, test, 4) for i, (right, test, _) in enumerate(cases)], given)
    answers = {f"c-{i:02d}": answer for i, (_, _, answer) in enumerate(cases)}
    result, text = judged(course_of(root, source), handed_in(source, answers), show=False)
    return [(one["checks"][0], one["score"]) for one in result.cells], text


@pytest.fixture(scope="module")
def class_of_three(tmp_path_factory):
    """The checks of a right, a wrong and a lying submission, by kind and case."""
    source = notebook([(NAMES[name], case.right, case.test, 1) for name, case in CASES.items()])
    course, found = course_of(tmp_path_factory.mktemp("plain"), source), {}
    for kind in ("right", "wrong", "lying"):
        answers = {NAMES[name]: getattr(case, kind) for name, case in CASES.items()}
        result, _ = judged(course, handed_in(source, answers, LIAR), show=False)
        found[kind] = {one["cell"]: (one["score"], one["checks"][0]) for one in result.cells}
    return found


@pytest.mark.parametrize("name", CASES)
def test_right_wrong_and_lying(class_of_three, name):
    """Does the right answer get the points, and neither the wrong one nor the one that lies?"""
    (right, said), (wrong, why), (lying, _) = (
        class_of_three[kind][NAMES[name]] for kind in ("right", "wrong", "lying")
    )
    assert (right, said["status"], said["cause"]) == (1, "passed", "All tests of this cell passed.")
    assert (wrong, why["status"]) == (0, "failed"), why
    assert lying == 0


SQUARE, SQUARE_TEST = (
    "def square(x):\n    return x * x",
    "assert square(3) == 9, 'Think of 3.'\nassert square(-2) == 4",
)
LIES = {
    "an int's subclass": "class N(int):\n    def __eq__(self, o): return True\n    __hash__ = int.__hash__\ndef square(x): return N(1)",
    "a text's subclass": "class N(str):\n    def __eq__(self, o): return True\n    __hash__ = str.__hash__\ndef square(x): return N('9')",
    "an array's subclass": "class N(np.ndarray):\n    def __eq__(self, o): return True\n    def all(self, *a): return True\n"
    "def square(x): return np.zeros(1).view(N)",
    "a class that says it is int": LIAR + "\ndef square(x): return Liar()",
    "an unequal one": LIAR
    + "\nclass M(Liar):\n    def __bool__(self): return True\n    def __eq__(self, o): return self\ndef square(x): return M()",
    "NumPy patched": "np.allclose = np.array_equal = lambda *a, **k: True\ndef square(x): return 1",
    "an exception that lies": "class E(AssertionError):\n    def __str__(self): return 'All tests of this cell passed.'\ndef square(x): raise E()",
    "an endless one": "import itertools\ndef square(x): return itertools.count()",
    "a deep one": "def square(x):\n    v = []\n    for _ in range(5000): v = [v]\n    return v",
    "nothing at all": "raise NotImplementedError()",
}
BREAKING = {  # each in a process of its own, which it spoils
    "builtins patched": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.abs = lambda x: 0\ndef square(x): return 1",
    "names of the test": "import builtins\nbuiltins.AssertionError = type('E', (Exception,), {})\ndef square(x): return 1",
    "an exit": "def square(x): raise SystemExit(0)",
    "a stop": "def square(x): raise KeyboardInterrupt",
    "the process ends": "import os\ndef square(x): os._exit(0)",
    "the worker's answers": "import gc\nfrom autograder.sandbox import objects\nobjects.Objects.do = lambda *a, **k: {'value': 9}\ndef square(x): return 1",
    "the worker's classes": "from autograder.sandbox.wire import values\nvalues.WRITERS[int] = lambda *a: ('type', 'int')\ndef square(x): return 1",
    "a display hook": "import sys\nsys.displayhook = print\nget_ipython().ast_transformers.clear()\ndef square(x): return 1",
}


@pytest.fixture(scope="module")
def lies(tmp_path_factory):
    return together(tmp_path_factory.mktemp("lies"), [(SQUARE, SQUARE_TEST, lie) for lie in LIES.values()])[0]


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_earns_points(lies, lie):
    """Does whatever a student's side makes up get 0, as a failure and not as the grader's fault?"""
    check, score = lies[list(LIES).index(lie)]
    assert (score, check["status"]) == (0, "failed"), check


@pytest.mark.parametrize("lie", BREAKING)
def test_a_spoilt_process_earns_no_points(tmp_path, lie):
    """Does it get 0 when student code changes what its process runs on?"""
    check, score = tried(tmp_path, SQUARE, SQUARE_TEST, BREAKING[lie])
    assert (score, check["status"]) == (0, "failed"), check


def test_deleted_changed_and_skipped_tests_run_all_the_same(tmp_path):
    """Do tests come from the source, whatever a submission did to them?"""
    source = notebook([("a", SQUARE, SQUARE_TEST, 4), ("b", SQUARE, "assert square(4) == 16", 4)])
    mine = handed_in(source, {"a": "def square(x):\n    return 1", "b": "def square(x):\n    return 1"})
    mine.cells = [one for one in mine.cells if one.metadata.get("nbgrader", {}).get("grade_id") != "b"]
    test = next(one for one in mine.cells if one.metadata.get("nbgrader", {}).get("grade_id") == "a")
    test.source, test.metadata["tags"] = "pass", ["skip-execution", "figure"]
    result, _ = judged(course_of(tmp_path, source), mine, show=False)
    assert [(one["score"], one["checks"][0]["status"]) for one in result.cells] == [(0, "failed")] * 2


HOSTILE = {
    "a lying class": LIAR,
    "NumPy patched": LIES["NumPy patched"].rpartition("\n")[0],
    "a display hook": BREAKING["a display hook"].rpartition("\n")[0],
    "a gradebook": "import glob\nfor place in ['gradebook.db', '../gradebook.db', GRADEBOOK, *glob.glob('/*/gradebook.db')]:\n"
    "    try:\n        open(place, 'w').write('mine')\n    except OSError:\n        pass",
}


@pytest.mark.parametrize(
    ("answer", "points"), [(SQUARE, 4), ("def square(x):\n    return 1", 0)], ids=["right", "wrong"]
)
def test_hostile_code_is_as_right_as_its_honest_twin(tmp_path, answer, points):
    """Does it gain nothing and lose nothing, and is the gradebook on disk what it was?"""
    course = Course(tmp_path)
    write(course.gradebook, "kept")
    write(course.submitted("ada", ID).with_name("gradebook.db"), "handed in")
    hostile = [text.replace("GRADEBOOK", repr(str(course.gradebook))) for text in HOSTILE.values()]
    found, _ = together(tmp_path, [(SQUARE, SQUARE_TEST, f"{text}\n{answer}") for text in hostile])
    assert [score for _, score in found] == [points] * len(hostile), found
    assert course.gradebook.read_text() == "kept"
    assert course.submitted("ada", ID).with_name("gradebook.db").read_text() == "handed in"


HIDDEN = "assert square(1) == 1\n### BEGIN HIDDEN TESTS\nassert square(3) == 9{}\n### END HIDDEN TESTS"
WRONG = "def square(x):\n    return x"


TOLD = [  # the test, the answer, and how the message begins
    (
        SQUARE_TEST,
        "def square(x):\n    return 1",
        "`assert square(3) == 9, 'Think of 3.'` fails. Think of 3.",
    ),
    (
        SQUARE_TEST,
        "def square(x):\n    return 1 / 0",
        "`square` raised ZeroDivisionError. Run the call by hand",
    ),
    (SQUARE_TEST, "def square(x):\n    raise NotImplementedError()", "`square` is not implemented yet."),
    (SQUARE_TEST, "del square", "`square` is not defined."),
    (
        SQUARE_TEST,
        "class Own(Exception): pass\ndef square(x):\n    raise Own('SEEN')",
        "`square` raised an exception of its own.",
    ),
    (
        "assert len(square(3)) == 1",
        "def square(x):\n    return 3",
        "`assert len(square(3)) == 1` fails, with TypeError.",
    ),
    (HIDDEN.format(", 'Odd numbers?'"), WRONG, "Odd numbers? A hidden test of this cell fails."),
    (HIDDEN.format(""), WRONG, "A hidden test of this cell fails."),
    (HIDDEN.format(", f'got {square(3)}'"), WRONG, "A hidden test of this cell fails."),
    (HIDDEN.format(", str(square(3))"), WRONG, "A hidden test of this cell fails."),
    (
        HIDDEN.format(""),
        "def square(x):\n    if x == 1: return 1\n    raise ValueError('SEEN 3')",
        "`square` raised ValueError.",
    ),
    (SQUARE_TEST, "def square(x):\n    while True: pass", "`square` took longer than"),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The checks of all those, and the graded notebook."""
    cases = [
        ("def square(x):\n    return [1]" if "len(" in test else SQUARE, test, answer)
        for test, answer, _ in TOLD
    ]
    return together(tmp_path_factory.mktemp("told"), cases)


@pytest.mark.parametrize("number", range(len(TOLD)))
def test_what_a_student_is_told(told, number):
    """Is it the author's words and the kind of error, and of hidden statements nothing else?"""
    test, _, message = TOLD[number]
    check, score = told[0][number]
    assert (score, check["status"]) == (0, "failed")
    assert check["message"].startswith(message), check
    assert "SEEN" not in check["message"]
    assert check["hidden"] == ("HIDDEN" in test)
    assert not check["hidden"] or "9" not in check["message"]


def test_evidence_is_for_the_instructor_alone(told):
    """Does the result say what was raised and where, and the notebook that students get not?"""
    (check, _), text = told[0][7], told[1]
    assert check["evidence"] == ["line 3: assert square(3) == 9", "AssertionError"]
    assert "line 3:" not in text


NUMBERS = [  # the test, its points of 4, and its status
    ("score = 0\nscore += square(2) == 4\nscore += 2 * (square(-3) == 9)\nscore", 1, "failed"),
    ("square(2)\n0", 0, "failed"),
    ("square(2)\n'a text'", 4, "passed"),
    ("square(2)\n4.0", 4, "passed"),
    ("square(2)\n-1", 4, "passed"),
    ("square(2)\n4 / 3", 1.3333, "failed"),
    ("square(2)\n4.5", 0, "could not run"),
    ("square(2)\nfloat('nan')", 0, "could not run"),
    ("square(2)\n10 ** 400", 0, "could not run"),
    ("assert True", 0, "could not run"),
    ("def test():\n    assert square(2) == 4", 0, "could not run"),
    ("for i in range(2):\n    check_values(square, {'x': i}, None)", 0, "could not run"),
    ("assert square(2) == 5", 0, "could not run"),
    (
        "import warnings, sys\nwarnings.warn('w')\nprint('e', file=sys.stderr)\nassert square(2) == 4",
        4,
        "passed",
    ),
]


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    answer = "def square(x):\n    return 4 if x > 0 else 0"
    return together(tmp_path_factory.mktemp("numbers"), [(SQUARE, test, answer) for test, *_ in NUMBERS])[0]


@pytest.mark.parametrize("number", range(len(NUMBERS)))
def test_points_are_nbgraders(numbers, number):
    """Does a number in the last line give that many points, and a cell that cannot be right wait for a person?"""
    (check, score), (_, points, status) = numbers[number], NUMBERS[number]
    assert (score, check["status"]) == (points, status), check


def test_no_number_is_not_called_too_many_points(numbers):
    """Does an author whose cell ends in nan read so?"""
    causes = {test: check["cause"] for (check, _), (test, *_) in zip(numbers, NUMBERS, strict=True)}
    assert "gives nan, which is no number of points" in causes["square(2)\nfloat('nan')"]
    assert "gives 4.5, which is more than the cell's 4 points" in causes["square(2)\n4.5"]


REFUSED = {
    "equality with a value": (
        "class A:\n    def __eq__(self, o): return True",
        "assert A() == 1",
        "`==` with a value",
    ),
    "a class of the test's": ("class A: pass", "class B(A): pass\nB()", "write it in a given cell"),
    "an object of the test's": (
        "def f(x): return x.a",
        "class B:\n    a = 1\nassert f(B()) == 1",
        "define the class in a given cell",
    ),
    "a function that calls back": (
        "def f(g): return g()\ndef h(): return 1",
        "assert f(lambda: h()) == 1",
        "hand over one that does not",
    ),
    "text that is run": ("t = '1 + 1'", "assert eval(t) == 2", "run a text of the student's"),
    "unpickling": (
        "import pickle\ndef f(): pickle.dump(print, open('x.dat', 'wb'))",
        "import pickle\nf()\npickle.load(open('x.dat', 'rb'))",
        "unpickles",
    ),
    "a program": ("def f(): pass", "import subprocess\nf()\nsubprocess.run(['true'])", "starts a program"),
    "nothing": ("def f(): pass", "def test():\n    assert f() is None", "asks nothing of the student"),
    "tests that nbgrader writes": ("def f(): pass", "### AUTOTEST f()", "put them in as asserts"),
    "a global variable": (
        "n = 1\ndef f(): return n",
        "n = 2\nassert f() == 2",
        "the solution itself does not pass line 2 (AssertionError)",
    ),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """What `plain_report` says of a notebook with all that cannot be asked, by case."""
    cells = [(f"r-{i}", right, test, 1) for i, (right, test, _) in enumerate(REFUSED.values())]
    course = course_of(
        tmp_path_factory.mktemp("refused"), notebook([*cells, ("fine", SQUARE, SQUARE_TEST, 1)])
    )
    return plain_report(Rules(course.source(ID), "bwrap", QUICK), ID)


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_asked_is_said(refused, case):
    """Does the author hear how to write it?"""
    why = refused.changes[f"r-{list(REFUSED).index(case)}"]
    assert REFUSED[case][2] in why
    assert ("docs/plain.md" in why) == (case != "tests that nbgrader writes")


def test_what_can_be_asked_is_sealed(refused):
    """Is the cell between them reported as sealed?"""
    assert "fine" in refused.cells
    assert "fine" not in refused.changes
    assert refused.summary == f"1 of {len(REFUSED) + 1} plain test cells run sealed"


TRUSTED = {
    "a constant": ("assert square(2) == LIMIT + 1", "LIMIT = 0\ndef square(x):\n    return 1"),
    "a helper": ("assert near(square(2), 4)", "def near(a, b): return True\ndef square(x):\n    return 1"),
    "an import": (
        "assert np.allclose(square(2), 4)",
        "class np: allclose = staticmethod(lambda *a: True)\ndef square(x):\n    return 1",
    ),
    "a built-in": ("assert all([square(2) == 4])", "def all(x): return True\ndef square(x):\n    return 1"),
    "a list": (
        "assert [square(r) for r in rows] == [r ** 2 for r in rows]",
        "rows = []\ndef square(x):\n    return 1",
    ),
}


@pytest.fixture(scope="module")
def trusted(tmp_path_factory):
    return together(tmp_path_factory.mktemp("trusted"), [(SQUARE, *one) for one in TRUSTED.values()])[0]


@pytest.mark.parametrize("name", TRUSTED)
def test_given_names_are_the_graders(trusted, name):
    """Does another definition of what the course gives gain nothing?"""
    check, score = trusted[list(TRUSTED).index(name)]
    assert (score, check["status"]) == (0, "failed"), check


def test_a_helper_of_an_exercise_is_the_students(tmp_path):
    """Does a given function that calls an exercise call the student's, and not the solution's?"""
    given = GIVEN + "\ndef twice(x):\n    return square(square(x))"
    assert tried(tmp_path, SQUARE, "assert twice(2) == 16", "def square(x):\n    return x", given)[1] == 0
    assert tried(tmp_path, SQUARE, "assert twice(2) == 16", SQUARE, given)[1] == 4


LISTS = "assert [square(i) for i in range(3)] == expected"
COMPUTED = {  # what is given, the test, and what a student puts in its place
    "a list": ("expected = [x * x for x in range(3)]", LISTS, "expected = [0] * 3\ndef square(x): return 0"),
    "a loop": (
        "expected = []\nfor i in range(3):\n    expected.append(i * i)",
        LISTS,
        "expected = [0] * 3\ndef square(x): return 0",
    ),
    "a tolerance": ("tol = 10 ** -9", "assert abs(square(3) - 9) < tol", "tol = 99\ndef square(x): return 1"),
    "beside a class": (
        "class P: pass\ndef near(a, b): return a == b",
        "assert near(square(3), 9)",
        "def near(a, b): return True\ndef square(x): return 1",
    ),
    "beside a generator": (
        "LETTERS = (c for c in 'abc')\nexpected = [x * x for x in range(3)]",
        LISTS,
        "expected = [0] * 3\ndef square(x): return 0",
    ),
    "after a failure": (
        "get_ipython()\nexpected = [x * x for x in range(3)]",
        LISTS,
        "expected = [0] * 3\ndef square(x): return 0",
    ),
}


@pytest.mark.parametrize("case", COMPUTED)
def test_what_given_cells_compute_is_the_graders(tmp_path, case):
    """Does a student who puts another value in its place gain nothing, and one who does not lose nothing?"""
    given, test, lie = COMPUTED[case]
    assert tried(tmp_path, SQUARE, test, SQUARE, given)[1] == 4
    assert tried(tmp_path, SQUARE, test, lie, given)[1] == 0


def test_a_given_data_file_takes_no_trust_away(tmp_path):
    """Is a helper the grader's beside one that reads a file, and is what was read, from the course's file?"""
    given = "expected = [int(one) for one in open('data.txt')]\ndef near(a, b): return abs(a - b) < 1e-9"
    test = "assert near(square(3), 9)\nassert [square(i) for i in range(3)] == expected"
    source = notebook([("t", SQUARE, test, 4)], given)
    course = course_of(tmp_path, source)
    write(course.source(ID).parent / "data.txt", "0\n1\n4\n")
    rules = {"show": False, "given": (course.source(ID).parent / "data.txt",)}
    lies = (
        "def near(a, b): return True\ndef square(x): return x * x if x < 3 else 0",
        "expected = [0] * 3\ndef square(x): return 9 * (x == 3)",
    )
    assert judged(course, handed_in(source), **rules)[0].score == 4
    assert [judged(course, handed_in(source, {"t": lie}), **rules)[0].score for lie in lies] == [0, 0]


def test_helpers_that_need_a_given_class_are_the_students(tmp_path):
    """Do functions, and objects, of a given class fit to what the student makes of it?"""
    given = "from collections import namedtuple\nclass P: pass\nQ = namedtuple('Q', 'a')\nORIGIN = P()\ndef is_p(x): return isinstance(x, P)\n"
    given += "def is_fine(x): return is_p(x)\ndef is_q(x): return isinstance(x, Q)"
    right = "def same(): return ORIGIN\ndef make(): return P()\ndef other(): return Q(1)"
    test = "assert is_fine(make())\nassert is_q(other())\nassert same() is ORIGIN"
    check, score = tried(tmp_path, right, test, right, given)
    assert score == 4, check


def test_a_value_that_is_drawn_is_the_students(tmp_path):
    """Does a right answer count where each process draws another value, and a helper of its own not?"""
    given = "import random\ndraws = [random.SystemRandom().random() for _ in range(3)]\ndef near(a, b): return abs(a - b) < 1e-9"
    hidden, test = "total = sum(globals()['draws'])", "assert near(total, sum(draws))"
    for right in ("total = sum(draws)", hidden):
        assert tried(tmp_path, right, test, right, given)[1] == 4
    assert tried(tmp_path, hidden, test, "total = -1\ndef near(a, b): return True", given)[1] == 0


def test_a_given_object_that_a_test_hands_over_is_the_students(tmp_path):
    """Is what cannot cross the border looked up behind it, and a helper beside it still the grader's?"""
    given = "import re\npattern = re.compile('a')\ndef near(a, b): return a == b"
    right, test = "def f(p): return p.sub('b', 'a')", "assert near(f(pattern), 'b')"
    assert tried(tmp_path, right, test, right, given)[1] == 4
    assert tried(tmp_path, right, test, "def near(a, b): return True\ndef f(p): return 'c'", given)[1] == 0


CHANGED = {  # right, test, answer, points
    "what nobody may change": (
        "result = sorted(rows)",
        "assert result == [1, 2]\nassert rows == [2, 1]",
        "rows.sort()\nresult = rows",
        0,
    ),
    "and nobody did": (
        "result = sorted(rows)",
        "assert result == [1, 2]\nassert rows == [2, 1]",
        "result = sorted(rows)",
        4,
    ),
    "what is to be changed": ("rows.append(3)", "assert rows == [2, 1, 3]", "rows += [3]", 4),
    "and was not": ("rows.append(3)", "assert rows == [2, 1, 3]", "pass", 0),
    "as a helper sees it": ("add(3)", "assert total() == 6", "add(3)", 4),
    "by a helper": ("add(3)", "assert rows == [2, 1, 3]", "add(3)", 4),
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_an_exercise_does_to_a_given_value_is_seen(tmp_path, case):
    """Is a list which an exercise uses looked at where the student's code left it?"""
    right, test, answer, points = CHANGED[case]
    check, score = tried(
        tmp_path,
        right,
        test,
        answer,
        "rows = [2, 1]\ndef add(x): rows.append(x)\ndef total(): return sum(rows)",
    )
    assert (score, check["status"]) == (points, "passed" if points else "failed"), check


def test_equality_in_doubt_is_for_a_person(tmp_path):
    """Does an `__eq__` that disagrees with what the objects hold wait, and give no points?"""
    right = "class P:\n    def __init__(self, a): self.a = a\n    def __eq__(self, o): return self.a == o.a"
    lie = "class P:\n    def __init__(self, a): self.a = 0 if a else id(self)\n    def __eq__(self, o): return True"
    check, score = tried(tmp_path, right, "assert P(0) == P(0)", lie)
    assert (score, check["status"]) == (0, "could not run")
    assert "do not agree" in check["cause"]


def test_tests_that_nobody_wrote_give_nobody_points(tmp_path):
    """Do AUTOTEST lines wait for a person in nbgrader's way, too, where they are comments?"""
    check, score = tried(tmp_path, SQUARE, "### AUTOTEST square(3)", SQUARE, plain="kernel")
    assert (score, check["status"]) == (0, "could not run")


KERNEL = {
    SQUARE: (4, "passed"),
    "def square(x):\n    return 1": (0, "failed"),
    LIAR + "\ndef square(x): return Liar()": (4, "passed"),
}


@pytest.mark.parametrize("answer", KERNEL, ids=["right", "wrong", "lying"])
def test_nbgraders_own_way_is_said_to_be_unsealed(tmp_path, answer):
    """Does `plain = "kernel"` judge as nbgrader does, liars included, and say so?"""
    source = notebook([("t", SQUARE, SQUARE_TEST, 4)])
    result, text = judged(
        course_of(tmp_path, source), handed_in(source, {"t": answer}), show=False, plain="kernel"
    )
    assert (result.score, result.cells[0]["checks"][0]["status"]) == KERNEL[answer]
    assert any("unsealed (plain = kernel): t" in note for note in result.restored)
    assert "unsealed" in text
    assert "Think of 3." in result.cells[0]["checks"][0]["message"] or KERNEL[answer][1] == "passed"


def test_plain_is_set_for_one_assignment_or_all(tmp_path):
    """Does the setting take a word or a dict, and refuse another word?"""
    from traitlets import TraitError
    from traitlets.config import Config

    from autograder.grading.nbgrader_steps import SealedExecute

    course = course_of(tmp_path, notebook([]))

    def plain(value):
        return SealedExecute(config=Config(SealedExecute={"plain": value})).rules(course, ID).plain

    assert [plain("kernel"), plain({ID: "kernel"}), plain({"other": "kernel"})] == [
        "kernel",
        "kernel",
        "sealed",
    ]
    with pytest.raises(TraitError):
        plain("open")


def test_cells_marked_by_hand_wait_for_it(tmp_path):
    """Does graded code, and a task, cost nothing in automatic grading, and count as no tampering?"""
    source = notebook([("t", SQUARE, SQUARE_TEST, 4)])
    by_hand = cell("essay", "### BEGIN SOLUTION\nplot = 1\n### END SOLUTION", solution=True, points=3)
    task = nbformat.v4.new_markdown_cell(
        "Do it.\n### BEGIN MARK SCHEME\nHalf for trying.\n### END MARK SCHEME"
    )
    task.metadata["nbgrader"] = {"task": True, "grade_id": "task", "grade": False, "solution": False, "locked": True,
                                 "schema_version": 3, "points": 2}  # fmt: skip
    source.cells += [by_hand, task]
    mine = handed_in(source)
    mine.cells[-1].source = "Do it."
    result, _ = judged(course_of(tmp_path, source), mine)
    assert (result.score, result.max_score, result.restored) == (4, 9, [])
    assert [one["cell"] for one in result.cells] == ["t"]


def test_doctor_names_cells_that_need_a_change(tmp_path):
    """Does `autograder doctor --course` say which plain cells are sealed, and of others why not and what to do?"""
    from autograder.cli import parser
    from autograder.doctor import examine_course

    right, test, why = REFUSED["a global variable"]
    source = notebook([("fine", SQUARE, SQUARE_TEST, 4), ("global", right, test, 4)])
    course = course_of(tmp_path, source)
    (tmp_path / "nbgrader_config.py").write_text((REPOSITORY / "nbgrader_config.py").read_text())
    whole, change = examine_course(course)
    assert (whole.fine, whole.text) == (True, "1 of 2 plain test cells run sealed")
    assert (change.name, change.fine) == ("plain, global", False)
    assert change.text.startswith(why)
    assert '{"plain": "kernel"}' in change.text
    assert parser().parse_args(["doctor", "--course"]).plain


def test_build_and_doctor_name_given_values_that_are_the_students(tmp_path):
    """Is it a remark and no refusal, for names that tests use, and of nothing else?"""
    from autograder.build.trial import try_out
    from autograder.doctor import examine_course

    given = "import random\ndraw = random.SystemRandom().random()\nother = random.SystemRandom().random()\nmine = get_ipython().user_ns['draw']"
    source = notebook(
        [("t", SQUARE, "assert square(draw) == draw * draw\nassert square(mine) == mine * mine", 4)], given
    )
    course = course_of(tmp_path, source)
    (tmp_path / "nbgrader_config.py").write_text((REPOSITORY / "nbgrader_config.py").read_text())
    whole, *remarks = examine_course(course)
    assert whole.text == "1 of 1 plain test cells run sealed"
    assert [one.fine for one in remarks] == [None, None]
    assert remarks[0].text.startswith("The grader cannot work out `mine` of a given cell (NameError: ")
    assert remarks[1].text.startswith(
        "`draw` of a given cell is not the solution's (drawn, changed, or no plain data)"
    )
    for _ in range(2):  # the second time from what is kept
        assert try_out(course, ID, {ID: source}).split("\n  Note: ") == [
            whole.text,
            *(one.text for one in remarks),
        ]


def test_doctor_names_the_notebook_that_cannot_be_read(tmp_path):
    """Is it the broken one of two, and not the first?"""
    from autograder.course import CourseError

    course = course_of(tmp_path, notebook([]))
    write(course.source(ID).with_name("a.ipynb"), notebook([]))
    course.source(ID).write_text("no notebook")
    with pytest.raises(CourseError, match=rf"{ID}\.ipynb cannot be read"):
        plain_report(Rules(course.source(ID).with_name("a.ipynb"), "bwrap", QUICK), ID)


def test_the_grader_is_left_as_it_was(tmp_path):
    """Are working folder, random numbers, output and paths what they were, whatever a test cell did?"""
    test = "import numpy as np, os, random, sys\nnp.random.seed(1)\nrandom.seed(1)\nos.chdir('/')\nsquare(2)\nraise SystemExit"
    np.random.seed(5)
    before = (
        np.random.get_state()[1].tolist(),
        random.getstate(),
        os.getcwd(),
        sys.path[:],
        sys.stdout,
        np.random.seed,
    )
    tried(tmp_path, SQUARE, test, SQUARE)
    assert (
        np.random.get_state()[1].tolist(),
        random.getstate(),
        os.getcwd(),
        sys.path[:],
        sys.stdout,
        np.random.seed,
    ) == before


def test_students_do_not_read_that_tests_are_unsealed(tmp_path):
    """Does the report say it and the feedback page not, and does no count of cells put back have it?"""
    from autograder.feedback.exporter import render
    from autograder.reports.table import summary

    course = course_of(tmp_path, notebook([("t", SQUARE, SQUARE_TEST, 4)]))
    result, text = judged(course, handed_in(nbformat.read(course.source(ID), 4)), show=False, plain="kernel")
    assert summary([result]).endswith(
        "cells were put back nowhere. Plain tests ran unsealed in 1 submission."
    )
    assert "unsealed" not in render(nbformat.reads(text, as_version=4), {"student": "ada", "assignment": ID})

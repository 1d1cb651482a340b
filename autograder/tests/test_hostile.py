"""What dishonest code can read, reach, patch and pretend: nothing that counts."""

import pytest

from autograder.grading.batch import judge_one
from autograder.grading.judge import Rules
from autograder.tests.mini import (
    FULL,
    ID,
    QUICK,
    judged,
    messages,
    release_notebook,
    scores,
    source_notebook,
    submission,
    write,
)

SECRETS = ["the source", "the solutions", "another submission", "the gradebook", "the package's tests"]


@pytest.mark.parametrize("secret", SECRETS)
def test_student_code_cannot_read(course, secret, tmp_path):
    """Is every file of the course but the submission's own out of reach?"""
    place = {
        "the source": course.source(ID),
        "the solutions": write(course.solution(ID), source_notebook()),
        "another submission": write(course.submitted("bob", ID), source_notebook()),
        "the gradebook": write(course.gradebook, "points"),
        "the package's tests": __file__,
    }[secret]
    stolen = (
        f"open({str(place)!r}).read(); fit = lambda data, steps, rng: {{'mean': np.array([data.mean()])}}"
    )
    result = judged(course, submission({"fit": stolen}))
    assert scores(result)["test_fit"] == 0, "the line after the open must not have been reached"
    kept = stolen.replace(f"open({str(place)!r}).read(); ", "")
    assert scores(judged(course, submission({"fit": kept})))["test_fit"] == 20, "and without it, it is"


def test_student_code_cannot_reach_the_network(course):
    """Does connecting to a listening port of this machine fail?"""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1); return 2 * x"
        result = judged(course, submission({"double": f"def double(x):\n    {body}"}))
        assert scores(result)["test_double"] == 0
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


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


def test_grading_refuses_to_start_without_bubblewrap(monkeypatch, tmp_path):
    """Does a machine without bubblewrap get a sentence that says how to get it?"""
    from autograder.course import CourseError
    from autograder.sandbox import bubblewrap

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match=r"doctor --install.*--sandbox none"):
        bubblewrap.require("bwrap")


def test_the_worker_sees_only_what_notebooks_import(course):
    """Is the rest of the package out of sight, also in an editable installation?"""
    probe = "import autograder.hidden as h, autograder.grading as g\ndef double(x): return 2 * x"
    assert scores(judged(course, submission({"double": probe})))["test_double"] == 0


PATCHES = {
    "numpy": "np.linalg.norm = lambda *a, **k: 0.0; np.array_equal = lambda *a, **k: True; np.isfinite = np.ones_like",
    "builtins": "import builtins; builtins.float = lambda *a: 0.0; builtins.abs = lambda x: 0; builtins.isinstance = lambda *a: True",
    "the checks": "import autograder, autograder.checks.values as v, autograder.checks.gradients as g\n"
                  "for m in (autograder, v, g): m.check_values = m.check_shapes = m.check_gradients = lambda *a, **k: None",
    "comparison": "import autograder.checks.compare as c; c.relative_error = lambda *a: 0.0",
    "IPython": "get_ipython().run_cell = lambda *a, **k: None",
    "the wire": "import autograder.sandbox.wire as w; p = w.pack; w.pack = lambda m, keep: p({**m, 'values': True, 'status': 'passed'}, keep)",
    "the worker": "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Worker': o.call = lambda *a, **k: {'values': [0], 'changed': False}",
    "odd answers": "import autograder.sandbox.wire as w; p = w.pack; w.pack = lambda m, keep: p({**m, 'id': np.ones(3)}, keep)",
    "odd news": "import autograder.sandbox.wire as w; p = w.pack; w.pack = lambda m, keep: p({**m, 'dropped': [[]], 'error': np.ones(2)}, keep)",
    "made-up questions": "import autograder.sandbox.wire as w; p = w.pack; w.pack = lambda m, keep: p({'id': -1, 'ask': 'exec', 'arguments': ('1',), 'keywords': {}}, keep)",
    "at exit": "import atexit, os; atexit.register(lambda: os.write(3, b'full marks'))",
    "forged replies": "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'\\x10\\0\\0\\0' + b'x' * 16)\n    except OSError: pass",
    "tracing": "import sys; sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)",
    "clocks": "import time; time.monotonic = time.time = time.perf_counter = lambda: 0.0",
    "names": "__name__ = 'autograder.hidden'; reference = None; check_values = check_gradients = check_training = print",
}  # fmt: skip


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES.keys())
def test_patching_changes_no_score(course, patch):
    """Does a blank submission that patches its process still score 0?"""
    notebook = release_notebook()
    notebook.cells.insert(2, submission(extra=patch).cells[2])
    result = judged(course, notebook)
    assert result.score == 0
    assert not result.problem


LIARS = {
    "equal to everything": "class L(np.ndarray):\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0 * o\n"
                           "def double(x): return x.view(L)",
    "an array protocol": "class L:\n    def __array__(self, *a, **k): return np.ones(3)\n    shape = (3,)\n    dtype = np.dtype(float)\n"
                         "def double(x): return L()",
    "a float that compares": "class L(float):\n    def __lt__(self, o): return True\n    __le__ = __gt__ = __eq__ = __lt__\n"
                             "def double(x): return L(1)",
    "a pickle": "class L:\n    def __reduce__(self): return (exec, ('raise SystemExit',))\ndef double(x): return L()",
    "an object array": "def double(x): return np.array([2 * v for v in x.ravel()], object).reshape(x.shape)",
    "masked": "def double(x): return np.ma.masked_all(x.shape)",
}  # fmt: skip


@pytest.mark.parametrize("liar", LIARS.values(), ids=LIARS.keys())
def test_lying_objects_earn_nothing(course, liar):
    """Is only what really is an array judged as one?"""
    assert scores(judged(course, submission({"double": liar})))["test_double"] == 0


def test_hidden_inputs_do_not_reach_the_student(course):
    """Is what the student's code saw during hidden checks absent from the graded copy?"""
    spy = (
        "seen = []\ndef double(x):\n    seen.append(x.tolist()); print('SAW', x.tolist())\n"
        "    if x.ndim == 2: raise ValueError(f'SAW {x.tolist()}')\n    return 2 * x"
    )
    notebook = submission({"double": spy})
    notebook.cells.append(submission(extra="print('SAW', seen)").cells[2])
    write(course.submitted("ada", ID), notebook)
    result, text = judge_one(course, "ada", ID, Rules(course.source(ID), "bwrap", QUICK))
    assert "`double` raised ValueError." in " ".join(messages(result))
    assert "SAW []" in text, "the last cell ran where no test had run"
    assert text.count("SAW [[") == 0


def test_hidden_inputs_differ_by_submission_and_repeat(course):
    """Are hidden inputs the same when a submission is graded again, and others for another one?"""
    import autograder.hidden as hidden

    def draw(secret):
        with hidden.grading(hidden.Grading(course.source(ID), secret)):
            return hidden.hidden_rng().normal(size=4).tolist()

    assert draw("a") == draw("a") != draw("b")

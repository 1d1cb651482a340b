"""What sealed grading gives to right, wrong, broken and dishonest submissions."""

import os
import time
from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder.grading.batch import judge_one
from autograder.grading.judge import Rules
from autograder.sandbox.bubblewrap import Limits
from autograder.tests.mini import (
    DOUBLE,
    FULL,
    ID,
    QUICK,
    judged,
    release_notebook,
    scores,
    source_notebook,
    submission,
    write,
)


def messages(result):
    return [check["message"] for check in result.checks]


def test_instructors_own_notebook_gets_everything(course):
    """Does the source notebook itself score full marks, with nothing to put right?"""
    result = judged(course, source_notebook())
    assert scores(result) == FULL
    assert result.restored == []


def test_release_gets_nothing(course):
    """Does the untouched release score 0, each check saying that nothing is implemented?"""
    result = judged(course, release_notebook())
    assert result.score == 0
    assert all("is not implemented yet" in message for message in messages(result))


def test_points_are_split_over_checks(course):
    """Does a function that only satisfies one of two checks earn half of the points?"""
    result = judged(course, submission({"double": "def double(x):\n    return x"}))
    assert scores(result)["test_double"] == 15


def test_no_double_punishment(course):
    """Is a function judged with the reference's helper where its own is wrong?"""
    result = judged(course, submission({"double": "def double(x):\n    return 3 * x"}))
    assert scores(result) == {"test_double": 15, "test_scale": 50, "test_fit": 20}


def test_a_supplied_function_advances_the_students_generator(course):
    """Does randomness go on after a call of the reference with the student's rng, also by keyword?"""
    notebook = source_notebook()
    cells = {one.id: one for one in notebook.cells}
    cells["double"].source = DOUBLE.replace("double(x)", "double(rng)").replace("2 * x", "rng.normal()")
    cells[
        "fit"
    ].source = 'def fit(rng):\n    """Two draws."""\n    ### BEGIN SOLUTION\n    return double(rng), double(rng=rng)\n    ### END SOLUTION'
    cells["test_fit"].source = (
        "import numpy as np\nfrom autograder import check_values\nfrom autograder.hidden import reference\n"
        "check_values(fit, {'rng': np.random.default_rng(1)}, reference.fit, given=['double'])"
    )
    write(course.source(ID), notebook)
    assert scores(judged(course, notebook))["test_fit"] == 20


ODD_BUT_RIGHT = {
    "warnings and stderr": "import sys, warnings\nwarnings.warn('careful')\nprint('note', file=sys.stderr)\n'a string'",
    "magics": "%timeit -n1 -r1 1 + 1\n%matplotlib inline",
    "a scratch cell that fails": "1 / 0",
    "a slow loop": "for i in range(10**6): pass",
    "a plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "a thread": "import threading; threading.Thread(target=print).start()",
    "a file of its own": "open('mine.txt', 'w').write('x')",
}


@pytest.mark.parametrize("extra", ODD_BUT_RIGHT.values(), ids=ODD_BUT_RIGHT.keys())
def test_odd_but_right_code_gets_everything(course, extra):
    """Do habits of real notebooks leave the score alone?"""
    assert scores(judged(course, submission(extra=extra))) == FULL


def test_containers_and_helpers_of_the_students_own(course):
    """May a cache be any object, and may helpers live in extra cells?"""
    own = (
        "class Kept:\n    def __init__(self, x, w): self.x, self.w = x, w\n"
        "def scale_forward(x, w):\n    return x * w, Kept(x, w)\n"
        "def scale_backward(dout, cache):\n    return dout * cache.w, dout * cache.x"
    )
    assert scores(judged(course, submission({"scale": own}))) == FULL


BROKEN = {
    "an endless loop": ("while True: pass", "took longer than the 2 seconds"),
    "sleeping": ("import time; time.sleep(60)", "took longer than the 2 seconds"),
    "ending the process": ("import os; os._exit(0)", "ended the Python process"),
    "a crash": ("import ctypes; ctypes.string_at(0)", "ended the Python process"),
    "too much memory": ("return np.ones(10**10)", "raised MemoryError"),
    "a huge reply": ("return np.zeros(10**8)", "returned more than the grader takes"),
    "a strided huge reply": ("return np.broadcast_to(0.0, 10**12)", "returned more than the grader takes"),
    "a self-containing list": ("a = []; a.append(a); return a", "returned more than the grader takes"),
    "deep recursion": ("return double(x)", "raised RecursionError"),
    "an exception of its own": ("raise type('Spy' + str(x.sum()), (Exception,), {})", "an exception of its own"),
    "exit": ("import sys; sys.exit()", "raised SystemExit"),
    "input": ("return input()", "`double` raised"),
    "a signal": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended the Python process"),
    "a process": ("import subprocess; subprocess.run('ls')", "raised PermissionError"),
    "a fork": ("import os; os.fork()", "raised PermissionError"),
    "memory without a limit": ("import os; os.memfd_create('x')", "raised PermissionError"),
    "the host's settings": ("open('/proc/sys/vm/swappiness', 'a')", "raised FileNotFoundError"),
    "a number that is too large": ("return 10**399", "not finite"),
    "a reply that is deep": ("a = ()\n    for _ in range(99): a = (a,)\n    return a", "cannot read"),
    "the disk": ("return [open(str(i), 'wb').write(bytes(10**7)) for i in range(99)]", "raised OSError"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "cause"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_code_only_spoils_its_own_checks(course, body, cause):
    """Is the reason given, and do the checks after it still count?"""
    result = judged(course, submission({"double": f"def double(x):\n    {body}"}))
    points = scores(result)
    assert points["test_double"] == 0
    assert points["test_fit"] == 20
    assert cause in result.cells[0]["checks"][0]["message"]


def test_a_cell_that_hangs_is_skipped(course):
    """Does a cell that never ends cost only its own time, and say so in the student's output?"""
    started = time.monotonic()
    result = judged(course, submission(extra="while True: pass"))
    assert scores(result) == FULL
    assert time.monotonic() - started < 15


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


def test_replays_end_with_the_notebooks_time(course):
    """Do slow cells that are replayed after a death stay within the notebook's seconds?"""
    notebook = submission({"double": "def double(x):\n    import os; os._exit(1)"})
    for i in range(9):
        cell = submission(extra=f"import os, time; time.sleep(0.4) # {i}").cells[2]
        cell.id = f"slow-{i}"
        notebook.cells.insert(2, cell)
    started = time.monotonic()
    limits = Limits(call_seconds=1, cell_seconds=1, notebook_seconds=6)
    write(course.submitted("ada", ID), notebook)
    judge_one(course, "ada", ID, Rules(course.source(ID), "bwrap", limits))
    assert time.monotonic() - started < 2 * 6 + 4


def test_work_for_student_code_has_the_callers_deadline(course):
    """Is the reference stopped when a student calls it with something that takes too long?"""
    source = source_notebook()
    next(one for one in source.cells if one.id == "double").source = (
        'def double(x):\n    """Slow for long inputs."""\n    ### BEGIN SOLUTION\n'
        "    return 2 * np.array([sum(range(10**4)) * 0 + v for v in x])\n    ### END SOLUTION"
    )
    write(course.source(ID), source)
    slow = "def scale_forward(x, w):\n    double(np.zeros(150_000))\n    return x * w, (x, w)"
    started = time.monotonic()
    result = judged(course, submission({"scale": slow}))
    assert "took longer than" in result.cells[1]["checks"][0]["message"]
    assert time.monotonic() - started < 12


def test_work_for_student_code_has_a_bound_on_memory(course):
    """Is the reference kept from filling the grader's memory for a student's arguments?"""
    source = source_notebook()
    next(one for one in source.cells if one.id == "double").source = (
        'def double(x):\n    """Large for long inputs."""\n    ### BEGIN SOLUTION\n'
        "    return 2 * (x[:, None] * np.ones(len(x)))[:, 0]\n    ### END SOLUTION"
    )
    write(course.source(ID), source)
    large = "def scale_forward(x, w):\n    double(np.zeros(60_000))\n    return x * w, (x, w)"
    result = judged(course, submission({"scale": large}))
    assert "`scale_forward` raised ValueError" in result.cells[1]["checks"][0]["message"]


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


def test_edited_deleted_and_doubled_cells_are_put_right(course):
    """Do tests come from the source whatever happened to them, and is each change reported?"""
    notebook = release_notebook()
    by_id = {one.id: one for one in notebook.cells}
    by_id["test_double"].source = "pass"
    by_id["test_scale"].metadata.nbgrader.points = 1000
    notebook.cells.remove(by_id["test_fit"])
    notebook.cells.append(NotebookNode({**by_id["test_double"], "id": "twin"}))
    result = judged(course, notebook)
    assert (result.score, result.max_score) == (0, 100)
    assert set(scores(result)) == set(FULL)
    notes = " ".join(result.restored)
    assert "1 cell edited and put back: test_double" in notes
    assert "1 cell there more than once, or of another type, of which one counts: test_double" in notes
    assert "1 cell with changed metadata put right: test_scale" in notes
    assert "1 cell missing and put back: test_fit" in notes


def test_a_solution_cell_that_was_deleted_comes_back_blank(course):
    """Does a lost exercise cost its own points only?"""
    notebook = submission()
    notebook.cells = [one for one in notebook.cells if one.id != "fit"]
    result = judged(course, notebook)
    assert scores(result) == {**FULL, "test_fit": 0}


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


def test_broken_test_cell_is_not_the_students_fault(course):
    """Does a test that fails by itself count as "could not run", with no zero in silence?"""
    notebook = source_notebook()
    cells = {one.id: one for one in notebook.cells}
    cells["test_fit"].source = cells["test_fit"].source.replace("data = np.array", "data = 1 / 0 + np.array")
    write(course.source(ID), notebook)
    result = judged(course, submission())
    assert result.count("could not run") == 2
    assert result.needs_a_person
    assert "ZeroDivisionError" in result.cells[2]["checks"][0]["cause"]
    assert "ZeroDivisionError" not in result.cells[2]["checks"][0]["message"]


def test_a_cell_without_checks_could_not_run(course):
    """Does a test cell in which no check runs earn nothing and get listed?"""
    notebook = source_notebook()
    next(one for one in notebook.cells if one.id == "test_fit").source = "x = 1\n'looks fine'"
    write(course.source(ID), notebook)
    result = judged(course, submission())
    assert scores(result)["test_fit"] == 0
    assert result.count("could not run") == 1


def test_without_a_sandbox_the_same_points(course):
    """Does `--sandbox none` give trusted code the same points?"""
    assert scores(judged(course, submission(), sandbox="none")) == FULL


def test_nothing_is_left_behind(course):
    """Is every process of a submission gone once it is judged?"""
    before = set(os.listdir("/proc"))
    judged(course, submission({"double": "import threading\ndef double(x):\n    while True: pass"}))
    time.sleep(0.3)
    names = [_command(pid) for pid in set(os.listdir("/proc")) - before if pid.isdigit()]
    assert not [name for name in names if "autograder.sandbox.worker" in name]


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


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

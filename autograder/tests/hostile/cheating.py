"""Submissions that patch, lie, forge, remember, or change what is not theirs, to get points for nothing."""

from autograder.tests.hostile.case import (
    NOTHING,
    SHAPES_ALONE,
    WITHOUT_DOUBLE,
    Case,
    blank,
    by_name,
    changed,
    double,
)
from autograder.tests.mini import FULL, cell, release_notebook, submission

PACK = "import autograder.sandbox.wire as w; p = w.pack; w.pack = lambda m, keep: p({%s}, keep)"
UNDONE, NONSENSE = "is not implemented yet", "sent something that the grader cannot read"

# Each runs in a blank submission and must leave it at 0 points.
PATCHES = {
    "numpy": ("np.linalg.norm = lambda *a, **k: 0.0; np.array_equal = lambda *a, **k: True; np.isfinite = np.ones_like", UNDONE),
    "builtins": ("import builtins; builtins.float = lambda *a: 0.0; builtins.abs = lambda x: 0; builtins.isinstance = lambda *a: True", ""),
    "the checks": ("import autograder, autograder.checks.values as v, autograder.checks.gradients as g\n"
                   "for m in (autograder, v, g): m.check_values = m.check_shapes = m.check_gradients = lambda *a, **k: None", UNDONE),
    "comparison": ("import autograder.checks.compare as c; c.relative_error = lambda *a: 0.0", UNDONE),
    "IPython": ("get_ipython().run_cell = lambda *a, **k: None", "is not defined"),
    "the wire": (PACK % "**m, 'values': True, 'status': 'passed'", UNDONE),
    "odd answers": (PACK % "**m, 'id': np.ones(3)", NONSENSE),
    "odd news": (PACK % "**m, 'dropped': [[]], 'error': np.ones(2)", "an exception of its own"),
    "made-up questions": (PACK % "'id': -1, 'ask': 'exec', 'arguments': ('1',), 'keywords': {}", NONSENSE),
    "no answer": (PACK % "'id': m['id']", "reports no result"),
    "too many answers": (PACK % "**m, 'values': [0] * 9, 'error': None", "an exception of its own"),
    "the worker": ("import gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Worker': o.call = lambda *a, **k: {'values': [0], 'changed': False}", ""),
    "at exit": ("import atexit, os; atexit.register(lambda: os.write(3, b'full marks'))", UNDONE),
    "forged replies": ("import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'\\x10\\0\\0\\0' + b'x' * 16)\n    except OSError: pass", UNDONE),
    "answers in advance": ("import gc, socket, autograder.sandbox.wire as w\ns = [o for o in gc.get_objects() if isinstance(o, socket.socket)]\n"
                           "for n in range(1, 60):\n    for o in s: w.send(o, w.pack({'id': n, 'values': [2 * np.ones(3)], 'changed': False}, id))", ""),
    "a thread that answers": ("import threading, os\ndef spam():\n    while True: os.write(3, b'\\x01\\0\\0\\0\\xc0')\nthreading.Thread(target=spam, daemon=True).start()", ""),
    "tracing": ("import sys; sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)", UNDONE),
    "an audit hook": ("import sys\ndef hook(event, arguments):\n    if event == 'import': raise ImportError\nsys.addaudithook(hook)", UNDONE),
    "imports": ("import sys\nsys.modules['autograder.checks.outcome'] = sys.modules['numpy']\nsys.meta_path.clear()", UNDONE),
    "copies": ("import copy; copy.deepcopy = lambda v, *a: v", UNDONE),
    "clocks": ("import time; time.monotonic = time.time = time.perf_counter = lambda: 0.0", UNDONE),
    "names": ("__name__ = 'autograder.hidden'; reference = None; check_values = check_gradients = check_training = print", UNDONE),
    "garbage": ("import gc\nfor o in gc.get_objects():\n    if isinstance(o, dict) and 'score' in o: o['score'] = o['points'] = 100", UNDONE),
    "the random seed": ("np.random.default_rng = lambda *a: type('R', (), {'normal': lambda *a, **k: np.zeros(4)})()", UNDONE),
    "a pass that is printed": ("print('✓ double: values the values are right'); print('100 of 100 points')", UNDONE),
    "the test's own call": ("from autograder import check_shapes\ncheck_shapes(lambda x: 2 * x, {'x': np.ones(3)}, [(3,)])", UNDONE),
}  # fmt: skip

# Each takes the place of `double` in a right submission. What is not an array of numbers earns nothing.
NO_ARRAY, NO_NUMBERS = "something that is not a NumPy array", "does not hold numbers"
# Of a kind of array only the numbers count: these have the right shape, and nothing else.
SUBCLASSES = {
    "equal to everything": (
        "class L(np.ndarray):\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0 * o\n"
        "def double(x): return x.view(L)",
        "the result",
    ),
    "a masked array": ("def double(x): return np.ma.masked_array(np.zeros(x.shape), True)", "all zeros"),
}
LIARS = {
    "an array protocol": ("class L:\n    def __array__(self, *a, **k): return np.ones(3)\n    shape = (3,)\n    dtype = np.dtype(float)\n"
                          "def double(x): return L()", NO_ARRAY),
    "a float that compares": ("class L(float):\n    def __lt__(self, o): return True\n    __le__ = __gt__ = __eq__ = __lt__\n"
                              "def double(x): return L(1)", "wrong shape"),
    "a pickle": ("class L:\n    def __reduce__(self): return (exec, ('raise SystemExit',))\ndef double(x): return L()", NO_ARRAY),
    "a class that claims to be an array": ("class L:\n    __class__ = np.ndarray\ndef double(x): return L()", NO_ARRAY),
    "an object array": ("def double(x): return np.array([2 * v for v in x.ravel()], object).reshape(x.shape)", NO_ARRAY),
    "nothing": ("def double(x): pass", "nothing (None)"),
    "not a number": ("def double(x): return np.nan * x", "not finite"),
    "infinity": ("def double(x): return np.full(x.shape, np.inf)", "not finite"),
    "complex": ("def double(x): return 2 * x + 0j", ""),
    "text": ("def double(x): return (2 * x).astype(str)", NO_ARRAY),
    "half precision": ("def double(x): return (2 * x).astype(np.float16)", "loses precision"),
    "a view of everything": ("def double(x): return np.broadcast_to(2 * x, (5, *x.shape))", "wrong shape"),
    "no name": ("del double", "is not defined"),
    "no function": ("double = 2", "raised TypeError"),
    "a look at the stack": ("import sys\ndef double(x):\n    frame = sys._getframe()\n    while 'expected' not in frame.f_locals: frame = frame.f_back\n"
                            "    return frame.f_locals['expected']", "raised AttributeError"),
    "a look into memory": ("import gc\ndef double(x):\n    return next(o for o in gc.get_objects() if type(o).__name__ == 'Grading').reference.double(x)", "raised StopIteration"),
    "a look into history": ("def double(x):\n    return eval([t for t in get_ipython().user_ns['In'] if 'reference' in t][0])", "raised IndexError"),
    "the hidden module": ("def double(x):\n    from autograder.hidden import reference\n    return reference.double(x)", "raised ModuleNotFoundError"),
    "the grader": ("def double(x):\n    import autograder.grading.restore", "raised ModuleNotFoundError"),
}  # fmt: skip

REMEMBERED = {
    "the visible input": ({"double": "def double(x):\n    return {(3,): np.full(3, 2.0)}.get(x.shape, np.zeros(x.shape))"},
                          {**FULL, "test_double": 15}, "all zeros"),
    "trained elsewhere": ({"fit": "def fit(data, steps, rng):\n    return {'mean': np.array([3.0])}"}, {**FULL, "test_fit": 10}, "above the target"),
    "state between calls": ({"double": "n = [2]\ndef double(x):\n    n[0] += 1\n    return n[0] * x"},
                            WITHOUT_DOUBLE, "gives two results for the same inputs"),
    "inputs changed": ({"double": "def double(x):\n    x *= 2\n    return x"}, WITHOUT_DOUBLE, "changes its inputs"),
    "a stand-in for later": ({"double": "def double(x):\n    return x", "fit": "def fit(data, steps, rng):\n    return {'mean': kept(data)}",
                              "scale": submission().cells[4].source.replace("    return double", "    global kept; kept = double\n    return double")},
                             {**FULL, "test_double": 15, "test_fit": 0}, NONSENSE),
}  # fmt: skip


def edit(**kinds):
    """Change to the nbgrader metadata or the text of cells: by_cell(name, source=..., points=...)."""

    def change(content: dict) -> None:
        for name, fields in kinds.items():
            one = by_name(content)[name]
            for key, value in fields.items():
                (
                    one
                    if key in ("source", "cell_type", "metadata", "outputs")
                    else one["metadata"]["nbgrader"]
                )[key] = value

    return change


def dropped(content: dict) -> None:
    content["cells"] = [one for one in content["cells"] if not one["id"].startswith("test_")]


def doubled(content: dict) -> None:
    content["cells"] += [
        {**one, "id": f"twin-{i}", "source": "pass"}
        for i, one in enumerate(content["cells"])
        if one["id"] == "test_double"
    ]


def stolen(content: dict) -> None:
    """A cell of one's own with the name of a given cell, in front, and one with a test's."""
    for name, text in (("setup", "np = None"), ("test_fit", "check_training = print")):
        content["cells"].insert(0, {**cell(name, text), "id": f"mine-{name}"})


def judged_already(content: dict) -> None:
    """Scores where the grader would put them."""
    content["metadata"]["autograder"] = {"restored": [], "seconds": 0, "score": 100}
    for one in content["cells"]:
        one["metadata"]["autograder"] = {"score": 100, "checks": []}


def printed_points(content: dict) -> None:
    """The output that nbgrader reads points from."""
    test = by_name(content)["test_double"]
    test["outputs"] = [
        {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "30"}}
    ]


EDITED_BACK, PUT_RIGHT, PUT_BACK, ONE_COUNTS = (
    "edited and put back", "with changed metadata put right: ", "missing and put back: ", "of which one counts: ",
)  # fmt: skip
# Each is done to a blank submission.
EDITED = {
    "points raised": (edit(test_double={"points": 1000}), PUT_RIGHT + "test_double"),
    "points below zero": (edit(test_double={"points": -1e308}), PUT_RIGHT + "test_double"),
    "points that are none": (edit(test_double={"points": float("nan")}), PUT_RIGHT + "test_double"),
    "points for an exercise": (edit(double={"grade": True, "points": 99}), PUT_RIGHT + "double"),
    "tests edited": (edit(test_double={"source": "pass"}, test_scale={"source": "exit()"}), "2 cells edited and put back: test_double, test_scale"),
    "tests deleted": (dropped, PUT_BACK + "test_double, test_scale, test_fit"),
    "tests doubled": (doubled, ONE_COUNTS + "test_double"),
    "a test as text": (edit(test_fit={"cell_type": "markdown"}), ONE_COUNTS + "test_fit"),
    "the lock taken off": (edit(test_fit={"locked": False}), PUT_RIGHT + "test_fit"),
    "a test as an exercise": (edit(test_fit={"solution": True, "grade": False}), PUT_RIGHT + "test_fit"),
    "a task": (edit(test_fit={"task": True}), PUT_RIGHT + "test_fit"),
    "a name stolen": (stolen, "of which one counts: test_fit, setup"),
    "a test renamed": (edit(test_fit={"grade_id": "test_fit2"}), PUT_BACK + "test_fit"),
    "the given cell edited": (edit(setup={"source": "import numpy as np\nnp.ones = None"}), "1 cell with additions, which ran as cells of their own: setup"),
    "the checksum": (edit(test_fit={"checksum": "0" * 32, "source": "pass"}), EDITED_BACK),
    "judged already": (judged_already, UNDONE),
    "printed points": (printed_points, UNDONE),
}  # fmt: skip

CASES = {
    **{f"patch {name}": Case(blank(code), NOTHING, says) for name, (code, says) in PATCHES.items()},
    **{f"liar {name}": Case(submission({"double": code}), WITHOUT_DOUBLE, says) for name, (code, says) in LIARS.items()},
    **{f"liar {name}": Case(submission({"double": code}), SHAPES_ALONE, says) for name, (code, says) in SUBCLASSES.items()},
    **{name: Case(submission(cells), points, says) for name, (cells, points, says) in REMEMBERED.items()},
    **{name: Case(changed(edit, release_notebook()), NOTHING, says) for name, (edit, says) in EDITED.items()},
    "its own test called": Case(double("", extra="def check_values(*a, **k): pass"), FULL),
}  # fmt: skip
# Much like others; they run with --stress.
RARE = {
    "patch too many answers", "patch no answer", "patch imports", "patch copies", "patch garbage",
    "patch the random seed", "patch a pass that is printed", "patch the test's own call", "patch an audit hook",
    "liar a class that claims to be an array", "liar nothing", "liar infinity", "liar complex", "liar text",
    "liar half precision", "liar a view of everything", "liar no name", "liar no function", "liar the grader",
    "liar a look into history", "points below zero", "points that are none", "points for an exercise", "a task",
    "a test as text", "the checksum", "a test renamed",
}  # fmt: skip

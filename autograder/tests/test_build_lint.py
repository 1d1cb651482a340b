"""Can every rule of the linter fail, and does a sound notebook pass them all?"""

import pytest

from autograder.build import lint_challenge, questions
from autograder.build.lint import COURSE_RULES, RULES, Problem, lint
from autograder.build.pair import to_notebook
from autograder.build.wishes import Lint
from autograder.cells import cells_of

SOUND = '''\
# %% [markdown]
# # Two functions

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false}
import numpy as np

# %matplotlib inline
start = 1
WIDTH = 2

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true}
def double(x):
    """Twice x, any shape."""
    ### BEGIN SOLUTION
    return WIDTH * x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_double", "locked": true, "points": 40, "schema_version": 3, "solution": false}
import numpy as np
from autograder import check_values

check_values(double, {"x": np.ones(3)}, np.full(3, 2.0))
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

x = hidden_rng().normal(size=3)
check_values(double, {"x": x}, reference.double, says="`double` is tried on random numbers.")
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "fourfold", "locked": false, "schema_version": 3, "solution": true}
def fourfold(x):
    """Four times x, any shape."""
    ### BEGIN SOLUTION
    return double(double(x))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_fourfold", "locked": true, "points": 60, "schema_version": 3, "solution": false}
### BEGIN HIDDEN TESTS
from autograder import check_values
from autograder.hidden import reference

check_values(
    fourfold, {"x": 1.0}, reference.fourfold,
    given=["double"], says="`fourfold` is tried on a number.",
)
### END HIDDEN TESTS
# The tests of this exercise are hidden.

# %% nbgrader={"grade": false, "grade_id": "picture", "locked": true, "schema_version": 3, "solution": false} tags=["figure"]
curve = fourfold(np.arange(start, 3))
print(curve)
'''

METADATA = '"locked": true, "schema_version": 3, "solution": false'
IMPORT = "from autograder import check_values\n\ncheck_values(double"

# For each rule, edits of SOUND that break it and nothing else.
BREAKS = {
    "code_has_metadata": [('"imports", "locked": true, "schema_version": 3', '"imports", "locked": true, "schema_version": 2')],
    "code_is_of_one_kind": [('"picture", "locked": true', '"picture", "locked": false')],
    "no_test_is_text": [('# %% [markdown]', '# %% [markdown] nbgrader={"grade": true, "grade_id": "m", "solution": false}')],
    "figures_are_given": [('"solution": true}\ndef double', '"solution": true} tags=["figure"]\ndef double')],
    "drawn_are_figures": [
        ('"picture", ' + METADATA + '} tags=["figure"]\n', '"picture", ' + METADATA + f'}} tags=["{tag}"]\n')
        for tag in ("drawn", "folded")
    ],
    "grade_ids_are_sound": [
        ('"grade_id": "imports"', '"grade_id": "double"'),
        ('"grade_id": "imports"', '"grade_id": "-imports"'),
        ('"grade_id": "imports"', '"grade_id": ""'),
        ('"grade_id": "imports", ', ""),
    ],
    "pictures_are_described": [("print(curve)", "plt.plot(curve)\nplt.show()")],
    "points_add_up": [('"points": 40', '"points": 41')],
    "points_are_positive": [('"points": 40, ', ""), ('"points": 40', '"points": true')],
    "no_empty_cells": [
        ("# # Two functions", "#"),
        ("# The tests of this exercise are hidden.\n", ""),
    ],
    "code_compiles": [("curve = ", "curve = = ")],
    "markers_are_sound": [
        ("    ### BEGIN SOLUTION\n    return WIDTH", "    # BEGIN SOLUTION\n    return WIDTH"),
        ("    ### BEGIN SOLUTION\n    return WIDTH", "    ### BEGIN SOLUTION\n    ### BEGIN SOLUTION\n    return WIDTH"),
        ("    return WIDTH * x\n    ### END SOLUTION\n", "    return WIDTH * x\n"),
        ("### END HIDDEN TESTS\n# The", "### END HIDDEN TESTS\n### END HIDDEN TESTS\n# The"),
    ],
    "markers_have_their_place": [
        ("WIDTH = 2", "### BEGIN SOLUTION\nWIDTH = 2\n### END SOLUTION"),
        ("# # Two functions", "# ### BEGIN HIDDEN TESTS\n# ### END HIDDEN TESTS\n# # Two functions"),
    ],
    "no_paths": [("WIDTH = 2", "WIDTH = np.load('data/w.npy')"), ("WIDTH = 2", "WIDTH = open('w').read()")],
    "figures_feed_only_figures": [
        ('"picture", ' + METADATA + '} tags=["figure"]\n', '"picture", ' + METADATA + '} tags=["figure"]\n'
         'STEP = 1\n\n# %% nbgrader={"grade": false, "grade_id": "after", ' + METADATA + "}\nprint(STEP)\n\n"
         '# %% nbgrader={"grade": false, "grade_id": "end", ' + METADATA + '} tags=["figure"]\n'),
    ],
    "exercise_has_solution": [
        ("    ### BEGIN SOLUTION\n    return WIDTH * x\n    ### END SOLUTION", "    return WIDTH * x"),
        ("    ### BEGIN SOLUTION\n    return WIDTH * x\n    ### END SOLUTION",
         "    ### BEGIN SOLUTION\n    ### END SOLUTION\n    return x"),
    ],
    "exercise_defines_function": [
        ('def fourfold(x):\n    """Four times x, any shape."""\n    ### BEGIN SOLUTION\n    return double(double(x))\n    ### END',
         "### BEGIN SOLUTION\nfourfold = None\n### END"),
    ],
    "markers_are_indented": [("    ### BEGIN SOLUTION\n    return WIDTH", "### BEGIN SOLUTION\n    return WIDTH")],
    "release_compiles": [
        ("    ### BEGIN SOLUTION\n    return WIDTH * x\n    ### END SOLUTION",
         "    return (\n    ### BEGIN SOLUTION\n    WIDTH * x\n    ### END SOLUTION\n    )"),
    ],
    "contract_stays": [
        ('    """Twice x, any shape."""\n', ""),
        ('    """Twice x, any shape."""\n    ### BEGIN SOLUTION\n', '    ### BEGIN SOLUTION\n    """Twice x, any shape."""\n'),
        ('def double(x):\n    """Twice x, any shape."""\n    ### BEGIN SOLUTION\n', '### BEGIN SOLUTION\ndef double(x):\n    """Twice x."""\n'),
    ],
    "defined_once": [
        ("WIDTH = 2", "WIDTH = 2\n\ndef double(x):\n    return x"),
        ("### END SOLUTION\n\n# %% nbgrader={\"grade\": true, \"grade_id\": \"test_double\"",
         "### END SOLUTION\n\ndef double(x):\n    'Again.'\n    return x\n\n# %% nbgrader={\"grade\": true, \"grade_id\": \"test_double\""),
    ],
    "only_imports_assignments_checks": [
        (IMPORT, "from autograder import check_values\n\nassert np.ones(1)\ncheck_values(double"),
        (IMPORT, "from autograder import check_values\n\n'a docstring'\ncheck_values(double"),
        (IMPORT, "from autograder import check_values\n\nfor _ in (1, 2):\n    np.ones(2)\ncheck_values(double"),
    ],
    "imports_are_allowed": [
        (IMPORT, "import os\n" + IMPORT),
        (IMPORT, "from numpy_financial import npv\n" + IMPORT),
        (IMPORT, "import autograder.sandbox\n" + IMPORT),
        (IMPORT, "from autograder.hidden import hidden_rng\n" + IMPORT),
    ],
    "tests_are_written_out": [(IMPORT, "### AUTOTEST double(1)\n" + IMPORT)],
    "imports_exist": [
        ("import hidden_rng, reference", "import hidden_rng, reference, hidden_numbers"),
        (IMPORT, "from autograder import check_vibes\n" + IMPORT),
        (IMPORT, "from autograder import *\n" + IMPORT),
    ],
    "ends_in_check": [("# The tests of this exercise are hidden.", "done = 1")],
    "has_hidden_check": [
        ('check_values(double, {"x": x}, reference.double, says="`double` is tried on random numbers.")\n### END HIDDEN TESTS',
         '### END HIDDEN TESTS\ncheck_values(double, {"x": 1.0}, 2.0)'),
    ],
    "checks_stand_alone": [(IMPORT, "from autograder import check_values\n\ny = check_values(np.cos, {}, 1)\ncheck_values(double")],
    "student_functions_are_passed": [
        (IMPORT, "from autograder import check_values\n\ny = double(2)\ncheck_values(double"),
        (IMPORT, "from autograder import check_values\n\ny = double\ncheck_values(double"),
        (IMPORT, "from autograder import check_values\n\ndouble = np.cos\ncheck_values(double"),
        ("check_values(double, {\"x\": np.ones(3)}", "check_values(lambda x: double(x), {\"x\": np.ones(3)}"),
        ("check_values(double, {\"x\": np.ones(3)}", "check_values(np.vectorize(double), {\"x\": np.ones(3)}"),
    ],
    "names_are_known": [
        ("import numpy as np\nfrom autograder import", "from autograder import"),
        ('check_values(double, {"x": np.ones(3)}', 'check_values(double, {"x": np.ones(WIDTH)}'),
        ('check_values(double, {"x": np.ones(3)}', 'check_values(fourfold, {"x": np.ones(3)}'),
        ("# The tests of this exercise are hidden.\n", 'check_values(fourfold, {"x": 1.0}, 4.0)\n'),
        ("x = hidden_rng().normal(size=3)\n", "y = x\nx = hidden_rng().normal(size=3)\n"),
    ],
    "hidden_checks_speak": [
        (', says="`double` is tried on random numbers."', ""),
        ('says="`double` is tried on random numbers."', 'says=" "'),
        ('says="`double` is tried on random numbers."', 'says=f"{x} is tried."'),
        ("np.full(3, 2.0))", 'np.full(3, 2.0), says="Seen.")'),
    ],
    "given_names_other_exercises": [
        ('given=["double"]', "given=[reference.double]"),
        ('given=["double"]', 'given="double"'),
        ('given=["double"]', "given=[]"),
        ('given=["double"]', 'given=["triple"]'),
        ('given=["double"]', 'given=["double", "fourfold"]'),
        ("np.full(3, 2.0))", 'np.full(3, 2.0), given=["fourfold"])'),
    ],
    "checks_take_their_arguments": [
        ("np.full(3, 2.0))", "np.full(3, 2.0), tolerence=1e-3)"),
        ("np.full(3, 2.0))", "np.full(3, 2.0), at_most=2)"),
        ("np.full(3, 2.0))", "np.full(3, 2.0), 1e-3)"),
        ("np.ones(3)}, np.full(3, 2.0))", "np.ones(3)})"),
        ("check_values(double, {\"x\": np.ones(3)}", "check_values(function=double, inputs={\"x\": np.ones(3)}, expected=1)\ncheck_values(double, {\"x\": np.ones(3)}"),
    ],
    "options_are_numbers": [
        ("np.full(3, 2.0))", "np.full(3, 2.0), weight=0)"),
        ("np.full(3, 2.0))", "np.full(3, 2.0), weight='2')"),
        ("np.full(3, 2.0))", "np.full(3, 2.0), seconds=np.pi)"),
        ("np.full(3, 2.0))", "np.full(3, 2.0), seconds=True)"),
    ],
    "shapes_are_a_list": [(IMPORT, f"from autograder import check_shapes, check_values\n\nB, H = 3, 4\nD = 2 * H\n"
                                   f'check_shapes(double, {{"x": np.ones(3)}}, {shapes})\ncheck_values(double')
                          for shapes in ("(3,)", "(3, H)", "(B, D)", "()", "[]", "[B]", "H", "shapes=(B, H - 1)")],
    "caches_come_from_forward_passes": [("return WIDTH * x", "cache = x\n    return WIDTH * x, cache")],
    "gradients_are_of_forward_passes": [
        (IMPORT, 'from autograder import check_gradients, check_values\n\ncheck_gradients(double, double, {"x": 1.0})\ncheck_values(double'),
    ],
    "exercise_needs_definitions": [("WIDTH = 2", "WIDTH = 2\nfactor = 3\n\n# %% nbgrader={\"grade\": false, \"grade_id\": \"e\", \"solution\": true, \"locked\": false, \"schema_version\": 3}\ndef thrice(x):\n    'Thrice.'\n    ### BEGIN SOLUTION\n    return factor * x\n    ### END SOLUTION")],
    "references_exist": [("reference.double, says", "reference.triple, says")],
    "statements_do_not_straddle": [
        ("np.full(3, 2.0))\n### BEGIN HIDDEN TESTS\n", "np.full(3, 2.0)\n### BEGIN HIDDEN TESTS\n)\n"),
    ],
    "keeps_the_notebooks_variables": [
        ("x = hidden_rng().normal(size=3)", "x = start = hidden_rng().normal(size=3)"),
    ],
}  # fmt: skip
ALSO = {  # a break that cannot be had alone: the rule that has to see it as well
    ("exercise_defines_function", "### BEGIN SOLUTION\nfourfold = None\n### END"): {
        "names_are_known",
        "references_exist",
    },
    ("points_are_positive", ""): {"points_add_up"},
    ("points_are_positive", '"points": true'): {"points_add_up"},
}
ELSEWHERE = {
    rule.__name__ for rule in (*questions.RULES, *lint_challenge.RULES)
}  # test_questions.py, test_challenge.py
STRICT = Lint(points=100, hidden=True, described=True)
CASES = [(rule, *edit) for rule, edits in BREAKS.items() for edit in edits]


def broken_rules(nb):
    cells = cells_of(nb)
    asked = [rule for rule in RULES if list(rule(cells))]
    return {rule.__name__ for rule in [*asked, *(rule for rule in COURSE_RULES if list(rule(cells, STRICT)))]}


def test_sound_notebook_has_no_problem():
    """Does the linter leave a notebook alone that keeps every rule?"""
    assert lint(to_notebook(SOUND), STRICT) == []


@pytest.mark.parametrize(("rule", "old", "new"), CASES)
def test_rule_sees_its_break_alone(rule, old, new):
    """Does breaking one rule in one way bring a problem of that rule, and of no other?"""
    assert SOUND.count(old) == 1
    nb = to_notebook(SOUND.replace(old, new))
    assert broken_rules(nb) == {rule} | ALSO.get((rule, new), set())


def test_outputs_are_refused():
    """Does a source with results of a run fail, and only for that?"""
    nb = to_notebook(SOUND)
    nb.cells[1].execution_count = 3
    assert broken_rules(nb) == {"no_outputs"}


def test_every_rule_is_broken_once():
    """Is there a rule that no test has seen fail?"""
    assert {rule.__name__ for rule in (*RULES, *COURSE_RULES)} == BREAKS.keys() | {"no_outputs", *ELSEWHERE}


def test_problem_names_cell_and_remedy():
    """Does a problem say where it is and what to do?"""
    nb = to_notebook(SOUND.replace('"points": 40', '"points": 0'))
    assert lint(nb)[0] == Problem("test_double", "has 0 points; give it a number above 0.")


@pytest.mark.parametrize("metadata", ["text", [], {}, None, {"grade": "?", "points": [], "grade_id": 7}])
def test_any_metadata_is_survived(metadata):
    """Is a cell with nonsense for metadata a problem, rather than the end of the linter?"""
    nb = to_notebook(SOUND)
    nb.cells[3].metadata["nbgrader"] = metadata
    assert "code_has_metadata" in broken_rules(nb)

"""What instructors can see of a failed check, and students never."""

import json

import nbformat
import pytest

from autograder.cli import main
from autograder.tests.mini import ID, built_course, submission, write

NEAR = {"double": "def double(x):\n    return 2 * x + 1e-4"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class in which ada's `double` is a little off, and bob is right."""
    course = built_course(tmp_path_factory.mktemp("why"))
    write(course.submitted("ada", ID), submission(NEAR))
    write(course.submitted("bob", ID), submission())
    assert main(["--course", str(course.root), "grade"]) == 0
    assert main(["--course", str(course.root), "feedback"]) == 0
    return course


def run(course, capsys, *arguments):
    code = main(["--course", str(course.root), *arguments])
    said = capsys.readouterr()
    return code, said.out, " ".join(said.err.split())


def test_why_shows_values_shapes_code_and_the_hidden_test(graded, capsys):
    """Does an instructor see what the grader knew?"""
    code, said, _ = run(graded, capsys, "why", "ada", ID)
    assert code == 0
    for part in ("test_double: 15 of 30 points", "double: values (hidden)", "should be", "tried on x (2, 3)",
                 "return 2 * x + 1e-4", "hidden_rng()"):  # fmt: skip
        assert part in said, part
    assert "test_scale" not in said


def test_the_evidence_is_in_results_and_nowhere_for_students(graded):
    """Is what was measured in results.json, and neither in the graded notebook nor in the feedback?"""
    results = json.loads((graded.reports / "results.json").read_text())["results"]
    checks = [check for result in results for cell in result["cells"] for check in cell["checks"]]
    lines = [line for check in checks for line in check.get("evidence", [])]
    assert any("should be" in line for line in lines)
    assert all(("evidence" in check) == (check["status"] != "passed") for check in checks)
    notebook = nbformat.writes(nbformat.read(graded.autograded("ada", ID), as_version=4))
    page = (graded.root / "feedback" / "ada" / ID / f"{ID}.html").read_text()
    for text in (notebook, page):
        assert not [line for line in lines if line in text]
        assert "evidence" not in text


@pytest.mark.parametrize(("arguments", "code", "sentence"), [
    (("bob", ID), 0, "Every check passed."),
    (("eve", ID), 2, "There is no result of 'eve' for mini; there are: ada, bob."),
    (("ada", "other"), 2, "There is no assignment 'other'"),
])  # fmt: skip
def test_sentences(graded, capsys, arguments, code, sentence):
    """Is there a sentence where there is nothing to explain?"""
    found, said, complaint = run(graded, capsys, "why", *arguments)
    assert found == code
    assert sentence in said + complaint

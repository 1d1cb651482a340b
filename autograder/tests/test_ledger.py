"""Grading again: what is kept, and what is graded."""

from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.files import append_jsonl, read_jsonl
from autograder.grading.ledger import Ledger
from autograder.grading.result import Result
from autograder.tests.mini import (
    ID,
    built_course,
    release_notebook,
    source_notebook,
    submission,
    write,
)

pytestmark = pytest.mark.slow

STUDENTS = {
    "ada": submission(),
    "bob": release_notebook(),
    "cat": submission({"double": "def double(x):\n    return x"}),
    "dan": submission(extra="x = 1"),
}


@pytest.fixture
def course(tmp_path):
    """A built course with four submissions."""
    course = built_course(tmp_path)
    for student, notebook in STUDENTS.items():
        write(course.submitted(student, ID), notebook)
    return course


def run(course, *arguments):
    return main(["--course", str(course.root), *arguments])


def points(course):
    """Everybody's score in nbgrader's gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        return [(one.student.id, one.score) for one in gradebook.find_assignment(ID).submissions]


def graded(course, *arguments):
    """Who was graded in a run: whose graded copy was written. One that would be the same is left as it is."""
    copies = {student: course.autograded(student, ID) for student in STUDENTS}
    for copy in filter(Path.exists, copies.values()):
        copy.write_text(copy.read_text() + " ")
    before = {student: copy.stat().st_mtime_ns if copy.exists() else 0 for student, copy in copies.items()}
    run(course, "grade", *arguments)
    return {student for student, copy in copies.items() if copy.stat().st_mtime_ns != before[student]}


def test_only_what_changed_is_graded_again(course, capsys):
    """Do submission, file beside it, settings, a lost gradebook and --force count, and nothing else?"""
    everybody = set(STUDENTS)
    assert graded(course) == everybody
    once = points(course)
    assert graded(course) == set()
    write(course.submitted("bob", ID), submission())
    assert graded(course) == {"bob"}
    assert "bob/mini: 0 before, 100 now" in capsys.readouterr().out
    write(course.submitted("cat", ID).with_name("notes.txt"), "weights")
    assert graded(course) == {"cat"}
    assert graded(course, "--force") == everybody
    write(course.submitted("bob", ID), STUDENTS["bob"])
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.SealedExecute.call_seconds = 7\n")
    assert graded(course) == everybody
    assert points(course) == once
    course.gradebook.unlink()
    run(course, "build")
    assert graded(course) == everybody


def test_what_needs_a_person_is_graded_again(course):
    """Is a check that could not run tried again, although nothing changed?"""
    notebook = source_notebook()
    cell = next(one for one in notebook.cells if one.id == "test_fit")
    cell.source = cell.source.replace("data = np.array", "data = 1 / 0 + np.array")
    write(course.source(ID), notebook)
    assert graded(course) == set(STUDENTS)
    assert graded(course) == set(STUDENTS)


def test_a_result_that_was_replaced_does_not_come_back(course):
    """Is everybody graded again when the source is what it was, but the gradebook holds a later result?"""
    assert graded(course) == set(STUDENTS)
    once, source = points(course), course.source(ID).read_text()
    changed = source_notebook()
    cell = next(one for one in changed.cells if one.id == "test_fit")
    cell.source = cell.source.replace("data = np.array", "data = 1 / 0 + np.array")
    write(course.source(ID), changed)
    assert graded(course) == set(STUDENTS)
    assert points(course) != once
    course.source(ID).write_text(source)
    assert graded(course) == set(STUDENTS)
    assert points(course) == once


def test_the_file_of_results_does_not_grow_for_ever(tmp_path):
    """Are lines that no longer count left out once there are many, and the others kept?"""
    course, result = Course(tmp_path), Result("ada", ID, score=1.0)
    for _ in range(150):
        Ledger(course).drop("ada", ID)
        Ledger(course).add(result, "key")
    assert len(list(read_jsonl(course.reports / "graded.jsonl"))) < 110
    assert Ledger(course).find("ada", ID, "key") == result


def test_lines_survive_a_cut(tmp_path):
    """Is an entry that was cut off passed over, and the next one whole?"""
    path = tmp_path / "deep" / "entries.jsonl"
    append_jsonl(path, {"a": 1})
    append_jsonl(path, {"b": 2})
    path.write_bytes(path.read_bytes()[:-4])
    append_jsonl(path, {"c": 3})
    assert list(read_jsonl(path)) == [{"a": 1}, {"c": 3}]

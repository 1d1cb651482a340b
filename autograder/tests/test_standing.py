"""Grading again: what is kept, what is graded, and what is left after a grader was killed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.grading.workers import run_in_workers
from autograder.lines import append_line, read_lines
from autograder.tests.mini import ID, make_course, release_notebook, source_notebook, submission, write

STUDENTS = {
    "ada": submission(),
    "bob": release_notebook(),
    "cat": submission({"double": "def double(x):\n    return x"}),
    "dan": submission(extra="x = 1"),
}


@pytest.fixture
def course(tmp_path):
    """A built course with four submissions."""
    course = make_course(tmp_path)
    assert run(course, "build") == 0
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
    """Who was graded in a run: whose graded copy was written."""
    copies = {student: course.autograded(student, ID) for student in STUDENTS}
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


def test_a_killed_grader_goes_on_and_leaves_nothing(course):
    """After kill -9 at many moments, is the class graded once, as if nothing had been, by no process left?"""
    command = [sys.executable, "-m", "autograder", "--course", str(course.root), "grade", "--jobs", "2"]
    for seconds in (0.8, 1.6, 2.4, 3.2, 4.0):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        family = descendants(process.pid)
        process.kill()
        process.wait()
        assert gone(family)
    assert subprocess.run(command, stdout=subprocess.DEVNULL, timeout=120).returncode == 0
    assert points(course) == [("ada", 100), ("bob", 0), ("cat", 85), ("dan", 100)]
    entries = [entry["result"]["student"] for entry in read_lines(course.reports / "graded.jsonl")]
    assert sorted(entries) == sorted(STUDENTS)


def descendants(pid: int) -> dict[int, str]:
    """The processes below `pid`, with their start times, which tell one from a later one of that number."""
    parents, started = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)], started[int(stat.parent.name)] = int(fields[1]), fields[19]
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {child: started[child] for child in found - {pid}}


def gone(family: dict[int, str], seconds: float = 10) -> bool:
    """Are all of these processes over, within `seconds`?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(started(pid) == when for pid, when in family.items()):
            return True
        time.sleep(0.1)
    return False


def started(pid: int) -> str:
    """When a process started, "" when it is over."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state == "Z" else fields[18]


def _square_or_die(number: int) -> int:
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_a_task_that_ends_its_process_costs_only_its_own_result():
    """Do all other tasks get done when one is killed, as by a machine out of memory?"""
    done = {task[0]: future for task, future in run_in_workers(_square_or_die, [(n,) for n in range(12)], 2)}
    assert isinstance(done.pop(5).exception(), BrokenProcessPool)
    assert {n: future.result() for n, future in done.items()} == {n: n * n for n in range(12) if n != 5}


def test_lines_survive_a_cut(tmp_path):
    """Is an entry that was cut off passed over, and the next one whole?"""
    path = tmp_path / "deep" / "entries.jsonl"
    append_line(path, {"a": 1})
    append_line(path, {"b": 2})
    path.write_bytes(path.read_bytes()[:-4])
    append_line(path, {"c": 3})
    assert list(read_lines(path)) == [{"a": 1}, {"c": 3}]

"""A machine that has no time: the same points, check for check, as on a quiet one."""

import contextlib
import shutil
import subprocess
import sys
from itertools import chain, zip_longest
from pathlib import Path

import nbformat
import pytest

from autograder.audit.cases import MISTAKE, REFERENCE, VARIANT, cases_of
from autograder.cli import main
from autograder.course import CONFIG, Course
from autograder.grading.results_file import read_results

pytestmark = pytest.mark.slow

REPOSITORY = Course(Path(__file__).resolve().parents[2])
BURNER = "import time\nend = time.monotonic() + {}\nwhile time.monotonic() < end: pass"


def answers(assignments, mistakes):
    """(assignment, name, notebook): solutions, right answers in other styles, and so many known mistakes."""
    cases = {name: cases_of(REPOSITORY, name) for name in assignments}
    right = [case for found in cases.values() for case in found if case.kind in (REFERENCE, VARIANT)]
    wrong = zip_longest(*([case for case in found if case.kind == MISTAKE] for found in cases.values()))
    return [*right, *list(filter(None, chain.from_iterable(wrong)))[:mistakes]]


def hand_in(root, cases):
    """A built course with these answers in submitted/."""
    shutil.copy(REPOSITORY.root / CONFIG, root)
    course = Course(root)
    for name in {case.assignment for case in cases}:
        shutil.copytree(REPOSITORY.source(name).parent, course.source(name).parent)
    assert main(["--course", str(root), "build"]) == 0
    for number, case in enumerate(cases):
        path = course.submitted(f"student{number}", case.assignment)
        path.parent.mkdir(parents=True)
        nbformat.write(case.notebook, path)
    return course


def graded(course, *command, seconds):
    """Each submission's score and checks after `autograder grade`, run through `command`."""
    arguments = ["--course", str(course.root), "grade", "--jobs", "2", "--force"]
    subprocess.run(
        [*command, sys.executable, "-m", "autograder", *arguments],
        timeout=seconds,
        check=False,
        capture_output=True,
    )
    return {
        one.student: (one.problem, one.score, [(check["check"], check["status"]) for check in one.checks])
        for one in read_results(course.reports / "results.json")
    }


@contextlib.contextmanager
def burners(count, seconds):
    """So many processes that do nothing but use a processor, for so long at most."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            process = subprocess.Popen([sys.executable, "-c", BURNER.format(seconds)])
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield


@pytest.mark.timeout(5400)
def test_points_do_not_depend_on_how_busy_the_machine_is(tmp_path, stress):
    """Are all checks of right and wrong answers judged alike alone and beside burners, with a grader that is nice?"""
    names = REPOSITORY.assignments if stress else ["01a_single_neuron_classification"]
    cases = answers(names, 20) if stress else answers(names, 1)[-2:]
    course = hand_in(tmp_path, cases)
    alone = graded(course, seconds=1200)
    assert len(alone) == len(cases)
    assert not any(problem for problem, _, _ in alone.values())
    with burners(8 if stress else 3, 5000):
        beside = graded(course, "nice", "-n", "10" if stress else "4", seconds=5000)
    assert beside == alone

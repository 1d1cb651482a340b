"""One submission from file to result, in a process that may be anywhere."""

import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.grading.budget import Budget
from autograder.grading.fingerprints import fingerprints
from autograder.grading.judge import Rules, judge, without_evidence
from autograder.grading.published import copies
from autograder.grading.restore import is_test, restore
from autograder.grading.result import Result, failed, fill
from autograder.grading.submission import SubmissionError, plain_files, read_submission
from autograder.grading.taken import take
from autograder.grading.worker import DoAgain


def judge_known(
    name: str, assignment: str, notebook: NotebookNode, rules: Rules, folder: Path | None = None
) -> Result:
    """The result of a notebook of the instructor's own, such as the solution, with the files of `folder`.

    `problem` says so when the grader itself broke.
    """
    result, began = Result(name, assignment), time.monotonic()
    try:
        source = nbformat.read(rules.source, as_version=4)
        result.max_score = sum(float(c.metadata.nbgrader["points"]) for c in source.cells if is_test(c))
        fill(result, judge(restore(notebook, source), rules, plain_files(folder) if folder else []))
    except Exception as error:
        return failed(name, assignment, error)
    result.seconds = round(time.monotonic() - began, 2)
    return result


def judge_one(course: Course, student: str, assignment: str, rules: Rules) -> tuple[Result, str]:
    """The result of one submission and its graded notebook as text, which is "" when there is none.

    What is judged is the copy at `course.taken`, which stays for the one who records.
    """
    try:
        here, rules = take(course, student, assignment, rules, course.taken(student, assignment))
    except SubmissionError as error:
        return Result(student, assignment, problem=str(error)), ""
    return judge_taken(here, student, assignment, rules)


def judge_taken(course: Course, student: str, assignment: str, rules: Rules) -> tuple[Result, str]:
    """As judge_one, of files that nobody changes any more."""
    result, budget = Result(student, assignment), Budget()
    path = course.submitted(student, assignment)
    try:
        source = nbformat.read(rules.source, as_version=4)
        result.max_score = sum(float(c.metadata.nbgrader["points"]) for c in source.cells if is_test(c))
        restored = restore(read_submission(path), source, budget, rules.released, rules.beside)
        result.fingerprints = fingerprints(restored.notebook, source, budget)
        if same := copies(restored.notebook, dict(rules.published), budget):
            result.fingerprints["published"] = same
        restored.notes += budget.notes("code")
        notebook = judge(restored, rules, plain_files(path.parent))
        fill(result, notebook)
        text = nbformat.writes(without_evidence(notebook))
        result.seconds = round(result.seconds + budget.spent, 2)
    except SubmissionError as error:
        result.problem = str(error)
        return result, ""
    except DoAgain:
        raise
    except Exception as error:
        return failed(student, assignment, error), ""
    return result, text

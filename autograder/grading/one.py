"""One submission from file to result, in a process that may be anywhere."""

import time
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.files import beside, plain_files
from autograder.grading.budget import Budget
from autograder.grading.counted import without_evidence
from autograder.grading.fingerprints import fingerprints
from autograder.grading.judge import Rules, judge
from autograder.grading.published import copies
from autograder.grading.restore import restore
from autograder.grading.result import Result, Texts, add, failed, fill, most_of
from autograder.grading.submission import SubmissionError, read_submission
from autograder.grading.taken import sources_of, take, with_given
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
        result.max_score = most_of(source)
        files = with_given(plain_files(folder) if folder else [], rules.given)
        fill(result, judge(restore(notebook, source), rules, files))
    except Exception as error:
        return failed(name, assignment, error)
    result.seconds = round(time.monotonic() - began, 2)
    return result


def judge_one(course: Course, student: str, assignment: str, rules: Rules) -> tuple[Result, Texts]:
    """The result of one submission, and its graded notebooks as text, by name; none when it is not graded.

    What is judged is the copy at `course.taken`, which stays for the one who records.
    """
    try:
        here, rules = take(course, student, assignment, rules, course.taken(student, assignment))
    except SubmissionError as error:
        return Result(student, assignment, problem=str(error)), {}
    return judge_taken(here, student, assignment, rules)


def judge_taken(course: Course, student: str, assignment: str, rules: Rules) -> tuple[Result, Texts]:
    """As judge_one, of files that nobody changes any more."""
    whole, texts = Result(student, assignment), {}
    try:
        for source in sources_of(rules):
            path = course.submitted(student, assignment, source.stem)
            part, texts[source.stem] = _judge(path, replace(rules, source=source))
            add(whole, part, source.stem)
    except SubmissionError as error:
        return Result(student, assignment, max_score=_most(rules), problem=str(error)), {}
    except DoAgain:
        raise
    except Exception as error:
        return failed(student, assignment, error), {}
    return whole, texts


def _most(rules: Rules) -> float:
    """The points of all notebooks of an assignment."""
    return sum(most_of(nbformat.read(source, as_version=4)) for source in sources_of(rules))


def _judge(path: Path, rules: Rules) -> tuple[Result, str]:
    """One notebook of a submission: its part of the result, and its text when it is graded."""
    result, budget = Result("", ""), Budget()
    source = nbformat.read(rules.source, as_version=4)
    result.max_score = most_of(source)
    restored = restore(read_submission(path), source, budget, rules.released, rules.beside)
    result.fingerprints = fingerprints(restored.notebook, source, budget)
    if same := copies(restored.notebook, dict(rules.published), budget):
        result.fingerprints["published"] = same
    restored.notes += budget.notes("code")
    judged = {source.name for source in sources_of(rules)}
    notebook = judge(restored, rules, with_given(beside(path.parent, judged), rules.given))
    fill(result, notebook)
    result.seconds = round(result.seconds + budget.spent, 2)
    return result, nbformat.writes(without_evidence(notebook))

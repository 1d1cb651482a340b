"""One submission from file to result, in a process that may be anywhere."""

import nbformat

from autograder.course import Course
from autograder.grading.fingerprints import fingerprints
from autograder.grading.judge import Rules, judge
from autograder.grading.restore import is_test, restore
from autograder.grading.result import Result, failed, fill
from autograder.grading.submission import SubmissionError, plain_files, read_submission
from autograder.grading.taken import take


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
    result = Result(student, assignment)
    path = course.submitted(student, assignment)
    try:
        source = nbformat.read(rules.source, as_version=4)
        result.max_score = sum(float(c.metadata.nbgrader["points"]) for c in source.cells if is_test(c))
        restored = restore(read_submission(path), source)
        result.fingerprints = fingerprints(restored.notebook, source)
        notebook = judge(restored, rules, plain_files(path.parent))
        text = nbformat.writes(notebook)
        fill(result, notebook)
    except SubmissionError as error:
        result.problem = str(error)
        return result, ""
    except Exception as error:
        return failed(student, assignment, error), ""
    return result, text

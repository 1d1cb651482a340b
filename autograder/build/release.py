"""Make the student version with nbgrader's own converter, and see that it gives nothing away."""

import tempfile
from pathlib import Path

from nbformat import NotebookNode

from autograder.build.canonical import canonical, read_notebook, write_notebook
from autograder.build.leaks import require_no_leak, secret_lines
from autograder.build.lint import lint
from autograder.build.lint_modules import lint_modules
from autograder.build.lint_targets import lint_targets
from autograder.build.trial import try_out
from autograder.build.wishes import wishes_of
from autograder.cells import HIDDEN, SOLUTION
from autograder.converters import cause, convert
from autograder.course import CONFIG, Course, CourseError
from autograder.files import swap
from autograder.gradebook import require_gradebook, sentence
from autograder.grading.released import remember
from autograder.grading.restore import blank
from autograder.truth.calibration import read as read_calibration

KEEP_OUT = f"take it out of the cells, or name the file in c.CourseDirectory.ignore in {CONFIG}."


def build(course: Course, assignment: str, *, trial: bool = False) -> str:
    """Lint the source, make release/<id>/ and register the assignment; returns what was done.

    With `trial` the solution and the release are graded first. The release is made beside its place and
    moved there when it is sound, so an error leaves the old one. Raises CourseError for what is wrong with
    the source, the configuration, the gradebook.
    """
    source = checked_source(course, assignment, trial=trial)
    place = course.release(assignment).parent
    with tempfile.TemporaryDirectory(dir=course.root, prefix=".release-") as workshop:
        _generate(course, assignment, Path(workshop))
        made = Path(workshop) / assignment
        _tidy(made / f"{assignment}.ipynb")
        contents = contents_of(made)
        require_nothing_told(source, assignment, contents)
        remember(course, assignment, blank(source))
        if contents == contents_of(place):
            return "the release is up to date"
        swap(made, place, Path(workshop) / "old")
    return "made the release"


def checked_source(course: Course, assignment: str, *, trial: bool) -> NotebookNode:
    """The source, if it keeps the rules and, with `trial`, its solution gets all points; else CourseError."""
    source = read_notebook(course.source(assignment), "run `autograder build`.")
    _require_sound(course, source, assignment)
    if trial:
        try_out(course, assignment, source)
    return source


def require_nothing_told(source: NotebookNode, assignment: str, contents: dict[str, bytes]) -> None:
    """Raise CourseError when one of a release's files, by name, holds an answer."""
    secrets = secret_lines(source, SOLUTION, HIDDEN)
    for name, content in contents.items():
        require_no_leak(f"release/{assignment}/{name}", content, secrets, KEEP_OUT)


def _require_sound(course: Course, source: NotebookNode, assignment: str) -> None:
    wishes = wishes_of(course)
    found = lint(source, wishes) + lint_modules(source, course.source(assignment).parent)
    # Targets are looked up by grade ids and literals, so only in a notebook that keeps the other rules.
    calibration = None if found else read_calibration(course, assignment)
    if problems := found or lint_targets(source, calibration, assignment, wishes):
        lines = [f"  {problem.cell}: {problem.message}" for problem in problems]
        raise CourseError("\n".join([f"source/{assignment} breaks docs/authoring.md:", *lines]))


def _generate(course: Course, assignment: str, folder: Path) -> None:
    """Run nbgrader's converter into `folder`/<id>."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    config = course.config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.release_directory = str(folder)
    config.CourseDirectory.assignment_id = assignment
    config.CheckSource.enabled = config.TidyRelease.enabled = False  # it is done here
    folders = CourseDirectory(config=config)
    require_gradebook(folders.db_url)
    if log := convert(GenerateAssignment, folders, config):
        raise CourseError(_reason(assignment, log))


def _reason(assignment: str, log: str) -> str:
    """What nbgrader's log means, and what to do."""
    if "submissions associated with it" in log:
        return (
            f"The gradebook holds submissions of {assignment}, so nbgrader adds or removes none of "
            "its cells; copy the gradebook to a safe place, run `nbgrader db assignment remove "
            f"{assignment} --force`, build again, and grade submitted/ again (scores entered by "
            "hand are only in the copy). The old release stays."
        )
    reason = cause(log)
    if "nbgrader db upgrade" in log:
        return sentence(reason)
    return f"nbgrader could not make the release of {assignment} ({reason}); mend it and build again."


def _tidy(path: Path) -> None:
    write_notebook(path, tidied(read_notebook(path, "run `autograder build` again.")))


def tidied(nb: NotebookNode) -> NotebookNode:
    """A release without what the source needs alone: the pairing, and a hash that hidden tests change."""
    tidy = canonical(nb)
    for cell, made in zip(tidy.cells, nb.cells, strict=True):
        cell.metadata = made.metadata
    return tidy


def contents_of(folder: Path) -> dict[str, bytes]:
    """The files below a folder, by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}

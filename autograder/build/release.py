"""Make the student version with nbgrader's own converter, and see that it gives nothing away."""

import logging
import os
import re
import tempfile
from pathlib import Path

from nbformat import NotebookNode

from autograder.build.canonical import canonical, read_notebook, write_notebook
from autograder.build.leaks import require_no_leak, secret_lines
from autograder.build.lint import lint
from autograder.build.lint_targets import lint_targets
from autograder.calibrate.kept import read as read_calibration
from autograder.cells import HIDDEN, SOLUTION
from autograder.course import CONFIG, Course, CourseError
from autograder.gradebook import own_programs_first, require_server

KEEP_OUT = f"take it out of the cells, or name the file in c.CourseDirectory.ignore in {CONFIG}."


def build(course: Course, assignment: str) -> str:
    """Lint the source, make release/<id>/ and register the assignment; returns what was done.

    The release is made beside its place and moved there when it is sound, so an error leaves the
    old one. Raises CourseError for what is wrong with the source, the configuration, the gradebook.
    """
    source = read_notebook(course.source(assignment), "run `autograder build`.")
    _require_sound(course, source, assignment)
    place = course.release(assignment).parent
    with tempfile.TemporaryDirectory(dir=course.root, prefix=".release-") as workshop:
        _generate(course, assignment, Path(workshop))
        made = Path(workshop) / assignment
        _tidy(made / f"{assignment}.ipynb")
        contents = _contents(made)
        secrets = secret_lines(source, SOLUTION, HIDDEN)
        for name, content in contents.items():
            require_no_leak(f"release/{assignment}/{name}", content, secrets, KEEP_OUT)
        if contents == _contents(place):
            return "the release is up to date"
        _swap(made, place, Path(workshop) / "old")
    return "made the release"


def _require_sound(course: Course, source: NotebookNode, assignment: str) -> None:
    # Targets are looked up by grade ids and literals, so only in a notebook that keeps the other rules.
    if problems := lint(source) or lint_targets(source, read_calibration(course, assignment), assignment):
        lines = [f"  {problem.cell}: {problem.message}" for problem in problems]
        raise CourseError("\n".join([f"source/{assignment} breaks docs/authoring.md:", *lines]))


def _generate(course: Course, assignment: str, folder: Path) -> None:
    """Run nbgrader's converter into `folder`/<id>; what it logs is kept for an error's reason."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory

    config = course.config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.release_directory = str(folder)
    config.CourseDirectory.assignment_id = assignment
    log, records = _collecting_log()
    options = {"config": config, "log": log}
    folders = CourseDirectory(**options)
    require_server(folders.db_url)
    try:
        with own_programs_first():
            GenerateAssignment(coursedir=folders, **options).start()
    except NbGraderException as error:
        raise CourseError(_reason(assignment, "\n".join(records))) from error


def _collecting_log() -> tuple[logging.Logger, list[str]]:
    """A logger of its own, which writes errors into the list and tells nobody."""
    records: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: records.append(record.getMessage())
    log = logging.Logger("autograder.build")
    log.addHandler(handler)
    return log, records


def _reason(assignment: str, log: str) -> str:
    """What nbgrader's log means, and what to do."""
    if "submissions associated with it" in log:
        return (
            f"The gradebook holds submissions of {assignment}, so nbgrader adds or removes none of "
            "its cells; copy the gradebook to a safe place, run `nbgrader db assignment remove "
            f"{assignment} --force`, build again, and grade submitted/ again (scores entered by "
            "hand are only in the copy). The old release stays."
        )
    if "nbgrader db upgrade" in log:
        return "nbgrader cannot use the gradebook; copy it, and run `nbgrader db upgrade`."
    causes = re.findall(r"^[\w.]+(?:Error|Exception): .*", log, re.MULTILINE)
    cause = causes[-1] if causes else log.strip()[-200:]
    return f"nbgrader could not make the release of {assignment} ({cause}); mend it and build again."


def _tidy(path: Path) -> None:
    """Drop what only the source needs: the pairing, and a hash that changes with hidden tests."""
    nb = read_notebook(path, "run `autograder build` again.")
    tidy = canonical(nb)
    for cell, made in zip(tidy.cells, nb.cells, strict=True):
        cell.metadata = made.metadata
    write_notebook(path, tidy)


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _swap(made: Path, place: Path, old: Path) -> None:
    """Put `made` where `place` is, with whatever else lay there gone."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        os.replace(place, old)
    os.replace(made, place)

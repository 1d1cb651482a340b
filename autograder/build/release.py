"""Make the student version with nbgrader's own converter, and see that it gives nothing away."""

import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.build.canonical import canonical, read_notebook, write_notebook
from autograder.build.drawn import with_pictures
from autograder.build.leaks import require_no_leak, secret_lines
from autograder.build.lint import Problem, lint
from autograder.build.lint_course import points_add_up
from autograder.build.lint_modules import lint_modules
from autograder.build.lint_targets import lint_targets
from autograder.build.trial import try_out
from autograder.build.wishes import Lint, require_known_markers, wishes_of
from autograder.cells import HIDDEN, MARK_SCHEME, SOLUTION, cells_of, without_answers
from autograder.converters import cause, convert
from autograder.course import CONFIG, Course, CourseError
from autograder.files import swap
from autograder.gradebook import require_gradebook, sentence
from autograder.grading.of_record import label
from autograder.grading.released import remember
from autograder.grading.restore import blank
from autograder.truth.calibration import read as read_calibration
from autograder.truth.targets import targets_of

KEEP_OUT = f"take it out of the cells, or name the file in c.CourseDirectory.ignore in {CONFIG}."


def build(course: Course, assignment: str, *, trial: bool = False) -> str:
    """Lint the source, make release/<id>/ and register the assignment; returns what was done.

    With `trial` the solutions and the release are graded first. The release is made beside its place and
    moved there when it is sound, so an error leaves the old one. Raises CourseError for what is wrong with
    the source, the configuration, the gradebook.
    """
    sources, found = checked_sources(course, assignment, trial=trial)
    place = course.release(assignment).parent
    with tempfile.TemporaryDirectory(dir=course.root, prefix=".release-") as workshop:
        _generate(course, assignment, Path(workshop))
        made = Path(workshop) / assignment
        for name in sources:
            _tidy(made / f"{name}.ipynb", sources[name], course.source(assignment, name).parent)
        contents = contents_of(made)
        require_nothing_told(sources, assignment, contents)
        for source in sources.values():
            remember(course, assignment, blank(source))
        is_new = contents != contents_of(place)
        if is_new:
            swap(made, place, Path(workshop) / "old")
    done = "made the release" if is_new else "the release is up to date"
    return f"{done}; {found}" if found else done


def read_sources(course: Course, assignment: str) -> dict[str, NotebookNode]:
    """The source notebooks of an assignment, by name. Raises CourseError."""
    names = course.notebooks(assignment)
    advice = "run `autograder build`."
    return {name: read_notebook(course.source(assignment, name), advice) for name in names}


def checked_sources(course: Course, assignment: str, *, trial: bool) -> tuple[dict[str, NotebookNode], str]:
    """The sources, if they keep the rules and, with `trial`, their solutions get all points.

    With them how plain tests run, "" where nobody asked. Raises CourseError for what is wrong.
    """
    sources = read_sources(course, assignment)
    _require_sound(course, sources, assignment)
    return sources, try_out(course, assignment, sources) if trial else ""


def require_nothing_told(
    sources: dict[str, NotebookNode], assignment: str, contents: dict[str, bytes]
) -> None:
    """Raise CourseError when one of a release's files, by name, holds an answer."""
    secrets = secret_lines(_together(sources), SOLUTION, HIDDEN, MARK_SCHEME)
    for name, content in contents.items():
        require_no_leak(f"release/{assignment}/{name}", content, secrets, KEEP_OUT)


def _require_sound(course: Course, sources: dict[str, NotebookNode], assignment: str) -> None:
    wishes = wishes_of(course)
    require_known_markers(course.config())
    total = points_add_up(cells_of(_together(sources)), wishes)
    whole = "notebook" if len(sources) == 1 else assignment
    lines = [f"  {whole}: {problem.message}" for problem in total]
    wishes.points = 0  # of one notebook
    for name, source in sources.items():
        found = _problems(course, source, assignment, wishes)
        lines += [f"  {label(problem.cell, name, assignment)}: {problem.message}" for problem in found]
    if lines:
        raise CourseError("\n".join([f"source/{assignment} breaks docs/authoring.md:", *lines]))


def _problems(course: Course, source: NotebookNode, assignment: str, wishes: Lint) -> list[Problem]:
    """What is wrong with one notebook."""
    found = lint(source, wishes) + lint_modules(source, course.source(assignment).parent)
    if found:
        return found
    # Targets are looked up by grade ids and literals, so only in a notebook that keeps the other rules.
    if targets_of(cells_of(source)):
        course.only_notebook(assignment, "a target check, which is calibrated,")
    return lint_targets(source, read_calibration(course, assignment), assignment, wishes)


def _together(sources: dict[str, NotebookNode]) -> NotebookNode:
    """All cells of an assignment."""
    cells = [cell for source in sources.values() for cell in source.cells]
    return nbformat.v4.new_notebook(cells=cells)


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


def _tidy(path: Path, source: NotebookNode, folder: Path) -> None:
    write_notebook(path, tidied(read_notebook(path, "run `autograder build` again."), source, folder))


def tidied(nb: NotebookNode, source: NotebookNode, folder: Path) -> NotebookNode:
    """A release without what the source needs alone, and with the pictures that stand in it.

    What goes is the pairing, and a hash that hidden tests change. `folder` is where the source lies. Raises
    CourseError when a picture cannot be drawn.
    """
    tidy = without_answers(canonical(nb))
    for cell, made in zip(tidy.cells, nb.cells, strict=True):
        cell.metadata = made.metadata
    return with_pictures(tidy, source, folder)


def contents_of(folder: Path) -> dict[str, bytes]:
    """The files below a folder, by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}

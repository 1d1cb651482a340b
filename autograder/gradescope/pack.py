"""The zip for Gradescope: two scripts, this package, the truth about one assignment, and the settings."""

import io
import json
import math
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat

from autograder.cells import cells_of, of_kind
from autograder.challenge.entry import baseline_of
from autograder.challenge.settings import chosen, other_text
from autograder.challenge.task import make_task
from autograder.course import Course, CourseError
from autograder.files import write_whole
from autograder.gradescope.pinned import pinned
from autograder.gradescope.wheel import make_wheel
from autograder.grading.nbgrader_steps import SealedExecute
from autograder.truth.source import given_files

SPARE_SECONDS = 30  # for starting and fetching the submission, which may count
GRADING_MINUTES = 5  # that the checks may take before an entry of the challenge runs
SCRIPTS = ("setup.sh", "run_autograder")


def pack(
    course: Course, assignment: str, path: Path, minutes: int, hidden: str, challenge: bool = False
) -> float:
    """Write the zip of an assignment, which may take `minutes` a run, to `path`; returns its points.

    `hidden`, one of options.VISIBILITIES, says when students see hidden checks. With `challenge` entries of
    the open challenge run after the checks. Raises CourseError.
    """
    course.only_notebook(assignment, "`autograder gradescope`")
    source = course.source(assignment)
    cells = _test_cells(source)
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        wheel = make_wheel(Path(folder))
        files = {wheel.name: wheel.read_bytes()}
    files |= {name: (Path(__file__).parent / name).read_bytes() for name in SCRIPTS}
    files |= {
        "requirements.txt": "".join(f"{line}\n" for line in pinned()).encode(),
        "python": _python().encode(),
        "seconds": b"%d\n" % (60 * minutes - SPARE_SECONDS),
        "settings.json": _settings(course, assignment, hidden, challenge).encode(),
    }
    if challenge:
        files |= _challenge(course, source, minutes)
    for truth in (source, course.released(assignment), *given_files(course, assignment)):
        if truth.exists():
            files[f"course/{truth.relative_to(course.root).as_posix()}"] = truth.read_bytes()
    write_whole(path, _zipped(files))
    return sum(float(cell.metadata["points"]) for cell in cells)


def _test_cells(source: Path) -> list:
    try:
        cells = list(of_kind(cells_of(nbformat.read(source, as_version=4)), "test"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{source} cannot be read ({error}); run `autograder build`.") from None
    if not cells:
        raise CourseError(f"{source} has no test cell, so there is nothing to grade.")
    return cells


def _python() -> str:
    """Which versions of Python will do, for uv: this one, and later ones that take the same packages."""
    major, minor, micro = sys.version_info[:3]
    return f">={major}.{minor}.{micro},<{major}.{minor + 1}\n"


def _challenge(course: Course, source: Path, minutes: int) -> dict[str, bytes]:
    """What is left out of which text; refuses what Gradescope would end. Raises CourseError."""
    choice, notebook = chosen(course), nbformat.read(source, as_version=4)
    other = other_text(course, choice)
    baseline_of(notebook)
    seconds = make_task(notebook, choice.minutes, choice.secret, other).seconds
    if (needed := math.ceil(seconds / 60) + GRADING_MINUTES) > minutes:
        raise CourseError(
            f"An entry of the challenge may take {seconds / 60:g} minutes of the processor, and the checks "
            f"some; say `--minutes {needed}` or more, or lower c.Challenge.minutes."
        )
    return {} if other is None else {"challenge.txt": other.encode()}


def _settings(course: Course, assignment: str, hidden: str, challenge: bool) -> str:
    """What nbgrader_config.py says of grading; the file itself may hold a gradebook's password."""
    steps = SealedExecute(config=course.config())
    names = ("call_seconds", "cell_seconds", "notebook_seconds")
    limits = {name: getattr(steps, name) for name in names}
    plain = steps.plain_of(assignment)
    known = {"assignment": assignment, "hidden": hidden, "limits": limits, "plain": plain}
    if challenge:
        choice = chosen(course)
        known["challenge"] = {"minutes": choice.minutes, "secret": choice.secret}
    return json.dumps(known, indent=1) + "\n"


def _zipped(files: dict[str, bytes]) -> bytes:
    """A zip that is the same for the same files; only its scripts are for anybody but their owner."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3  # Unix, which has modes
            entry.external_attr = (0o100755 if name in SCRIPTS else 0o100600) << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()

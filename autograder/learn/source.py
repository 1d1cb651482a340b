"""The course that one learns from: the one around the working folder, or the one that came in the wheel."""

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.gradescope.wheel import COURSE
from autograder.words import heads

ARCHIVE = Path(__file__).with_name(COURSE)  # only in the wheel that `autograder learn --wheel` makes
HERE = "."


@contextlib.contextmanager
def found(start: str) -> Iterator[Course]:
    """While open, the course with its solutions and tests. Raises CourseError when there is none."""
    try:
        course = Course.find(Path(start))
    except CourseError as error:
        if start != HERE:
            raise
        if not ARCHIVE.is_file():
            raise CourseError(
                "There is no course to learn from: run this inside the course's repository, or install the "
                "wheel for people who learn alone, whose name has `+alone` in it."
            ) from error
    else:
        yield course
        return
    with tempfile.TemporaryDirectory(prefix="autograder-course-") as folder:
        with zipfile.ZipFile(ARCHIVE) as archive:
            archive.extractall(folder)
        yield Course(Path(folder).resolve())


def choose(course: Course, words: list[str]) -> list[str]:
    """The assignments that are called so, have such a head, or alone begin so; all of them for no words.

    Raises CourseError for any other word.
    """
    return [_meant(course, word) for word in words] or course.choose([])


def _meant(course: Course, word: str) -> str:
    known = heads(course.assignments)
    called = [one for one, head in known.items() if word in (one, head)]
    beginning = called or [one for one in known if word and one.startswith(word)]
    if len(beginning) > 1:
        raise CourseError(f"{word!r} may be {' or '.join(beginning)}; say more of its name.")
    return course.choose(beginning or [word])[0]

"""What a course chooses for its open challenge: `c.Challenge` in nbgrader_config.py."""

from traitlets import Float, Unicode
from traitlets.config import Configurable

from autograder.build.wishes import settings_of
from autograder.course import CONFIG, Course, CourseError
from autograder.notebook.challenge import CORES, MINUTES


class Challenge(Configurable):
    """How long an entry may take, what it reads, and what makes the places that are read secret."""

    minutes = Float(MINUTES, min=0.01, help=f"of {CORES} cores, that learning and reading have").tag(
        config=True
    )
    text = Unicode("", help="a text file of the course's folder to be read in place of the corpus").tag(
        config=True
    )
    secret = Unicode("", help="anything; another one leaves other stretches out").tag(config=True)


def chosen(course: Course) -> Challenge:
    """A course's choice. Raises CourseError as `settings_of`."""
    return settings_of(course, Challenge)


def other_text(course: Course, choice: Challenge) -> str | None:
    """The text to be read in place of the corpus, lower-cased; None without one. Raises CourseError."""
    if not choice.text:
        return None
    try:
        return (course.root / choice.text).read_text(encoding="utf-8-sig").lower()
    except (OSError, ValueError) as error:
        raise CourseError(
            f"{CONFIG}: the file of c.Challenge.text cannot be read ({error}); mend that line."
        ) from None

"""What a course asks of its notebooks beyond what grading needs: `c.Lint` in nbgrader_config.py."""

from traitlets import Bool, Float, Integer, List, TraitError, Unicode
from traitlets.config import Configurable

from autograder.course import CONFIG, Course, CourseError
from autograder.truth.calibration import ENOUGH_SEEDS


class Lint(Configurable):
    """A course's own rules; each can be left out, and then asks for little."""

    points = Float(0, min=0, help="sum of an assignment's points; 0 for any").tag(config=True)
    hidden = Bool(False, help="must every test cell hold a hidden check?").tag(config=True)
    libraries = List(
        Unicode(), ["numpy", "math"], help="what test cells may import besides autograder"
    ).tag(config=True)
    calibrated = Bool(False, help="must at_most= be the very number that calibration finds?").tag(config=True)
    seeds = Integer(ENOUGH_SEEDS, min=1, help="runs on which a hidden target may rest").tag(config=True)


def wishes_of(course: Course) -> Lint:
    """The course's own rules. Raises CourseError for a setting of the wrong kind."""
    try:
        return Lint(config=course.config())
    except TraitError as error:
        raise CourseError(f"{CONFIG}: {error} Mend that line.") from None

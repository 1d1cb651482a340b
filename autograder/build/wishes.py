"""What a course asks of its notebooks beyond what grading needs: `c.Lint` in nbgrader_config.py."""

from typing import TypeVar

from traitlets import Bool, Float, Integer, List, TraitError, Unicode
from traitlets.config import Config, Configurable

from autograder.course import CONFIG, Course, CourseError
from autograder.truth.calibration import ENOUGH_SEEDS

Wanted = TypeVar("Wanted", bound=Configurable)


class Lint(Configurable):
    """A course's own rules; each can be left out, and then asks for little."""

    points = Float(0, min=0, help="sum of an assignment's points; 0 for any").tag(config=True)
    hidden = Bool(False, help="must every test cell hold a hidden check?").tag(config=True)
    libraries = List(Unicode(), ["numpy", "math"], help="what test cells may import besides autograder").tag(
        config=True
    )
    calibrated = Bool(False, help="must at_most= be the very number that calibration finds?").tag(config=True)
    described = Bool(False, help="must every picture have words for who cannot see it?").tag(config=True)
    seeds = Integer(ENOUGH_SEEDS, min=1, help="runs on which a hidden target may rest").tag(config=True)


# Words that grading looks for in cells, and the settings with which nbgrader would look for others.
MARKERS = {
    "ClearSolutions": ("begin_solution_delimeter", "end_solution_delimeter"),
    "ClearHiddenTests": ("begin_test_delimeter", "end_test_delimeter"),
    "ClearMarkScheme": ("begin_mark_scheme_delimeter", "end_mark_scheme_delimeter"),
}


def require_known_markers(config: Config) -> None:
    """Raise CourseError where a course has markers of its own, which only nbgrader would know."""
    for step, settings in MARKERS.items():
        for one in set(settings) & set(config.get(step, {})):
            raise CourseError(
                f"{CONFIG}: c.{step}.{one} gives a marker a name that grading does not know; take the line "
                "out, and write nbgrader's own, such as ### BEGIN SOLUTION."
            )


def wishes_of(course: Course) -> Lint:
    """The course's own rules. Raises CourseError for a setting that there is not, or of the wrong kind."""
    return settings_of(course, Lint)


def settings_of(course: Course, kind: type[Wanted]) -> Wanted:
    """A course's settings of one kind. Raises CourseError as `wishes_of`."""
    name, config, known = kind.__name__, course.config(), kind.class_trait_names(config=True)
    for unknown in sorted(config.get(name, {}).keys() - set(known)):
        raise CourseError(f"{CONFIG}: c.{name} has no {unknown}; it has {', '.join(known)}. Mend that line.")
    try:
        return kind(config=config)
    except TraitError as error:
        raise CourseError(f"{CONFIG}: {str(error).rstrip('.')}. Mend that line.") from None

"""What the page may know besides the results of a run: who is who, what was before, and where files are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.course import Course
from autograder.platforms.roster import Person, read_roster
from autograder.reports.changes import Earlier, read_earlier


@dataclass(frozen=True)
class Around:
    """The class by student id, the run before, and the course that links lead into; all may be missing."""

    roster: Mapping[str, Person] = field(default_factory=dict)
    earlier: Earlier | None = None
    course: Course | None = None


def around(course: Course) -> Around:
    """All that there is around a course's report. Raises CourseError for a damaged roster.csv."""
    return Around(read_roster(course).people, read_earlier(course.reports), course)

"""What goes out: the grades of record, and who the students are."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from nbgrader.api import Gradebook, Student
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select

from autograder.course import Course, CourseError
from autograder.gradebook import in_sentences, own_programs_first, require_gradebook
from autograder.grading.of_record import GradeOfRecord, grades_of
from autograder.grading.result import Result
from autograder.grading.results_file import read_results
from autograder.platforms.roster import Person, Roster, read_roster
from autograder.words import counted, plain

SHOWN = 12


@dataclass(frozen=True)
class Book:
    """The gradebook's grades of some assignments and students, and everybody's names and keys."""

    assignments: list[str]
    grades: dict[tuple[str, str], GradeOfRecord]
    people: dict[str, Person]
    roster: Roster
    students: list[str]  # whom the grades are of
    results: dict[tuple[str, str], Result] = field(default_factory=dict)  # of the last grading, if known

    def graded(self, assignment: str) -> dict[str, GradeOfRecord]:
        """Who has a grade; not who handed in nothing, or whose work no one has marked yet."""
        return self._marked.get(assignment, {})

    @cached_property
    def _marked(self) -> dict[str, dict[str, GradeOfRecord]]:
        found: dict[str, dict[str, GradeOfRecord]] = {}
        for (student, assignment), grade in sorted(self.grades.items(), key=lambda entry: entry[0]):
            if is_marked(grade):
                found.setdefault(assignment, {})[student] = grade
        return found

    @cached_property
    def cells(self) -> dict[str, list[str]]:
        """The graded cells that anybody has, by assignment, sorted by name."""
        return {
            name: sorted({cell.cell for grade in self.graded(name).values() for cell in grade.cells})
            for name in self.assignments
        }

    def unmarked(self, assignment: str) -> list[str]:
        """Who handed in something that has no mark at all."""
        return [student for (student, of), grade in sorted(self.grades.items())
                if of == assignment and not is_marked(grade)]  # fmt: skip

    def waiting(self, assignment: str) -> list[str]:
        """Whose grade can still change, because a cell waits for a mark by hand."""
        return [student for student, grade in self.graded(assignment).items() if grade.waits]

    def older(self, assignment: str) -> list[str]:
        """Whose grade is of an earlier submission, because the last one could not be graded."""
        return [student for student in self.graded(assignment)
                if (result := self.results.get((student, assignment))) and result.problem]  # fmt: skip

    def name(self, student: str) -> str:
        """First and last name, or the id."""
        return self.people[student].name if student in self.people else student


def is_marked(grade: GradeOfRecord) -> bool:
    """Has any cell a mark? Without one the gradebook's 0 says nothing."""
    return any(cell.automatic is not None or cell.by_hand is not None for cell in grade.cells)


def read_book(
    gradebook: Gradebook, course: Course, assignments: Sequence[str], students: Sequence[str]
) -> Book:
    """What the gradebook has of these assignments and students, or of all. Raises CourseError."""
    known = sorted(assignment.name for assignment in gradebook.assignments)
    for unknown in sorted(set(assignments) - set(known)):
        raise CourseError(
            f"The gradebook has no assignment {plain(unknown)!r}; it has: {', '.join(known) or 'none'}."
        )
    roster, wanted = read_roster(course), list(assignments) or known
    people = _people(gradebook, roster)
    for unknown in sorted(set(students) - set(people)):
        raise CourseError(f"Neither the gradebook nor roster.csv has a student {plain(unknown)!r}.")
    grades = {key: grade for key, grade in grades_of(gradebook, wanted).items()
              if not students or key[0] in students}  # fmt: skip
    return Book(wanted, grades, people, roster, [*(students or people)], _results(course))


def _results(course: Course) -> dict[tuple[str, str], Result]:
    """What the last grading found, by student and assignment; grades can be exported without it."""
    try:
        results = read_results(course.reports / "results.json")
    except CourseError:
        return {}
    return {(one.student, one.assignment): one for one in results}


def _people(gradebook: Gradebook, roster: Roster) -> dict[str, Person]:
    """Everybody, by id: what the roster does not say of a student, the gradebook may."""
    entries = gradebook.db.execute(
        select(Student.id, Student.first_name, Student.last_name, Student.email, Student.lms_user_id)
    )
    people = dict(roster.people)
    for student, first, last, email, lms in entries:
        person = people.get(student, Person(student))
        if not (person.first_name or person.last_name):
            person = replace(person, first_name=first or "", last_name=last or "")
        people[student] = replace(
            person, email=person.email or email or "", canvas_id=person.canvas_id or lms or "",
            moodle_id=person.moodle_id or lms or "",
        )  # fmt: skip
    return dict(sorted(people.items()))


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The course's gradebook, to read. Raises CourseError when there is none, or it does not open."""
    folders = CourseDirectory(config=course.config(), root=str(course.root))
    file = folders.db_url.partition("sqlite:///")[2]
    if file and not Path(file).exists():
        raise CourseError("There is no gradebook yet; run `autograder build` and `autograder grade` first.")
    require_gradebook(folders.db_url, write=False)
    with own_programs_first(), in_sentences(folders.db_url), Gradebook(
        folders.db_url, folders.course_id
    ) as gradebook:  # fmt: skip
        yield gradebook


def listed(names: Iterable[str]) -> str:
    """`3 students: ada, bob, cyd`, the first twelve of them."""
    names = [plain(name) for name in names]
    more = f" and {len(names) - SHOWN} more" if names[SHOWN:] else ""
    return f"{counted(len(names), 'student')}: {', '.join(names[:SHOWN])}{more}"

"""`autograder roster`: make roster.csv from what platforms export, and name everybody in the gradebook."""

from collections.abc import Sequence
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from autograder.course import Course
from autograder.gradebook import in_sentences, own_programs_first, patient, require_gradebook
from autograder.platforms.roster import COLUMNS, Person, Roster, read_roster
from autograder.platforms.roster_join import Joined, join
from autograder.platforms.roster_lists import read_list
from autograder.platforms.tables import Table, read_table, write_table
from autograder.words import counted, plain

SHOWN = 5


def update_roster(course: Course, files: Sequence[Path]) -> Joined:
    """Join roster.csv with these lists, and write it. Raises CourseError, with nothing written."""
    listed = [one for path in files for one in read_list(path)]
    folders = {path.name for path in (course.root / "submitted").glob("*") if path.is_dir()}
    joined = join(read_roster(course), listed, folders)
    if files:
        write_table(course.roster, _table(course, list(joined.people.values())))
    name_in_gradebook(course, read_roster(course))
    return joined


def _table(course: Course, people: list[Person]) -> Table:
    """The roster as it stood, with the rows of now: in the order of before, new ones last."""
    old = read_table(course.roster) if course.roster.exists() else Table(COLUMNS, [])
    used = {name for name in COLUMNS if any(getattr(person, name) for person in people)}
    header = [*old.header, *(name for name in COLUMNS if name in used - set(old.header))]
    rows = [(0, [_cell(person, name) for name in header]) for person in people]
    return Table(header, rows, old.separator, old.encoding)


def _cell(person: Person, column: str) -> str:
    return getattr(person, column) if column in COLUMNS else person.other.get(column, "")


def name_in_gradebook(course: Course, roster: Roster) -> None:
    """Write names, addresses and the platform's id into nbgrader's gradebook, for the formgrader page."""
    config = course.config()
    folders = CourseDirectory(config=config, root=str(course.root))
    if not len(roster):
        return
    require_gradebook(folders.db_url)
    with (
        own_programs_first(),
        in_sentences(folders.db_url),
        Gradebook(patient(folders.db_url), folders.course_id) as gradebook,
    ):
        for person in roster:
            gradebook.update_or_create_student(person.id, **_fields(person))


def _fields(person: Person) -> dict[str, str]:
    """What the gradebook has of a student, as far as it is known."""
    fields = {
        "first_name": person.first_name, "last_name": person.last_name, "email": person.email,
        "lms_user_id": person.canvas_id or person.moodle_id or person.login,
    }  # fmt: skip
    return {name: text for name, text in fields.items() if text}


def sentences(joined: Joined) -> list[str]:
    """What was done, and what a person has to look at."""
    said = [f"{counted(len(joined.people), 'student')} in roster.csv."]
    said += [f"New: {_some(joined.added)}."] if joined.added else []
    said += [f"Filled in: {_some(sorted(joined.filled))}."] if joined.filled else []
    return [plain(line) for line in said]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if names[SHOWN:] else ""
    return f"{len(names)} ({', '.join(names[:SHOWN])}{more})"

"""Feedback pages in one zip, named so that a platform gives each to its student (docs/exporting.md)."""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.platforms.export.book import Book, listed
from autograder.platforms.export.feedback_canvas import canvas_names
from autograder.platforms.export.feedback_moodle import moodle_names

DATE = (1980, 1, 1, 0, 0, 0)  # the same pages make the same zip
NAMES: Mapping[str, Callable[[Course, Book, str], Mapping[str, str]]] = {
    "canvas": canvas_names, "moodle": moodle_names,
}  # fmt: skip


@dataclass
class Packed:
    """A zip, how many pages are in it, and what a person has to see to."""

    name: str
    content: bytes = b""
    pages: int = 0
    unsettled: list[str] = field(default_factory=list)


def with_pages(course: Course, book: Book) -> list[str]:
    """The assignments that have a feedback page. Raises CourseError when none has."""
    found = [one for one in book.assignments if any(_page(course, who, one) for who in book.students)]
    if not found:
        raise CourseError("There are no feedback pages; run `autograder feedback`.")
    return found


def pack(platform: str, course: Course, book: Book, assignment: str) -> Packed:
    """The pages of one assignment. Raises CourseError when there is none to pack."""
    course.only_notebook(assignment, f"a zip of feedback pages for {platform.title()}")
    packed = Packed(f"{assignment}-{platform}-feedback.zip")
    names = NAMES[platform](course, book, assignment)
    graded = book.graded(assignment)
    pages = {student: page for student in graded if (page := _page(course, student, assignment))}
    if not pages:
        raise CourseError(
            f"There are no feedback pages of {assignment}; run `autograder feedback {assignment}`."
        )
    there = {names[student]: page for student, page in pages.items() if student in names}
    packed.content, packed.pages = _zip(there), len(there)
    packed.unsettled = [
        f"{assignment}: {sentence}" for sentence in _left(course, book, assignment, pages, names)
    ]
    return packed


def _left(
    course: Course, book: Book, assignment: str, pages: Mapping[str, Path], names: Mapping[str, str]
) -> Iterable[str]:
    """Sentences on whose page is not in the zip, or out of date."""
    if missing := [book.name(one) for one in book.graded(assignment) if one not in pages]:
        yield f"no page yet: {listed(missing)}; run `autograder feedback {assignment}`"
    if nowhere := [book.name(one) for one in pages if one not in names]:
        yield (
            f"the download has no place for {listed(nowhere)}; give them their pages by hand, or put the "
            f"download to downloaded/{assignment}/archive/ and mend roster.csv"
        )
    old = [one for one, page in pages.items() if _is_older(page, course.autograded(one, assignment))]
    if old:
        names_of = listed(map(book.name, old))
        yield f"graded again after their pages were made: {names_of}; run `autograder feedback` first"


def _page(course: Course, student: str, assignment: str) -> Path | None:
    page = course.root / "feedback" / student / assignment / f"{assignment}.html"
    return page if page.is_file() else None


def _is_older(page: Path, graded: Path) -> bool:
    return graded.is_file() and page.stat().st_mtime < graded.stat().st_mtime


def _zip(pages: Mapping[str, Path]) -> bytes:
    """A zip of files under these names, sorted."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(pages.items()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, page.read_bytes())
    return buffer.getvalue()

"""`nbgrader release_feedback`: pages to nbgrader's exchange, for everybody whom the exchange can reach.

A student fetches a page by a secret that `nbgrader submit` made and handed in with the notebook. Where it is
missing, or timestamp.txt, nbgrader's own command ends in a traceback, and whoever comes later gets nothing.
"""

import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

from autograder.files import write_whole
from autograder.words import plain

SECRET = "submission_secret.txt"
MANY = 10
UNREACHABLE = (
    "%d of %d pages cannot go through the exchange, because their submissions have no %s, which only "
    "`nbgrader submit` makes: %s. Hand them out another way; they are in %s/."
)


class ReleaseFeedback(ExchangeReleaseFeedback):
    """nbgrader's, without the need for a timestamp; who cannot be reached is named."""

    def copy_files(self) -> None:
        """Copy each page to the name by which its student finds it."""
        pages = sorted(self._pages())
        if not pages:
            self.log.warning("There is no feedback in %s; run `autograder feedback` first.", self.src_path)
        reached = [page for page in pages if self._release(*page)]
        if missed := [student for student, path in pages if (student, path) not in reached]:
            names = ", ".join(map(plain, missed[:MANY])) + " ..." * (len(missed) > MANY)
            folder = self.coursedir.feedback_directory
            self.log.warning(UNREACHABLE, len(missed), len(pages), SECRET, names, folder)

    def _pages(self) -> Iterator[tuple[str, Path]]:
        """(student, page) of all that nbgrader's options say."""
        folders = self.coursedir
        left_out = folders.student_id_exclude.split(",")
        place = folders.format_path(
            folders.feedback_directory, "(?P<student>.*)", folders.assignment_id, escape=True
        )
        for path in map(Path, glob.iglob(os.path.join(self.src_path, "*.html"))):
            found = re.fullmatch(place, str(path.parent))
            if found and found["student"] not in left_out:
                yield found["student"], path

    def _release(self, student: str, page: Path) -> bool:
        """Copy one page; False when its student has no secret to find it by."""
        if not (secret := _text_of(page.with_name(SECRET))):
            return False
        name = notebook_hash(secret=secret, notebook_id=page.stem)
        place = Path(self.dest_path) / f"{name}.html"
        if write_whole(place, page.read_bytes()):  # else it may be another grader's
            os.chmod(place, page.stat().st_mode & 0o777)
        self.log.info("Feedback of %s on %s released to %s", plain(student), page.stem, place)
        return True


def _text_of(path: Path) -> str:
    """What a student's file says; "" when there is none, or it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""

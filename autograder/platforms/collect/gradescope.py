"""Gradescope: assignment_123_export/submission_456/file, and submission_metadata.yml that says who it is.

Its keys are Ruby's symbols; a group has several submitters (Gradescope documents no format; as read by
tools such as ucbds-infra/otter-grader).
"""

from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import PurePath
from typing import Any

import yaml

from autograder.course import CourseError
from autograder.platforms.named import Named, System

METADATA = "submission_metadata.yml"
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Gradescope(System):
    """Folders with numbers; who they are stands in a file beside them."""

    pattern = r"submission_(?P<number>[0-9]+)"
    folders = True

    @classmethod
    def sees(cls, parts: tuple[str, ...], place: int) -> bool:
        """The file that says who it is, or a submission's folder."""
        return parts[place] == METADATA or super().sees(parts, place)

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """See System.read."""
        if not self.match(name) or not self._file or PurePath(*above) != self._file.parent:
            return None
        entry = self._metadata.get(name)
        if not isinstance(entry, dict):
            raise ValueError(f"{METADATA} does not name {name}; export the submissions again")
        submitters = [one for one in _get(entry, "submitters") or [] if isinstance(one, dict)]
        people = tuple(_person(one, name) for one in submitters) or (Named(name, name, anonymous=True),)
        named = people[0]._replace(person=name, key=name, time=_time(_get(entry, "created_at")), part=name)
        return named if len(people) == 1 else named._replace(members=people)

    @cached_property
    def _file(self) -> PurePath | None:
        """The outermost file of this name; one deeper is a student's."""
        found = [path for path in self.download.files if path.name == METADATA]
        return min(found, key=lambda path: len(path.parts), default=None)

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        try:
            text = self.download.text(self._file, 2**28) if self._file else ""
            found = yaml.load(text, Loader)  # a loader of plain data only
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            said = " ".join(str(error).split())
            raise CourseError(f"{METADATA} is damaged ({said}); export the submissions again.") from error
        return found if isinstance(found, dict) else {}


def _person(one: dict, otherwise: str) -> Named:
    """A submitter: the address, the number or the name is the id of somebody whom no roster knows."""
    email, number, name = (str(_get(one, key) or "").strip() for key in ("email", "sid", "name"))
    ids = {key: text for key, text in (("email", email), ("sis_id", number)) if text}
    student = email or number or name or otherwise
    return Named(student, student, ids=ids, full_name=name, anonymous=not (ids or name))


def _get(entry: dict, key: str) -> Any:
    return entry.get(f":{key}", entry.get(key))


def _time(value: Any) -> str:
    """ISO 8601 with its offset; Gradescope's are UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace(" UTC", "+00:00"))
        except ValueError:
            return ""
    if not isinstance(value, date) or not isinstance(value, datetime):
        return ""
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()

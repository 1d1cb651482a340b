"""Which of the files that were handed in count: one notebook of a name per student, the latest."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from autograder.platforms.collect.names import notebook_name
from autograder.platforms.ids import safe_name, student_id
from autograder.platforms.named import Named


class Handed(NamedTuple):
    """A file of a student, whose id is safe."""

    path: Path
    student: str
    named: Named
    name: str  # in submitted/, without the suffix
    copy: int
    wanted: bool  # is it a notebook, or what else the course collects?

    @property
    def rank(self) -> tuple:
        """Grows with the time of handing in, as far as names tell."""
        return self.named.upload, self.copy


def handed(path: Path, named: Named, student: str, assignment: str, wanted: bool) -> Handed:
    """A student's file with the name that it will have. Raises ValueError when that, or the id, cannot be."""
    name, copy = notebook_name(named.file, assignment)
    if name + path.suffix == "timestamp.txt":
        raise ValueError("when something was handed in is not for students to say")
    return Handed(path, student_id(student), named, safe_name(name), copy, wanted)


def choose(files: Iterable[Handed]) -> tuple[list[Handed], list[str]]:
    """The files that count, and a sentence for whatever else somebody should know."""
    chosen: list[Handed] = []
    notes: list[str] = []
    for student, own in _grouped(files, lambda one: one.student).items():
        people = sorted({one.named.person for one in own})
        if len(people) == 1:
            chosen += _of_one(student, own, notes)
        else:
            notes.append(
                f"{student} is the name of {len(people)} people ({', '.join(people)}), so nothing of theirs "
                "is collected: put the platform's list of people beside archive/, or rename their files or "
                "folders in it, and collect again"
            )
    return chosen, notes


def _of_one(student: str, own: list[Handed], notes: list[str]) -> list[Handed]:
    """The last attempt's files."""
    last = max(one.named.time for one in own)
    attempt = [one for one in own if one.named.time == last]
    if attempt != own:
        notes.append(f"{student} handed in several times, and {last} counts")
    wanted = [one for one in attempt if one.wanted]
    if not wanted:
        names = ", ".join(sorted({one.path.name for one in attempt}))
        notes.append(f"{student} handed in no notebook that can be read, but {names}")
    elif any(one.named.late for one in wanted):
        notes.append(
            f"{student} is late, and no name says how much; write timestamp.txt by hand, beside the notebook "
            "in submitted/, with a line such as 2026-11-23 10:15:30 UTC"
        )
    groups = _grouped(wanted, lambda one: (one.name, one.path.suffix)).values()
    return [one for same in groups if (one := _latest(student, same, notes))]


def _latest(student: str, same: list[Handed], notes: list[str]) -> Handed | None:
    """The latest of files that would have the same name; None when nothing says which it is."""
    rank = max(one.rank for one in same)
    last = [one for one in same if one.rank == rank]
    if len(last) > 1 and len({one.path.read_bytes() for one in last}) > 1:
        notes.append(
            f"{student} handed in {last[0].name} more than once, and nothing says which is the latest: "
            f"keep one of {', '.join(str(one.path) for one in last)} in archive/, and collect again"
        )
        return None
    if len(last) < len(same):
        notes.append(f"{student} handed in {last[0].name} more than once, and {last[0].path.name} counts")
    return last[0]


def _grouped(files: Iterable[Handed], key) -> dict:
    groups = defaultdict(list)
    for one in files:
        groups[key(one)].append(one)
    return groups

"""Teams: what one member handed in is everybody's, and no copy of it is suspicious."""

import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from autograder.course import Course
from autograder.grading.result import Result
from autograder.platforms.collect.choose import Handed
from autograder.platforms.identities import read_identities
from autograder.platforms.roster import read_roster

COPIES = ".teams"


def by_path(chosen: Iterable[Handed], root: Path) -> dict[Path, Handed]:
    """Everybody's file by its path: the first of a team has what was handed in, others copies in `root`."""
    found: dict[Path, Handed] = {}
    for one in chosen:
        path = one.path
        if path in found:
            path = root / COPIES / one.student / (one.name + one.path.suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(one.path, path)
        found[path] = one
    return found


def mark_teams(course: Course, results: Iterable[Result]) -> None:
    """Write down in each result which team handed it in, so that its members are not compared."""
    roster, collected = read_roster(course), {}
    for result in results:
        if result.assignment not in collected:
            collected[result.assignment] = _collected(course, result.assignment)
        person = roster.people.get(result.student)
        team = collected[result.assignment].get(result.student) or (person.team if person else "")
        result.fingerprints.pop("team", None)
        if result.fingerprints and team:
            result.fingerprints["team"] = team.casefold()


def _collected(course: Course, assignment: str) -> dict[str, str]:
    """Who shares a key of the platform with somebody in this assignment's download."""
    sharing = defaultdict(set)
    for one in read_identities(course, assignment):
        sharing[f"{one.platform} {one.key}"].add(one.student)
    return {student: key for key, students in sharing.items() if len(students) > 1 for student in students}

"""GitHub Classroom: assignment-submissions/assignment-login/file, as `gh classroom clone` makes it.

Title and login may both hold `-`, and `-1` may stand behind a name that was taken, so the list of grades
beside the download says whose a repository is; else the title is cut off
(education/classroom:app/services/create_github_repo_service/exercise.rb).
"""

import re
from collections import defaultdict
from functools import cached_property

from dateutil.parser import isoparse

from autograder.platforms.named import Named, System
from autograder.platforms.people import joined_key

SUFFIX = "-submissions"


class GitHub(System):
    """Folders of repositories, which are named for a login or a team."""

    folders = True

    @classmethod
    def sees(cls, parts: tuple[str, ...], place: int) -> bool:
        """A repository in the folder of its assignment."""
        above = parts[place - 1] if 0 < place < len(parts) - 1 else ""
        return above.endswith(SUFFIX) and parts[place].startswith(f"{above.removesuffix(SUFFIX)}-")

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """See System.read."""
        if rows := self._repositories.get(name.casefold()):
            return self._listed(name, rows)
        slugs = [part.removesuffix(SUFFIX) for part in above[-1:] if part.endswith(SUFFIX)]
        slugs += [re.sub(r"[^a-z0-9]+", "-", self.download.title.casefold())]
        login = next((name[len(slug) + 1 :] for slug in slugs if name.casefold().startswith(f"{slug}-")), "")
        return self._called(name, login) if login else None

    def _called(self, name: str, login: str) -> Named:
        """By the name alone; a number at its end is GitHub's where the roster knows the login without."""
        roster, short = self.download.roster, re.sub(r"-[0-9]$", "", login)
        if not roster.find(github=login) and roster.find(github=short):
            login = short
        teams = {person.team for person in roster if joined_key(person.team) == joined_key(login)}
        team = "" if roster.find(github=login) else next(iter(teams), "")
        return Named(login, name, name, ids={"github": login}, team=team, part=name)

    def _listed(self, name: str, rows: list[dict[str, str]]) -> Named:
        """By the list of grades, in which a team has a row for each member."""
        people = tuple(_person(row) for row in rows)
        named = people[0]._replace(person=name, key=name, time=_time(rows[0]), part=name)
        return named._replace(members=people) if rows[1:] else named

    @cached_property
    def _repositories(self) -> dict[str, list[dict[str, str]]]:
        found = defaultdict(list)
        for table in self.download.tables():
            for _, record in table.records() if "student_repository_name" in table.header else ():
                found[record["student_repository_name"].casefold()].append(record)
        return dict(found)


def _person(row: dict[str, str]) -> Named:
    """Who a row is about: login, and the identifier of the classroom's roster, which may be anything."""
    login, identifier = row.get("github_username", ""), row.get("roster_identifier", "")
    ids = {"github": login} if login else {}
    if identifier:
        ids |= dict.fromkeys(("id", "email", "sis_id", "login"), identifier)
    return Named(login or identifier, login or identifier, ids=ids)


def _time(row: dict[str, str]) -> str:
    """The time of the last commit, "" where it names no zone."""
    try:
        time = isoparse(row.get("submission_timestamp", "").replace(" UTC", "+00:00"))
    except ValueError:
        return ""
    return time.isoformat() if time.tzinfo else ""

"""Whose ids in the course somebody's file is for: what a platform says, joined with the roster."""

from autograder.platforms.named import Named
from autograder.platforms.people import joined_key, name_key
from autograder.platforms.roster import Person, Roster


def owners(named: Named, roster: Roster, earlier: dict[str, list[str]]) -> list[str]:
    """The ids, several for a team; `earlier` has those of this assignment's keys that were known before.

    Raises ValueError, with a sentence, when a team's name is that of several.
    """
    if named.members:
        return [_one(member, roster) for member in named.members]
    person = known(named, roster)
    if team := _team(named, roster, person):
        return [member.id for member in team]
    return [person.id] if person else earlier.get(named.key) or [named.student]


def known(named: Named, roster: Roster) -> Person | None:
    """The one of the roster whom this names: by an id, else by a name that only one has."""
    if person := roster.find(**named.ids):
        return person
    key = name_key(named.full_name)
    same = [person for person in roster if key and name_key(person.name) == key]
    return same[0] if len(same) == 1 else None


def _one(named: Named, roster: Roster) -> str:
    person = known(named, roster)
    return person.id if person else named.student


def _team(named: Named, roster: Roster, person: Person | None) -> list[Person]:
    """The members, where the name that the platform says is that of a team, and of nobody else."""
    key = joined_key(named.team)
    teams = {one.team.casefold() for one in roster if key and joined_key(one.team) == key}
    if len(teams) > 1:
        raise ValueError(f"roster.csv has several teams written {named.team!r}; give them other names")
    members = roster.members(next(iter(teams), ""))
    return [] if person and person not in members else members

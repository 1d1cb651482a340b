"""A roster joined with lists of people: gaps are filled, nothing that stands there is changed or lost."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from autograder.platforms.ids import student_id
from autograder.platforms.people import name_key
from autograder.platforms.roster import KEYS, Person, folded
from autograder.platforms.roster_lists import Listed

# One platform's login is another's address or user name, so these are compared with each other, too.
SAME = ("email", "login", "moodle_id")
# What somebody new is called, if no folder in submitted/ decides.
ID_FROM = ("id", "login", "moodle_id", "email", "sis_id", "canvas_id", "github")


@dataclass
class Joined:
    """The people after joining, and what was done."""

    people: dict[str, Person] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)  # what a person has to decide
    remarks: list[str] = field(default_factory=list)  # what somebody may want to know
    index: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def put(self, person: Person) -> None:
        """Take somebody in, new or with more known."""
        self.people[person.id] = person
        values = vars(person)
        for key in {("name", name_key(_name(values))), ("taken", person.id.casefold()), *_keys(values)}:
            self.index[key].add(person.id)

    def having(self, keys: Iterable[tuple[str, str]]) -> list[str]:
        """The ids of all who have one of these."""
        return sorted({one for key in keys if key[1] for one in self.index.get(key, ())})


def join(people: Iterable[Person], listed: list[Listed], existing: set[str]) -> Joined:
    """Fill in and add; `existing` are the names of folders in submitted/, ids that somebody has already."""
    joined = Joined()
    for person in people:
        joined.put(person)
    names = Counter((one.file, name_key(_name(one.values))) for one in listed)
    for one in listed:
        alone = names[one.file, name_key(_name(one.values))] == 1
        found = joined.having(_asked(one)) or (_by_name(joined, one) if alone else [])
        if len(found) > 1:
            several = " or ".join(found)
            joined.doubts.append(f"{_where(one)} may be {several}; mend roster.csv and run this again")
        elif found:
            _fill(joined, joined.people[found[0]], one)
        else:
            _add(joined, one, existing)
    return joined


def _where(one: Listed) -> str:
    return f"{one.name} ({one.file}, line {one.line})"


def _name(values: dict[str, str]) -> str:
    return f"{values.get('first_name', '')} {values.get('last_name', '')}"


def _keys(values: dict[str, str]) -> set[tuple[str, str]]:
    """What somebody is known by."""
    keys = {(key, folded(key, values[key])) for key in ("id", *KEYS) if values.get(key)}
    return keys | {("any", text) for key, text in keys if key in SAME}


def _asked(one: Listed) -> set[tuple[str, str]]:
    """What a listed one may be known by: an id of the course may be any of a platform's."""
    keys = _keys(one.values) | {(key, folded(key, one.hint)) for key in ("id", *KEYS)}
    return keys | {("taken", text) for _, text in keys}


def _by_name(joined: Joined, one: Listed) -> list[str]:
    """Who has this name, if no id speaks against it; that is said."""
    found = joined.having([("name", name_key(_name(one.values)))])
    if len(found) == 1:
        if any(_differs(joined.people[found[0]], key, one.values) for key in KEYS):
            return []
        joined.remarks.append(f"{_where(one)} is taken for {found[0]}, by the name alone")
    return found


def _differs(person: Person, column: str, values: dict[str, str]) -> bool:
    """Do both say something, and not the same?"""
    mine, theirs = getattr(person, column), values.get(column, "")
    return bool(mine and theirs) and folded(column, mine) != folded(column, theirs)


def _fill(joined: Joined, person: Person, one: Listed) -> None:
    """Write what is known now where nothing stands; what contradicts is said."""
    values = {key: text for key, text in one.values.items() if key != "id"}
    same = name_key(_name(vars(person))) == name_key(_name(values))  # in another order, perhaps
    for key in sorted(set(values) - ({"first_name", "last_name"} if same else set())):
        if _differs(person, key, values):
            mine = getattr(person, key)
            joined.remarks.append(f"{_where(one)} has {key} {values[key]!r}; {person.id} keeps {mine!r}")
    if new := {key: text for key, text in values.items() if text and not getattr(person, key)}:
        joined.put(Person(**vars(person) | new))
        if person.id not in [*joined.added, *joined.filled]:
            joined.filled.append(person.id)


def _add(joined: Joined, one: Listed, existing: set[str]) -> None:
    """Somebody new, under the name of their folder in submitted/ if there is one."""
    named = [_possible(name) for name in [*(one.values.get(key, "") for key in ID_FROM), _name(one.values)]]
    free = [name for name in named if name and not joined.having([("taken", name.casefold())])]
    if not free:
        joined.doubts.append(f"{_where(one)} has nothing that can be an id; write a row into roster.csv")
        return
    chosen = next((name for name in free if name in existing), free[0])
    known: dict[str, Any] = one.values | {"id": chosen}
    joined.put(Person(**known))
    joined.added.append(chosen)


def _possible(text: str) -> str:
    try:
        return student_id(text)
    except ValueError:
        return ""

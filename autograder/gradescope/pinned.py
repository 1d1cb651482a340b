"""What grading needs besides this package, with the versions that are installed here."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement  # nbconvert brings it

from autograder.gradescope.wheel import NAME

THERE = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}


def pinned(name: str = NAME, extra: str = "instructor") -> list[str]:
    """`package==version` for all that `name` needs, directly or not, sorted.

    What is needed there and not here, as on another system, has the versions that it asks for.
    """
    found: dict[str, str] = {}
    todo, done = [(name, frozenset([extra]))], set()
    while todo:
        one = todo.pop()
        if one in done:
            continue
        done.add(one)
        for needed in _needs(*one):
            key = _normal(needed.name)
            try:
                found[key] = f"{key}=={distribution(key).version}"
                todo.append((key, frozenset(needed.extras)))
            except PackageNotFoundError:
                found.setdefault(key, f"{key}{needed.specifier}")
    found.pop(_normal(name), None)
    return [found[key] for key in sorted(found)]


def _needs(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """The requirements of an installed package that hold there, with these extras of it."""
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if not marker or any(marker.evaluate({**THERE, "extra": extra}) for extra in extras or {""}):
            yield requirement


def _normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()

"""The places that there are, by name, and the best one that this machine has."""

from autograder.course import CourseError
from autograder.sandbox.bare import Bare
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.landlock import Landlock
from autograder.sandbox.otheruser import OtherUser
from autograder.sandbox.place import Place

SEALED: tuple[Place, ...] = (Bubblewrap(), Landlock())
PLACES = {place.name: place for place in (*SEALED, OtherUser(), Bare())}  # the last two only by name
BEST = "best"
INSTEAD = "`autograder doctor` says how to get walls; `--sandbox none` grades code that you trust without."


def place_of(name: str) -> Place:
    """The place of that name. Raises CourseError for any other: nothing runs without walls by mistake."""
    if name not in PLACES:
        raise CourseError(f"There is no sandbox {name!r}; choose from {', '.join([BEST, *PLACES])}.")
    return PLACES[name]


def require(name: str) -> tuple[str, str]:
    """The name of the place to use, and a sentence when the best one is not to be had here.

    Raises CourseError when this machine has no such walls, or none at all.
    """
    if name != BEST:
        try:
            place_of(name).require()
        except CourseError as error:
            raise CourseError(f"{error} {INSTEAD}") from error
        return name, ""
    refusals = []
    for place in SEALED:
        try:
            place.require()
        except CourseError as error:
            refusals.append(f"{error}")
            continue
        why = f"Sealed off by {place.name}, for lack of better: {refusals[0]}" if refusals else ""
        return place.name, why
    raise CourseError(" ".join([*refusals, INSTEAD]))

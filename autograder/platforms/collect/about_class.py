"""What somebody should know of a download as a whole."""

from collections.abc import Callable, Iterable, Iterator

from autograder.platforms.collect.choose import Handed
from autograder.platforms.collect.when import is_zoned
from autograder.platforms.download import IDENTITIES
from autograder.platforms.roster import Roster

SHOWN = 10


def class_notes(chosen: list[Handed], roster: Roster, is_there: Callable[[str], bool]) -> Iterator[str]:
    """Sentences about all; `is_there` says whether submitted/ has something of a student already."""
    strangers = {one.student for one in chosen} - set(roster.people)
    hidden = {one.student for one in chosen if one.named.anonymous} & strangers
    if roster.people and strangers - hidden:
        yield f"Not in roster.csv: {_some(strangers - hidden)}; see `autograder roster`"
    if hidden:
        yield (
            f"{len(hidden)} handed in anonymously, such as {min(hidden)}, and have another name in the next "
            f"assignment; write their ids into {IDENTITIES} beside the download, and collect again"
        )
    known = {one.named.student for one in chosen if one.named.student != one.student} - set(roster.people)
    if old := {student for student in known if is_there(student)}:
        yield (
            f"submitted/ has {_some(old)} from before the roster, who have another id now: move these "
            "folders away, or write their names into roster.csv as ids, and collect again"
        )


def time_notes(chosen: Iterable[Handed]) -> Iterator[str]:
    """What to say of times when no zone is set."""
    if any(one.named.time and not is_zoned(one.named.time) for one in chosen):
        yield "The times of this platform name no zone and are taken for UTC; set c.LMSCollector.timezone"


def _some(students: set[str]) -> str:
    names = sorted(students)
    more = f" and {len(names) - SHOWN} more" if names[SHOWN:] else ""
    return ", ".join(names[:SHOWN]) + more

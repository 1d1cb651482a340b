"""What somebody should know of a download as a whole."""

from collections.abc import Iterator

from autograder.platforms.choose import Handed
from autograder.platforms.download import IDENTITIES
from autograder.platforms.roster import Roster
from autograder.platforms.when import is_zoned


def class_notes(chosen: list[Handed], roster: Roster, zoned: bool) -> Iterator[str]:
    """What somebody should know of the whole class; `zoned` says that times without a zone are understood."""
    strangers = sorted({one.student for one in chosen} - set(roster.people))
    if strangers and roster.people:
        yield f"Not in roster.csv: {', '.join(strangers)}; see `autograder roster`"
    if hidden := sorted({one.student for one in chosen if one.named.anonymous} & set(strangers)):
        yield (
            f"{len(hidden)} handed in anonymously, such as {hidden[0]}, and have another name in the next "
            f"assignment; write their ids into {IDENTITIES} beside the download, and collect again"
        )
    if not zoned and any(one.named.time and not is_zoned(one.named.time) for one in chosen):
        yield "The times of this platform name no zone and are taken for UTC; set c.LMSCollector.timezone"

"""What an encoding lacks becomes something plainer: on Windows files and pipes are written in cp1252.

`PLAINER` is the way as Python's codecs name it, for `str.encode` and for the `errors` of a stream.
"""

import codecs
import sys

PLAINER = "autograder.plainer"
INSTEAD = {
    "✓": "OK", "✗": "X", "→": "->", "…": "...", "■": "#", "·": ".", "│": "|", "┼": "+", "⏎": "/",
    **dict.fromkeys("─—–−", "-"), **dict.fromkeys("“”", '"'), **dict.fromkeys("‘’", "'"),
}  # fmt: skip


def printable(text: str) -> str:
    """`text` as standard output can print it."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, PLAINER).decode(encoding)


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """Python's protocol of error handlers: what to write, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(INSTEAD.get(one) or _escaped(one) for one in lacking), error.end


def _escaped(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode()


codecs.register_error(PLAINER, _plainer)

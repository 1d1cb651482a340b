"""Find solution and hidden-test text where students can read it."""

import json
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.cells import STUB, split
from autograder.course import CourseError

SHORTEST_SECRET = 8  # shorter lines, such as `else:` or `)`, give nothing away


def secret_lines(nb: NotebookNode, *labels: str) -> set[str]:
    """The lines inside the regions of `labels` that stand nowhere else in a source notebook."""
    seen = [STUB]
    secrets: set[str] = set()
    for cell in nb.cells:
        outside = cell.source.split("\n")
        for label in labels:
            outside, inside = split("\n".join(outside), label)
            secrets.update(line.strip() for line in inside)
        seen += outside
    public = "\n".join(seen)
    return {line for line in secrets if len(line) >= SHORTEST_SECRET and line not in public}


def require_no_leak(name: str, content: bytes, secrets: set[str], advice: str) -> None:
    """Raises CourseError, with `advice`, when the file `name` would hold one of the secrets."""
    text = _readable(content.decode("utf-8", errors="replace"))
    leaked = sorted(line for line in secrets if line in text)
    if leaked:
        raise CourseError(
            f"{name} would show students what they must not see, such as `{leaked[0]}` "
            f"(lines found: {len(leaked)}); {advice} Nothing was written."
        )


def _readable(text: str) -> str:
    """The text itself, or all that a notebook's JSON says."""
    try:
        return "\n".join(_strings(json.loads(text)))
    except ValueError:
        return text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for key, child in value.items() if isinstance(value, dict) else ():
        yield from (key, *_strings(child))
    for child in value if isinstance(value, list) else ():
        yield from _strings(child)

"""Find solution and hidden-test text where students can read it."""

import json
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from autograder.build.cells import STUB, split
from autograder.course import CourseError

SHORTEST_SECRET = 8  # shorter lines, such as `else:` or `)`, give nothing away


def secret_lines(nb: NotebookNode, *labels: str) -> set[str]:
    """The lines inside the regions of `labels` that stand nowhere else in a source notebook."""
    seen, secrets = [STUB], set()
    for cell in nb.cells:
        outside = cell.source.split("\n")
        for label in labels:
            outside, inside = split("\n".join(outside), label)
            secrets.update(line.strip() for line in inside)
        seen += outside
    public = "\n".join(seen)
    return {line for line in secrets if len(line) >= SHORTEST_SECRET and line not in public}


def require_no_leak(folder: Path, secrets: set[str], advice: str) -> None:
    """Raises CourseError, with `advice`, when a file in `folder` holds one of the secrets."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = _readable(path)
        leaked = sorted(line for line in secrets if line in text)
        if leaked:
            raise CourseError(
                f"{path.relative_to(folder)} would show students {len(leaked)} lines that they must "
                f"not see, such as `{leaked[0]}`; {advice} Nothing was written."
            )


def _readable(path: Path) -> str:
    """All text in a file; of a notebook, what its JSON strings say."""
    text = path.read_bytes().decode("utf-8", errors="replace")
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

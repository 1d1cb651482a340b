"""Files that grow by a line of JSON for each entry, and are whole after any interrupt."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def read_lines(path: Path) -> Iterator[Any]:
    """The entries, oldest first; none without a file. A line that an interrupt cut off is passed over."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue


def append_line(path: Path, entry: Any) -> None:
    """Add an entry, on disk before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        torn = file.tell() and not _ends_whole(file)
        file.write((b"\n" if torn else b"") + json.dumps(entry).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def replace_lines(path: Path, entries: Iterable[Any]) -> None:
    """Put these entries in place of all, as a whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w") as file:
        file.writelines(f"{json.dumps(entry)}\n" for entry in entries)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def _ends_whole(file) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read() == b"\n"

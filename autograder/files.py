"""Files that are whole after any interrupt: replaced in one step, or longer by a line of JSON."""

import contextlib
import json
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

MAX_FILES, MAX_FILE = 50, 20 * 2**20  # beside the notebooks of one submission
MAX_FOLDERS = 20
MADE_BY_TOOLS = {"__MACOSX", "__pycache__"}  # and folders whose names begin with a dot


def write_whole(path: Path, content: str | bytes) -> bool:
    """Replace a file in one step, or leave it as it was; False when it holds `content` already."""
    content = content.encode("utf-8") if isinstance(content, str) else content
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with naming(path, partial):
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    return True


def read_jsonl(path: Path) -> Iterator[Any]:
    """The entries, oldest first; none without a file. A line that an interrupt cut off is passed over."""
    if not path.exists():
        return
    with naming(path), path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue


def append_jsonl(path: Path, entry: Any) -> None:
    """Add an entry, on disk before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path), path.open("ab+") as file:
        torn = file.tell() and not _ends_whole(file)
        file.write((b"\n" if torn else b"") + json.dumps(entry).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def replace_jsonl(path: Path, entries: Iterable[Any]) -> None:
    """Put these entries in place of all, as a whole or not at all."""
    write_whole(path, "".join(f"{json.dumps(entry)}\n" for entry in entries))


def swap(made: Path, place: Path, old: Path) -> None:
    """Put the folder `made` where `place` is, and what lay there to `old`."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        os.replace(place, old)
    os.replace(made, place)


@contextlib.contextmanager
def naming(path: Path, *instead: Path) -> Iterator[None]:
    """An error names `path`, also one that names no file, as of a full disk, or one of `instead`."""
    try:
        yield
    except OSError as error:
        if error.errno and error.filename in (None, *map(str, instead)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def plain_files(folder: Path, judged: Collection[str] | None = None) -> list[Path]:
    """The regular files in a folder beside notebooks; links, folders and large ones stay out.

    With the names of those that are `judged`, other notebooks are such files, for one may run another.
    """
    if not folder.is_dir():
        return []
    chosen = [
        path for path in sorted(folder.iterdir())
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_FILE
        and (path.suffix != ".ipynb" or (judged is not None and path.name not in judged))
    ]  # fmt: skip
    return chosen[:MAX_FILES]


def files_below(folder: Path, judged: Collection[str] | None) -> list[Path]:
    """The same with all its folders, such as a package that a notebook imports; upper ones first."""
    found, folders = [], [folder]
    for place in folders:  # which grows by those inside
        found += plain_files(place, judged)
        inside = sorted(place.iterdir()) if place.is_dir() and len(folders) < MAX_FOLDERS else []
        folders += [
            one for one in inside
            if one.is_dir() and not one.is_symlink() and one.name not in MADE_BY_TOOLS
            and not one.name.startswith(".")
        ]  # fmt: skip
    return found[:MAX_FILES]


def beside(folder: Path, judged: Collection[str] | None) -> list[Path]:
    """What lies beside the notebooks of a submission that was taken: files, and folders that hold some."""
    return sorted({folder / file.relative_to(folder).parts[0] for file in files_below(folder, judged)})


def named(files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Each file with its name; those in a folder with their way from there."""
    for file in files:
        for one in files_below(file, ()) if file.is_dir() else [file]:
            yield one.relative_to(file.parent).as_posix(), one


def _ends_whole(file) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read() == b"\n"

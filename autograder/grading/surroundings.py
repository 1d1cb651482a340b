"""What is around a plain test cell while it runs in the grader: output, random numbers, files, refusals."""

import contextlib
import io
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from autograder.grading.border import Border, Ended
from autograder.grading.standin import Refused
from autograder.sandbox.objects import MAX_FILE, MAX_FILES
from autograder.sandbox.process import memory_now

# Files of data, which a test may read with any library; none that Python or a library would run.
DATA = {
    ".txt", ".csv", ".tsv", ".json", ".jsonl", ".npy", ".npz", ".dat", ".md", ".html", ".xml", ".log", ".out",
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf",
}  # fmt: skip
MAX_BYTES = 128 * 2**20  # of files that come over in one cell
PROGRAM = "The test starts a program; call the student's functions."
REFUSED = {
    "pickle.find_class": "The test unpickles, which would run what student code wrote; use another format.",
    **dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"), PROGRAM),
}
EVALUATED = (
    "The test calls `{}`, which could run a text of the student's in the grader; look at the text itself."
)
SEEDS = np.random.seed, random.seed
MAX_SECONDS, MEMORY = 60.0, 2 * 2**30  # of the grader's own, for one cell
TOO_LONG = "made a test of this cell run for more than a minute: does what it returns have an end?"
_watching: list[Border] = []


@contextlib.contextmanager
def around(border: Border) -> Iterator[None]:
    """While open, a cell prints to nowhere, works beside the student's data files, and starts nothing."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(np.errstate(all="ignore"))
        stack.enter_context(_seeds(border))
        stack.enter_context(_folder(border))
        stack.enter_context(_watched(border))
        stack.enter_context(_bounded())
        yield


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    """Bound the grader's memory, and its CPU time where signals can be had: a value may be endless work."""

    def ring(*_: Any) -> None:
        raise Ended(TOO_LONG)

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGVTALRM, ring) if in_main else None
    try:
        if soft == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_AS, (memory_now() + MEMORY, hard))
        if in_main:
            signal.setitimer(signal.ITIMER_VIRTUAL, MAX_SECONDS)
        yield
    finally:
        if in_main:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def _seeds(border: Border) -> Iterator[None]:
    """A seed that the test sets counts on both sides; the grader's own random numbers go on after it."""
    states = np.random.get_state(), random.getstate()

    def both(which: str, seed: Callable) -> Callable:
        def seeded(*arguments: Any) -> None:
            seed(*arguments)
            border.ask("seed", which, *arguments)

        return seeded

    np.random.seed, random.seed = both("numpy", SEEDS[0]), both("random", SEEDS[1])
    try:
        yield
    finally:
        np.random.seed, random.seed = SEEDS
        np.random.set_state(states[0])
        random.setstate(states[1])


@contextlib.contextmanager
def _folder(border: Border) -> Iterator[None]:
    """A working folder that has the data files of the student's, as they are after each question."""
    before, path = Path.cwd(), sys.path[:]
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as name:
        files = _Files(border, Path(name))
        sys.path[:] = [folder for folder in path if os.path.isabs(folder)]  # nothing there is imported
        os.chdir(name)
        border.before, border.after = files.send, files.fetch
        try:
            border.ask_plainly("nothing")
            files.fetch()
            yield
        finally:
            border.before = border.after = lambda: None
            os.chdir(before)
            sys.path[:] = path


class _Files:
    """The data files of a student's working folder, and of one in the grader that is kept like it."""

    def __init__(self, border: Border, folder: Path):
        self.border, self.folder = border, folder
        self.theirs: dict[str, tuple] = {}
        self.ours: dict[str, tuple] = {}
        self.room = MAX_BYTES

    def fetch(self) -> None:
        """Take over what student code wrote or removed."""
        listed = self.border.files if type(self.border.files) is list else []
        now = {entry[0]: entry[1:] for entry in listed[:MAX_FILES] if _is_data(entry)}
        changed = [name for name, facts in now.items() if self.theirs.get(name) != facts]
        gone, self.theirs = self.theirs.keys() - now.keys(), now
        for name in gone:
            (self.folder / name).unlink(missing_ok=True)
        for name in changed:
            content = self.border.ask_quietly("file", name)
            self.room -= len(content) if type(content) is bytes else 0
            if type(content) is bytes and self.room > 0:
                (self.folder / name).write_bytes(content)
        self.ours = self._listed() if gone or changed else self.ours

    def send(self) -> None:
        """Hand over what the test wrote or removed."""
        now = self._listed()
        for name in self.ours.keys() - now.keys():
            self.border.ask_quietly("file", name, gone=True)
        for name in [name for name, facts in now.items() if self.ours.get(name) != facts]:
            content = (self.folder / name).read_bytes()
            if len(content) > MAX_FILE:
                raise Refused("The test writes a file of more than 16 MiB: use less data.")
            self.border.ask_quietly("file", name, content)
        self.ours = now

    def _listed(self) -> dict[str, tuple]:
        with os.scandir(self.folder) as found:
            return {one.name: (one.stat().st_size, one.stat().st_mtime_ns) for one in found if one.is_file()}


def _is_data(entry: Any) -> bool:
    """Is it a plain name of a data file, with numbers?"""
    is_entry = type(entry) is tuple and len(entry) == 3 and type(entry[0]) is str and len(entry[0]) < 200
    name = Path(entry[0]) if is_entry and "\0" not in entry[0] else Path()
    return name.name == str(name) and name.suffix.lower() in DATA


@contextlib.contextmanager
def _watched(border: Border) -> Iterator[None]:
    """Refuse what would run the student's text or files in the grader."""
    _watch_once()
    _watching.append(border)
    try:
        yield
    finally:
        _watching.remove(border)


def _audit(event: str, _: tuple) -> None:
    if event in REFUSED and _watching and not _watching[-1].is_asking:
        raise Refused(REFUSED[event])


def _watch_once() -> None:
    """An audit hook stays for as long as the process lives, so there is one."""
    if not hasattr(sys, "_autograder_watches"):
        vars(sys)["_autograder_watches"] = True
        sys.addaudithook(_audit)


def refusing(name: str) -> Callable:
    """What stands for a built-in function that runs text."""

    def refuse(*_: Any, **__: Any) -> None:
        raise Refused(EVALUATED.format(name))

    return refuse

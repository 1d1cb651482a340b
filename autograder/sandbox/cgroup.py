"""A control group for a student process, where the machine lets one be made: its memory and threads.

Resource limits bound what one process asks for; here the kernel counts what it really uses, its own memory
for that process too. Both versions of control groups are known (cgroups(7)): in version 2 the group that the
grader is in must have been given memory and pids to hand on, in version 1 it takes the superuser.
"""

import contextlib
import os
from pathlib import Path

from autograder.sandbox.limits import Limits

ROOT, MEMBERSHIP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# By version: the files with the limits, and the one that counts what the kernel ended for lack of memory.
MEMORY = {1: "memory.limit_in_bytes", 2: "memory.max"}
COUNTS = {1: "memory.oom_control", 2: "memory.events"}
THREADS = "pids.max"


class Group:
    """What bounds one process, if a group can be made. Remove it when the process is gone."""

    def __init__(self, limits: Limits):
        self._folders: list[Path] = []
        for parent, settings in parents(limits):
            self._make(parent / f"autograder-{os.getpid()}-{id(self):x}", settings)

    def _make(self, folder: Path, settings: dict[str, int]) -> None:
        try:
            folder.mkdir()
            for name, value in settings.items():
                (folder / name).write_text(str(value))
        except OSError:
            _remove(folder)
        else:
            self._folders.append(folder)

    def __bool__(self) -> bool:
        return bool(self._folders)

    def add(self, pid: int) -> None:
        """Put a process in; what it starts from now on is in, too."""
        for folder in self._folders:
            with contextlib.suppress(OSError):
                (folder / "cgroup.procs").write_text(str(pid))

    def ran_out(self) -> bool:
        """Did the kernel end something in it because it used all of its memory?"""
        files = (folder / name for folder in self._folders for name in COUNTS.values())
        lines = (line.split() for file in files if file.exists() for line in file.read_text().splitlines())
        return any(line[0] == "oom_kill" and line[1] != "0" for line in lines)

    def remove(self) -> None:
        """Remove it; it has to be empty."""
        for folder in self._folders:
            _remove(folder)


def parents(limits: Limits) -> list[tuple[Path, dict[str, int]]]:
    """The groups of this process in which others may be made, and the limits to be set there."""
    found: list[tuple[Path, dict[str, int]]] = []
    with contextlib.suppress(OSError):
        for line in MEMBERSHIP.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for name in controllers.split(","):
                if name == "" and {"memory", "pids"} <= _handed_on(ROOT / path[1:]):
                    settings = {MEMORY[2]: limits.memory, THREADS: limits.threads}
                    found.append((ROOT / path[1:], settings))
                elif name == "memory":
                    found.append((ROOT / name / path[1:], {MEMORY[1]: limits.memory}))
                elif name == "pids":
                    found.append((ROOT / name / path[1:], {THREADS: limits.threads}))
    return found


def _handed_on(group: Path) -> set[str]:
    try:
        return set((group / "cgroup.subtree_control").read_text().split())
    except OSError:
        return set()


def _remove(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()

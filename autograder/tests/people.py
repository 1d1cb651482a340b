"""People of a machine, for tests that run as root: each with a home, a user and a group of their own."""

import json
import os
import pwd
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# Commands of ours and nbgrader's, and cp, one after the other, as one process: to start takes longer than most of them.
RUN = """
import json, shutil, sys
from nbgrader.apps import NbGraderApp
from autograder.cli import main
from autograder.gradebook import own_programs_first
for program, *arguments in json.loads(sys.argv[1]):
    print("$", program, *arguments, file=sys.stderr)
    if program == "cp":
        shutil.copyfile(*arguments)
        continue
    try:
        with own_programs_first():
            code = main(arguments) if program == "autograder" else NbGraderApp.launch_instance(arguments)
    except SystemExit as end:
        code = end.code
    for app, _ in NbGraderApp.subcommands.values():
        app.clear_instance()
    if code:
        sys.exit(f"{program} {arguments} ended with {code}")
"""


@dataclass(frozen=True)
class Person:
    """One of the machine's users; `group` is the primary one."""

    name: str
    user: int
    group: int
    home: Path
    settings: Path

    def run(self, *commands: str, folder: Path | None = None) -> str:
        """Run commands as this user; returns what they said. Fails when one does."""
        words = json.dumps([command.split() for command in commands])
        done = self.python(RUN, words, folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def python(
        self, program: str, *arguments: str, folder: Path | None = None
    ) -> subprocess.CompletedProcess:
        """Run a program in this Python as this user, with an environment that names nothing of root's."""
        environment = {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200",
            "JUPYTER_CONFIG_PATH": str(self.settings), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        become = ["setpriv", f"--reuid={self.user}", f"--regid={self.group}", "--clear-groups", "--"]
        return subprocess.run(
            [*OPEN, *become, sys.executable, "-c", program, *arguments], cwd=folder or self.home,
            env=environment, check=False, umask=0o022, capture_output=True, text=True,
        )  # fmt: skip

    def owns(self, path: Path) -> Path:
        """Give a file or folder to this person; returns it."""
        os.chown(path, self.user, self.group)
        return path

    def opened(self, *folders: Path) -> set[str]:
        """The files below `folders` that this user can read, and the folders that they can list, by name."""
        done = self.python(LOOK, *(str(path) for folder in folders for path in [folder, *folder.rglob("*")]))
        assert done.returncode == 0, done.stderr
        return set(json.loads(done.stdout))


LOOK = """
import json, os, sys
found = []
for path in sys.argv[1:]:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").close()
    except OSError:
        continue
    found.append(path)
print(json.dumps(found))
"""


def _opening() -> list[str]:
    """How a command starts that finds this Python, though it lies in a folder closed to others, as root's home is.

    In a view of its own of the file system, an empty folder that is open lies there, with Python in it.
    """
    needed = {Path(sys.base_prefix), Path(sys.prefix), REPOSITORY}
    closed = {path: outer for path in needed if (outer := _closed(path))}
    lines = ["set -e; mount --make-rprivate /; d=$(mktemp -d); mount -t tmpfs -o mode=700 none $d"]
    lines += [f"mkdir $d/{n}; mount --bind {shlex.quote(str(path))} $d/{n}" for n, path in enumerate(closed)]
    lines += [f"mount -t tmpfs -o mode=755 none {shlex.quote(str(outer))}" for outer in set(closed.values())]
    for n, path in enumerate(closed):
        there = shlex.quote(str(path))
        lines.append(f"mkdir -p {there}; mount --bind $d/{n} {there}")
    inside = "; ".join([*lines, "umount --lazy $d; rmdir $d", 'exec "$@"'])
    return ["unshare", "--mount", "sh", "-c", inside, "open"] if closed else []


def _closed(path: Path) -> Path | None:
    """The outermost folder on the way to `path`, and `path` itself, that others may not enter."""
    ways = [*reversed(path.parents), path]
    return next((way for way in ways if not way.stat().st_mode & 0o001), None)


OPEN = _opening()


def people(place: Path, settings: Path, group: int, graders: int, others: int) -> list[Person]:
    """Users whom this machine has, root not among them, with new homes in `place`; none when they are too few.

    The first `graders` have `group` as their primary one.
    """
    known = {one.pw_uid: one for one in pwd.getpwall() if one.pw_uid and "+" not in one.pw_name}
    found = []
    for number, one in enumerate(list(known.values())[: graders + others]):
        home = place / one.pw_name
        home.mkdir(mode=0o700)
        own = group if number < graders else one.pw_uid
        found.append(Person(one.pw_name, one.pw_uid, own, home, settings))
        found[-1].owns(home)
    return found if len(found) == graders + others else []

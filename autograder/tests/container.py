"""A container as Gradescope's documents describe it, of what a test can make: a root folder with little in it,
processes of its own, root without the rights and calls that Docker's default profile takes.

Run as a program it goes into that folder and becomes the command.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

# What Docker leaves to root by default: the kernel's names without CAP_.
RIGHTS = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service",
          "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap")  # fmt: skip
LANDLOCK = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc")
DEVICES = ("null", "zero", "full", "random", "urandom")
# No call that makes a namespace, and none of those in argv[1]; then the command.
CONTAINED = """
import os, sys, pyseccomp as s
f = s.SyscallFilter(s.ALLOW)
for name in ("unshare", "setns", "mount", "umount2", "pivot_root"): f.add_rule(s.ERRNO(1), name)
for bit in range(17, 31):
    if 0x7E020000 >> bit & 1: f.add_rule(s.ERRNO(1), "clone", s.Arg(0, s.MASKED_EQ, 1 << bit, 1 << bit))
for name in ("clone3", *filter(None, sys.argv[1].split(","))): f.add_rule(s.ERRNO(38), name)
f.load()
os.execve(sys.argv[2], sys.argv[2:], dict(v.split("=", 1) for v in os.environ.pop("INSIDE").split("|")))
"""


def start(
    root: Path, *command: str, missing: tuple = (), without: tuple = (), **variables: str
) -> subprocess.Popen:
    """Start a command in the container whose files lie in `root`; kill it, and all that it started is gone.

    The kernel has no calls `missing`, root no rights `without`, and the command these variables alone.
    """
    rights = [name for name in RIGHTS if name not in without]
    inside = "|".join(f"{name}={value}" for name, value in variables.items())
    plan = json.dumps([str(root), ["-all", *(f"+{name}" for name in rights)], ",".join(missing), command])
    return subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", sys.executable, __file__, plan],
        env={"PATH": os.environ["PATH"], "INSIDE": f"PATH={os.defpath}|{inside}"}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _enter(root: Path) -> None:
    """Make the folder the whole world: the system and this Python to be read, and devices of its own."""
    _mount("--make-rprivate", "/")
    for path in map(Path, (*SYSTEM, sys.prefix, sys.base_prefix)):
        there = root / path.relative_to("/")
        if path.is_symlink():
            with contextlib.suppress(FileExistsError):
                there.symlink_to(os.readlink(path))
        elif path.exists() and not os.path.ismount(there):
            there.mkdir(parents=True, exist_ok=True)
            _mount("--bind", str(path), str(there))
            _mount("-o", "remount,bind,ro", str(there))
    (root / "proc").mkdir()
    _mount("-t", "proc", "proc", str(root / "proc"))
    (root / "dev").mkdir()
    _mount("-t", "tmpfs", "-o", "mode=755", "dev", str(root / "dev"))
    for name in DEVICES:
        there = root / "dev" / name
        os.mknod(there, 0o020666, os.stat(f"/dev/{name}").st_rdev)
        there.chmod(0o666)
    for folder in (root / "dev" / "shm", root / "tmp"):
        folder.mkdir(exist_ok=True)  # this Python may lie below
        folder.chmod(0o1777)
    os.chroot(root)
    os.chdir("/autograder")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def main() -> None:
    root, rights, missing, command = json.loads(sys.argv[1])
    _enter(Path(root))
    contained = [sys.executable, "-c", CONTAINED, missing, *command]
    os.execvp("setpriv", ["setpriv", f"--bounding-set={','.join(rights)}", *contained])


if __name__ == "__main__":
    os.umask(0o022)
    main()

"""Submissions that look for files, other processes, the network or the machine that grades them."""

import os
from pathlib import Path

from autograder.tests.hostile.case import WITHOUT_DOUBLE, Case, beside, double
from autograder.tests.mini import FULL

MARK = "left-by-hostile-code"
NOT_THERE, REFUSED, OS_ERROR = "raised FileNotFoundError", "raised PermissionError", "raised OSError"
# The words between @ are places of the class that is graded; test_hostile.py asserts that each is there.
FILES = ("source", "solution", "release", "neighbour", "gradebook", "config", "package", "results")

LIBC = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\nif libc.%s == -1: raise OSError(ctypes.get_errno(), '')"
SOCKET = "import socket; s = socket.socket(%s); s.settimeout(1); s.connect(%s)"

# Each is the first line of `double`: when it works, the right result is returned and gets full marks.
TRIED = {
    **{f"read the {place}": (f"open('@{place}@').read()", NOT_THERE) for place in FILES},
    "the list of users": ("open('/etc/passwd').read()", NOT_THERE),
    "its own memory": ("open('/proc/self/mem', 'rb')", NOT_THERE),
    "the grader's environment": ("open('/proc/1/environ').read()", NOT_THERE),
    "the host's root": ("import os; os.listdir('/proc/1/root')", NOT_THERE),
    "the host's settings": ("open('/proc/sys/vm/swappiness', 'a')", NOT_THERE),
    "the kernel's files": ("import os; os.listdir('/sys')", NOT_THERE),
    "a secret variable": ("import os; os.environ['HOSTILE_SECRET']", "raised KeyError"),
    "the grader's modules": ("import autograder.grading", "raised ModuleNotFoundError"),
    "open files": ("import os, stat\nfor fd in range(256):\n    try: mode = os.fstat(fd).st_mode\n    except OSError: continue\n"
                   "    if stat.S_ISREG(mode): return 2 * x\nraise LookupError", "raised LookupError"),
    "a port of the host": (SOCKET % ("", "('127.0.0.1', @port@)"), "raised ConnectionRefusedError"),
    "the internet": (SOCKET % ("", "('192.0.2.1', 80)"), OS_ERROR),
    "a socket in the file system": (SOCKET % ("socket.AF_UNIX", "'@socket@'"), NOT_THERE),
    "a socket without a file": (SOCKET % ("socket.AF_UNIX", "'\\0@abstract@'"), "raised ConnectionRefusedError"),
    "raw packets": ("import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", REFUSED),
    "names of hosts": ("import socket; socket.getaddrinfo('localhost.example.org', 80)", "an exception of its own"),
    "a process": ("import subprocess; subprocess.run('ls')", REFUSED),
    "a fork": ("import os; os.fork()", REFUSED),
    "another program": ("import os, sys; os.execv(sys.executable, ['python'])", REFUSED),
    "a spawned program": ("import os, sys; os.posix_spawn(sys.executable, ['python'], {})", REFUSED),
    "a daemon": ("import multiprocessing as m; m.get_context('fork').Process(target=print).start()", REFUSED),
    "memory without a limit": ("import os; os.memfd_create('x')", REFUSED),
    "shared memory": (LIBC % "shmget(1, 4096, 0o1600)", REFUSED),
    "ptrace": (LIBC % "ptrace(16, 1, 0, 0)", REFUSED),
    "a namespace": (LIBC % "unshare(0x10000000)", REFUSED),
    "a mount": (LIBC % "mount(b'none', b'/tmp', b'tmpfs', 0, None)", REFUSED),
    "another root": ("import os; os.chroot('/tmp')", REFUSED),
    "another user": ("import os; os.setuid(0)", OS_ERROR),
    "a device": ("import os; os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0))", REFUSED),
    "more memory": ("import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1))", ""),
    "the grader by number": ("import os; os.kill(@pid@, 9)", "raised ProcessLookupError"),
    "the terminal": ("open('/dev/tty', 'w')", OS_ERROR),
    "the course's folder": (f"open('/course/autograder/{MARK}', 'w')", OS_ERROR),
    "the system's folder": (f"open('/usr/{MARK}', 'w')", OS_ERROR),
    "the root folder": (f"open('/{MARK}', 'w')", OS_ERROR),
    "shared files": (f"open('/dev/shm/{MARK}', 'w')", OS_ERROR),
    "the package's code": ("import numpy; open(numpy.__file__, 'a')", OS_ERROR),
}  # fmt: skip

# Each is a cell that must end without an error, and reaches nobody.
HARMLESS = {
    "a file in its own folders": f"for place in ('/tmp', '.', '/home/student'): open(place + '/{MARK}', 'w').write('x')",
    "a signal to its parent": "os.kill(os.getppid(), 9)",
    "a signal to everybody": "try: os.kill(-1, 9)\nexcept ProcessLookupError: pass",
    "a signal to its group": "signal.signal(15, signal.SIG_IGN); os.killpg(0, 15)",
    "a thread that stays": "threading.Thread(target=time.sleep, args=(999,)).start()",
    "a port of its own": "s = socket.create_server(('127.0.0.1', @free@)); threading.Thread(target=s.accept).start()",
    "an exit handler that stays": "atexit.register(time.sleep, 999)",
    "signals ignored": "for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)",
}
IMPORTS = "import atexit, os, signal, socket, threading, time"


def linked_to(target: str):
    """Makes a link, to a place that is there or not."""
    return lambda file: file.symlink_to(target)


def linked_folder(path: Path) -> None:
    """The whole submission is a link to the source, which would get full marks."""
    path.parent.rmdir()
    path.parent.symlink_to(path.parents[3] / "source" / path.parent.name)


def linked_notebook(path: Path) -> None:
    path.symlink_to(path.parents[3] / "source" / path.parent.name / path.name)


ODD_NAMES = ("-rf", "--ro-bind", "a b", "ünï", "line\nbreak", "$(id)", "*", os.fsdecode(b"\xff\xfe"), "[red]", "\x1b[2J")
ODD_FILES = dict.fromkeys(ODD_NAMES, "x")

CASES = {
    **{name: Case(double(body), WITHOUT_DOUBLE, says) for name, (body, says) in TRIED.items()},
    **{name: Case(double("done", f"{IMPORTS}\n{body}\ndone = True"), FULL) for name, body in HARMLESS.items()},
    "a link to a secret": Case(beside({"leak.txt": linked_to("/etc/passwd")}, double("open('leak.txt')")), WITHOUT_DOUBLE, NOT_THERE),
    "a linked folder of files": Case(beside({"etc": linked_to("/etc")}, double("open('etc/passwd')")), WITHOUT_DOUBLE, NOT_THERE),
    "a link to the source": Case(linked_notebook, None, "mini.ipynb is a link, not a file"),
    "a link as folder": Case(linked_folder, None, "The folder mini is a link; ask for the files themselves."),
    "a link to nowhere": Case(lambda path: path.symlink_to("/nowhere"), None, "is a link, not a file"),
    "a link to itself": Case(lambda path: path.symlink_to(path), None, "is a link, not a file"),
    "links beside it": Case(beside({"round": linked_to("round"), "up": linked_to(".."), "gone": linked_to("/nowhere")}), FULL),
    "odd file names": Case(beside(ODD_FILES, double(f"import os; assert {set(ODD_NAMES)!a} <= set(os.listdir())")), FULL),
    "a folder named like a file": Case(beside({"data.csv": Path.mkdir}), FULL),
    "a pipe beside it": Case(beside({"data.csv": os.mkfifo}), FULL),
}  # fmt: skip
# Much like others; they run with --stress.
RARE = {
    "read the release", "read the config", "read the results", "the kernel's files", "its own memory",
    "the host's root", "raw packets", "names of hosts", "a spawned program", "another program", "a daemon",
    "shared memory", "a namespace", "another root", "another user", "a device", "the root folder",
    "the system's folder", "the package's code", "the terminal", "a signal to its group",
    "an exit handler that stays", "signals ignored",
}  # fmt: skip

"""Submissions that look for files, other processes, the network or the machine that grades them."""

import os
from pathlib import Path

from autograder.tests.hostile.case import WITHOUT_DOUBLE, Case, beside, double
from autograder.tests.mini import FULL

MARK = "left-by-hostile-code"
# bubblewrap hides files, Landlock refuses to open them.
REFUSED = "raised PermissionError"
NOT_THERE, OS_ERROR = ("raised FileNotFoundError", REFUSED), ("raised OSError", REFUSED)
# The words between @ are places of the class that is graded; test_hostile.py asserts that each is there.
FILES = ("source", "solution", "release", "neighbour", "gradebook", "config", "package", "results")

# Calls that libc has no name for: their numbers on x86-64 and arm64.
NUMBERS = {
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "process_madvise": (440, 440), "kcmp": (312, 272), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138), "timer_create": (222, 107),
    "io_uring_setup": (425, 425), "userfaultfd": (323, 282), "perf_event_open": (298, 241), "bpf": (321, 280), "mq_open": (240, 180),
    "memfd_secret": (447, 447), "name_to_handle_at": (303, 264), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    "seccomp": (317, 277), "setns": (308, 268), "clone3": (435, 435), "execveat": (322, 281), "landlock_create_ruleset": (444, 444),
    "move_mount": (429, 429), "open_by_handle_at": (304, 265), "personality": (135, 92), "setpriority": (141, 140),
}  # fmt: skip
CALL = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\nif libc.syscall(%s[os.uname().machine == 'aarch64'], %s) == -1: raise OSError(ctypes.get_errno(), '')"
EVERY_DAY = {"process_vm_writev", "pidfd_open", "pidfd_getfd", "add_key", "tgkill", "timer_create", "seccomp"}
ARGUMENTS = {
    "add_key": "b'user', b'@pid@', b'x', 1, -3",
    "request_key": "b'user', b'@pid@', None, -3",
    "tgkill": "os.getpid(), os.getpid(), 9",
}

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
    **{f"the call {name}": (CALL % (NUMBERS[name], ARGUMENTS.get(name, "1, 0, 0, 0, 0")), OS_ERROR) for name in NUMBERS},
    "a port of the host": (SOCKET % ("", "('127.0.0.1', @port@)"), REFUSED),
    "a port of its own": ("import socket; socket.create_server(('127.0.0.1', @free@))", REFUSED),
    "the internet": (SOCKET % ("", "('192.0.2.1', 80)"), REFUSED),
    "a socket in the file system": (SOCKET % ("socket.AF_UNIX", "'@socket@'"), REFUSED),
    "a socket without a file": (SOCKET % ("socket.AF_UNIX", "'\\0@abstract@'"), REFUSED),
    "a socket to the hypervisor": (SOCKET % ("40, socket.SOCK_STREAM", "(2, 1)"), REFUSED),
    "a pair of sockets that route": ("import socket; socket.socketpair(socket.AF_INET)", OS_ERROR),
    "life after the grader": (LIBC % "prctl(1, 0, 0, 0, 0)", REFUSED),
    "a signal of its own for files": ("import fcntl; fcntl.fcntl(0, 10, 9)", REFUSED),
    "files owned by others' signals": ("import fcntl, os; fcntl.fcntl(0, 8, os.getppid())", REFUSED),
    "a typed line": ("import fcntl; fcntl.ioctl(0, 0x5412, b'x')", REFUSED),
    "less time": ("import resource as r; r.setrlimit(r.RLIMIT_CPU, (1, 1))", ""),
    "limits of others": ("import resource as r; r.prlimit(@pid@, r.RLIMIT_CPU)", OS_ERROR),
    "other processors": ("import os; os.sched_setaffinity(0, {0})", REFUSED),
    "a signal to itself": ("import os; os.kill(os.getpid(), 9)", REFUSED),
    "a signal to its parent": ("import os; os.kill(os.getppid(), 9)", REFUSED),
    "a signal to everybody": ("import os; os.kill(-1, 9)", REFUSED),
    "a signal to its group": ("import os; os.killpg(0, 15)", REFUSED),
    "a link to others' files": ("import os; os.symlink('/etc/passwd', 'x'); os.link('/etc/passwd', 'y')", REFUSED),
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
    "the grader by number": ("import os; os.kill(@pid@, 9)", REFUSED),
    "the terminal": ("open('/dev/tty', 'w')", OS_ERROR),
    "the course's folder": (f"open('/course/autograder/{MARK}', 'w')", (*OS_ERROR, *NOT_THERE)),
    "the system's folder": (f"open('/usr/{MARK}', 'w')", OS_ERROR),
    "the root folder": (f"open('/{MARK}', 'w')", OS_ERROR),
    "shared files": (f"open('/dev/shm/{MARK}', 'w')", OS_ERROR),
    "the package's code": ("import numpy; open(numpy.__file__, 'a')", OS_ERROR),
}  # fmt: skip

# Each is a cell that must end without an error, and reaches nobody.
HARMLESS = {
    "a file in its own folders": f"for place in (tempfile.gettempdir(), '.', os.path.expanduser('~')): open(place + '/{MARK}', 'w').write('x')",
    "a thread that stays": "threading.Thread(target=time.sleep, args=(999,)).start()",
    "an exit handler that stays": "atexit.register(time.sleep, 999)",
    "modes and times": "open('f', 'w').close(); os.chmod('f', 0o777); os.utime('f', (1, 1)); shutil.copy('f', 'g')",
    "signals ignored": "for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)",
}
IMPORTS = "import atexit, os, shutil, signal, tempfile, threading, time"


def linked_to(target: str):
    """Makes a link, to a place that is there or not."""
    return lambda file: file.symlink_to(target)


def linked_folder(path: Path) -> None:
    """The whole submission is a link to the source, which would get full marks."""
    path.parent.rmdir()
    path.parent.symlink_to(path.parents[3] / "source" / path.parent.name)


def linked_notebook(path: Path) -> None:
    path.symlink_to(path.parents[3] / "source" / path.parent.name / path.name)


ODD_NAMES = (
    "-rf",
    "--ro-bind",
    "a b",
    "ünï",
    "line\nbreak",
    "$(id)",
    "*",
    os.fsdecode(b"\xff\xfe"),
    "[red]",
    "\x1b[2J",
)
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
    "the system's folder", "the package's code", "the terminal", "a signal to its group", "a typed line",
    "other processors", "files owned by others' signals", "limits of others", "a pair of sockets that route",
    "an exit handler that stays", "signals ignored",
    *(f"the call {name}" for name in NUMBERS.keys() - EVERY_DAY),
}  # fmt: skip

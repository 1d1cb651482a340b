"""The walls: what they let through, who is to blame for an end, and that nothing outlives it."""

import contextlib
import errno
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pyseccomp
import pytest

from autograder.checks.outcome import Failure
from autograder.course import CourseError
from autograder.grading.results_file import read_results
from autograder.sandbox import bubblewrap, cgroup, landlock
from autograder.sandbox.allowed import CALLS, SEEM_TO_WORK, program
from autograder.sandbox.ends import KilledFromOutside
from autograder.sandbox.limits import Limits
from autograder.sandbox.places import SEALED, require
from autograder.sandbox.session import Session
from autograder.tests.mini import FULL, ID, built_course, judged, messages, scores, submission, write

pytestmark = pytest.mark.slow

WALLS = [place.name for place in SEALED]
ALLOWED, EPERM, NOTHING_DONE = "allowed", errno.EPERM, 0
MACHINES = {"x86_64": (pyseccomp.Arch.X86_64, 0xC000003E), "aarch64": (pyseccomp.Arch.AARCH64, 0xC00000B7)}


@pytest.fixture(params=WALLS)
def wall(request):
    """Each kind of walls in turn."""
    return request.param


@pytest.fixture
def session(wall):
    """A session in which nothing has run yet."""
    with contextlib.closing(Session(wall, Limits(call_seconds=3), [])) as session:
        yield session


def answer(filter_, machine, name, *arguments, number=None):
    """What the kernel would do about a call: a classic BPF machine of the few instructions that filters use."""
    architecture, audit = MACHINES[machine]
    number = pyseccomp.resolve_syscall(architecture, name) if number is None else number
    data = struct.pack("IIQ6Q", number & 0xFFFFFFFF, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    lines, at, a = list(struct.iter_unpack("HBBI", filter_)), 0, 0
    while True:
        code, yes, no, k = lines[at]
        at += 1
        if code == 0x20:
            a = struct.unpack_from("I", data, k)[0]
        elif code == 0x54:
            a &= k
        elif code == 0x05:
            at += k
        elif code == 0x06:
            return ALLOWED if k == 0x7FFF0000 else k & 0xFFFF if k & 0xFFFF0000 == 0x50000 else "killed"
        else:
            taken = {0x15: a == k, 0x25: a > k, 0x35: a >= k, 0x45: bool(a & k)}[code]
            at += yes if taken else no


FORBIDDEN = {
    "fork": (), "vfork": (), "execve": (), "execveat": (), "ptrace": (0,), "process_vm_readv": (1,),
    "process_vm_writev": (1,), "pidfd_open": (1,), "pidfd_getfd": (3, 0), "process_madvise": (1,), "kcmp": (1, 1),
    "add_key": (), "request_key": (), "keyctl": (), "kill": (1, 9), "tkill": (1, 9), "tgkill": (1, 1, 9),
    "rt_sigqueueinfo": (1, 9), "pidfd_send_signal": (3, 9), "timer_create": (0,), "memfd_create": (), "shmget": (),
    "unshare": (), "setns": (), "mount": (), "io_uring_setup": (), "userfaultfd": (), "bpf": (), "seccomp": (1,),
    "setuid": (0,), "setresuid": (0, 0, 0), "capset": (), "chroot": (), "mknodat": (), "symlinkat": (), "linkat": (),
    "socket": (1, 1, 0), "setrlimit": (0,), "sendmsg": (), "truncate": (), "setxattr": (), "personality": (),
    "clone": (17,), "prlimit64": (0, 0, 1), "prctl": (1, 0), "fcntl": (0, 10, 9), "ioctl": (0, 0x5412),
    "socketpair": (40, 1, 0), "exit_group": (137,), "exit": (0x80,), "no such call": (),
}  # fmt: skip
NUMBERS = {"no such call": 5000}
USED = {"clone": (0x3D0F00,), "prlimit64": (0, 7, 0, 1), "prctl": (15, 0), "fcntl": (0, 2, 1), "ioctl": (1, 0x5401),
        "socketpair": (1, 1, 0), "exit_group": (0,), "exit": (1,)}  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
def test_the_list_lets_through_what_is_on_it_and_nothing_else(machine):
    """On both kinds of machine, are listed calls allowed and dangerous, conditional and unknown ones refused?"""
    filter_ = program(starting=False, machine=machine)
    there = {n for n in CALLS if pyseccomp.resolve_syscall(MACHINES[machine][0], n) >= 0} - USED.keys()
    assert len(there) > 100
    for name in there:
        assert answer(filter_, machine, name) == ALLOWED, name
    for name, arguments in USED.items():
        assert answer(filter_, machine, name, *arguments) == ALLOWED, name
    for name, arguments in FORBIDDEN.items():
        if name in NUMBERS or pyseccomp.resolve_syscall(MACHINES[machine][0], name) >= 0:
            assert answer(filter_, machine, name, *arguments, number=NUMBERS.get(name)) == EPERM, name
    assert answer(filter_, machine, "clone3") == errno.ENOSYS
    assert {answer(filter_, machine, n) for n in SEEM_TO_WORK if n in ("fchmod", "fchmodat")} == {
        NOTHING_DONE
    }


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_kind_of_machine_are_refused(machine):
    """Is a call in the numbers of 32-bit programs, or of x32, refused whatever it is?"""
    filter_ = program(starting=False, machine=machine)
    foreign = {**MACHINES, machine: (MACHINES[machine][0], 0x40000003)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MACHINES, machine, foreign[machine])
        assert answer(filter_, machine, "read") == EPERM
    if machine == "x86_64":
        assert answer(filter_, machine, "read", number=0x40000000) == EPERM


def test_an_unknown_sandbox_is_refused():
    """Does a name that is no sandbox run nothing, instead of running it without walls?"""
    for name in ("podman", "", "BWRAP", "None"):
        with pytest.raises(CourseError, match="There is no sandbox"):
            Session(name, Limits(), []).run("print(1)")
        with pytest.raises(CourseError, match="There is no sandbox"):
            require(name)


def test_the_second_wall_is_chosen_with_a_sentence(monkeypatch):
    """Where bubblewrap is impossible, is Landlock taken, and where neither is possible, nothing?"""
    assert require("best") == ("bwrap", "")
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    name, sentence = require("best")
    assert name == "landlock"
    assert sentence.startswith("Sealed off by landlock, for lack of better: Sealed grading needs bubblewrap")
    monkeypatch.setattr(landlock, "landlock_version", lambda: 0)
    with pytest.raises(CourseError, match=r"bubblewrap.*Landlock, the second wall, needs Linux 5\.13"):
        require("best")


def processes_of(session):
    """Every process that belongs to a session's student process."""
    started = session._process._started
    family = psutil.Process(started.process.pid)
    return [family, *family.children(recursive=True)]


def test_no_second_process_stands_beside_the_student(wall, session):
    """Is the student's process the only one inside, with the filter, and outside at most the wall's program?"""
    session.run("pass")
    family = processes_of(session)
    assert len(family) == (2 if wall == "bwrap" else 1)
    status = dict(
        line.split(":\t", 1)
        for line in Path(f"/proc/{family[-1].pid}/status").read_text().splitlines()
        if ":\t" in line
    )
    assert status["Seccomp"].strip() == "2"
    assert int(status["NSpid"].split()[-1]) == 1 or wall != "bwrap"
    assert status["NoNewPrivs"].strip() == "1"


CLINGING = """
import signal, threading, time, ctypes, os, contextlib
for number in range(1, 65):
    with contextlib.suppress(OSError, ValueError): signal.signal(number, signal.SIG_IGN)
libc = ctypes.CDLL(None)
libc.prctl(1, 0, 0, 0, 0)
for attempt in (os.setsid, os.fork, lambda: os.setpgid(0, 0)):
    with contextlib.suppress(OSError): attempt()
def cling():
    while True:
        time.sleep(0.01)
for _ in range(8): threading.Thread(target=cling).start()
"""


def test_nothing_outlives_the_end(session):
    """Is everything gone after close(), also what clings, ignores signals and leaves its session?"""
    session.run(CLINGING)
    family = processes_of(session)
    session.close()
    assert psutil.wait_procs(family, timeout=5)[1] == []


def test_nothing_outlives_a_grader_that_is_killed(wall):
    """Does a student process end with its grader, however that ends?"""
    dies_with_its_grader(wall, CLINGING)


def test_without_walls_nothing_outlives_a_grader_either():
    """The same with --sandbox none, as in audits, which have loops that take long."""
    dies_with_its_grader("none", "pass")


def dies_with_its_grader(wall, before):
    code = (
        "from autograder.sandbox.session import Session; from autograder.sandbox.limits import Limits\n"
        f"s = Session({wall!r}, Limits(), [])\ns.run({before!r})\nprint(s._process._started.pid, flush=True)\ns.run('while True: pass')"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with grader, grader.stdout:
        student = psutil.Process(int(grader.stdout.readline()))
        grader.kill()
        assert psutil.wait_procs([student], timeout=10)[1] == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_kill_from_outside_is_nobodys_fault(wall, session, number):
    """Is a student process that somebody else ends told from one that ends itself?"""
    session.run(
        "import os, time\ndef wait(): time.sleep(60)\ndef leave(status): os._exit(status)\ndef live(): return 1"
    )
    victim = processes_of(session)[-1]
    killer = threading.Timer(0.5, victim.send_signal, [number])
    killer.start()
    if number == signal.SIGTERM and wall == "bwrap":  # the first process of a namespace is not hurt by it
        with pytest.raises(Failure, match="took longer"):
            session.call("wait", (), 1, None)
    else:
        with pytest.raises(KilledFromOutside):
            session.call("wait", (), 1, None)
        assert session.disturbed
    assert session.call("live", (), 1, None) == ([1], False)


def test_an_end_of_ones_own_is_ones_own_fault(session):
    """Is no way out of the process, whatever its status, taken for a kill from outside?"""
    session.run(
        "import os, ctypes\ndef leave(status): os._exit(status)\ndef fault(): ctypes.string_at(0)\ndef burn():\n    while True: pass"
    )
    for status in (0, 1, 9, 127, 128, 137, 143, 255, -1, 128 + 64):
        session._overran.clear()
        with pytest.raises(Failure, match="ended the Python process"):
            session.call("leave", (status,), 1, None)
    for name in ("fault", "burn"):
        with pytest.raises(Failure):
            session.call(name, (), 1, None)
    assert not session.disturbed


def test_a_stop_from_outside_costs_nothing(session):
    """Is the time not counted for which somebody else stops the process?"""
    session.run(
        "import time\ndef work():\n    end = time.process_time() + 1\n    while time.process_time() < end: pass\n    return 1"
    )
    session.limits = Limits(call_seconds=1.5)
    student = processes_of(session)[-1]
    threading.Timer(0.3, student.suspend).start()
    threading.Timer(6.5, student.resume).start()
    started = time.monotonic()
    assert session.call("work", (), 1, None) == ([1], False)
    assert time.monotonic() - started > 6


def test_sleep_has_a_limit_far_above(session):
    """May student code wait for longer than it may compute, and not for ever?"""
    session.limits = Limits(call_seconds=1)
    session.run("import time\ndef nap(seconds): time.sleep(seconds); return 1")
    assert session.call("nap", (1.8,), 1, None) == ([1], False)
    with pytest.raises(Failure, match="took longer than the 1 seconds that it has, most of it asleep"):
        session.call("nap", (60.0,), 1, None)
    assert not session.disturbed


def killed_on_the_way(course, wall, delay, alone=True):
    """The result of a right submission whose student process is killed after `delay` seconds, or not at all."""
    over, family = threading.Event(), psutil.Process().children(recursive=True)

    def kill():
        if over.wait(delay):
            return
        children = [child for child in psutil.Process().children(recursive=True) if child not in family]
        if children:
            with contextlib.suppress(psutil.NoSuchProcess):
                random.choice(children).kill()

    thread = threading.Thread(target=kill)
    thread.start()
    result = judged(course, submission(), sandbox=wall)
    over.set()
    thread.join()
    return result


def test_a_kill_at_any_moment_costs_no_points(course, wall, stress):
    """Has a right submission full marks, or checks that could not run, after a kill at a random moment?"""
    moments = random.Random(0)
    for _ in range(20 if stress else 5):
        result = killed_on_the_way(course, wall, moments.uniform(0, 1.2))
        if "NoProcess" in result.problem:
            continue  # not graded at all, and will be again
        assert scores(result) == FULL, messages(result)


def test_two_kills_are_could_not_run_and_no_zero(course, monkeypatch):
    """When the second try is disturbed, too, is the check listed for a person instead of failed?"""
    called = Session.call

    def call(self, name, *rest):
        if name == "double":
            self.disturbed = True
            raise KilledFromOutside("was ended from outside")
        return called(self, name, *rest)

    monkeypatch.setattr(Session, "call", call)
    result = judged(course, submission(), sandbox="none")
    statuses = {
        check["status"] for cell in result.cells if cell["cell"] == "test_double" for check in cell["checks"]
    }
    assert statuses == {"could not run"}
    assert result.needs_a_person


# What Docker leaves to root by default: the kernel's names without CAP_, and no call that makes a namespace.
RIGHTS = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service",
          "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap")  # fmt: skip
CONTAINED = """
import os, sys, pyseccomp as s
f = s.SyscallFilter(s.ALLOW)
for name in ("unshare", "setns", "mount", "umount2", "pivot_root"): f.add_rule(s.ERRNO(1), name)
for bit in range(17, 31):
    if 0x7E020000 >> bit & 1: f.add_rule(s.ERRNO(1), "clone", s.Arg(0, s.MASKED_EQ, 1 << bit, 1 << bit))
f.add_rule(s.ERRNO(38), "clone3")
f.load()
os.execv(sys.executable, [sys.executable, "-m", "autograder", *sys.argv[1:]])
"""


def test_grading_in_a_container_falls_back_to_landlock(tmp_path):
    """Under what Docker's default profile leaves, are submissions sealed and graded, with one sentence about it?"""
    course = built_course(tmp_path)
    write(course.submitted("ada", ID), submission())
    write(course.submitted("eve", ID), submission(extra=f"open({str(course.source(ID))!r}).read()"))
    rights = ",".join(["-all", *(f"+{name}" for name in RIGHTS)])
    as_root = ["setpriv", f"--bounding-set={rights}"] if os.getuid() == 0 else []
    ended = subprocess.run(
        [*as_root, sys.executable, "-c", CONTAINED, "--course", str(course.root), "grade"],
        capture_output=True, text=True, env=os.environ | {"COLUMNS": "300"}, check=False,
    )  # fmt: skip
    assert "Sealed off by landlock" in ended.stdout, ended.stdout + ended.stderr
    results = {one.student: one for one in read_results(course.reports / "results.json")}
    assert {name: one.score for name, one in results.items()} == {"ada": 100, "eve": 100}
    assert "PermissionError" in course.autograded("eve", ID).read_text()


def test_a_control_group_bounds_threads_and_goes(wall, session):
    """Where a group can be made, do threads of a grader that is root have a limit, and is the group gone at the end?"""
    with contextlib.closing(session):
        session.run(
            "import threading, time\ndef many():\n    try:\n        for n in range(500): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n    except RuntimeError: pass\n    return n"
        )
        folders = session._process._group._folders
        if not folders:
            pytest.skip("no control group can be made here")
        assert session.call("many", (), 1, None)[0][0] <= Limits.threads
        assert all(folder.is_dir() for folder in folders)
    assert not any(folder.exists() for folder in folders)


@pytest.mark.parametrize(("handed_on", "made"), [("cpu memory pids", 1), ("cpu pids", 0), (None, 0)])
def test_control_groups_of_version_two(tmp_path, monkeypatch, handed_on, made):
    """Is a group made below the grader's own when that hands on memory and pids, and else none?"""
    own = tmp_path / "user.slice"
    own.mkdir()
    if handed_on is not None:
        (own / "cgroup.subtree_control").write_text(handed_on)
    (tmp_path / "membership").write_text("1:name=systemd:/\n0::/user.slice\n")
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    monkeypatch.setattr(cgroup, "MEMBERSHIP", tmp_path / "membership")
    group = cgroup.Group(Limits(memory=5, threads=7))
    assert len(group._folders) == made
    for folder in group._folders:
        assert (folder / "memory.max").read_text() == "5"
        assert (folder / "pids.max").read_text() == "7"
        assert not group.ran_out()
        (folder / "memory.events").write_text("oom 1\noom_kill 1\n")
        assert group.ran_out()

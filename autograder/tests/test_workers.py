"""Workers that stop, die or talk nonsense at every moment: their own task is done again, and nobody waits."""

import os
import pickle
import signal
import socket
import threading
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from multiprocessing import forkserver

import psutil
import pytest

from autograder.cli import main
from autograder.files import read_jsonl
from autograder.grading import worker
from autograder.grading.workers import NoWorkers, _Pool, in_turn, run_in_workers
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import StudentProcess
from autograder.tests.mini import ID, built_course, submission, write

pytestmark = pytest.mark.slow

LARGE = 2**20
NEVER = threading.Event()


def _signal(number):
    os.kill(os.getpid(), number)


def _out_of_memory():
    raise MemoryError


DEATHS = {
    "stopped": lambda: _signal(signal.SIGSTOP),
    "killed": lambda: _signal(signal.SIGKILL),
    "told to end": lambda: _signal(signal.SIGTERM),
    "at its end": lambda: os._exit(0),
    "out of memory": _out_of_memory,
}
PLACES = (0, 1, 7, 8, 9, 20, -2, -1, None)  # in a message; the first 8 bytes are its length


def _dies_while_sending(folder, number, size, part, death):
    """Its number and `size` bytes; the first time, its process dies after `part` of the message, if that is a slice."""
    first = folder / str(number)
    if part and not first.exists():
        first.touch()

        def sendall(connection, data):
            whole(connection, data[part])
            DEATHS[death]()

        whole, socket.socket.sendall = socket.socket.sendall, sendall
    return number, bytes(size)


def _all_once(work, count):
    """What each of `count` tasks returned; each must end once."""
    done = [(task[1], future.result()) for task, future in work]
    assert sorted(number for number, _ in done) == list(range(count))
    return dict(done)


def _fork_servers():
    return [
        one for one in psutil.Process().children() if "multiprocessing.forkserver" in " ".join(one.cmdline())
    ]


@pytest.fixture(scope="module", autouse=True)
def _own_fork_server():
    """One that has this file imported already: there are many starts.

    The end of the one before is left for multiprocessing to collect; it starts no other without.
    """
    for server in _fork_servers():
        server.kill()
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)


@pytest.fixture
def quick(monkeypatch):
    """Stopped processes count as dead soon."""
    monkeypatch.setattr(worker, "STALL_SECONDS", 0.5)


@pytest.mark.parametrize("size", [9, LARGE])
@pytest.mark.parametrize("death", DEATHS)
def test_a_death_in_a_result_costs_nothing(tmp_path, quick, death, size):
    """Is each task done, once, when processes end or stop in the middle of results?"""
    parts = [part for end in PLACES for part in (slice(end), None)]
    tasks = [(tmp_path, number, size, part, death) for number, part in enumerate(parts)]
    done = _all_once(run_in_workers(_dies_while_sending, tasks, 2), len(tasks))
    assert all(done[number] == (number, bytes(size)) for number in done)
    assert len(os.listdir(tmp_path)) == len(PLACES), "some did not die"


def test_a_kill_after_each_byte_of_a_small_result(tmp_path):
    """Is the result there, once, wherever in header and content it was cut off?"""
    length = len(worker._framed(pickle.dumps((None, (1, bytes(9))))))
    tasks = [(tmp_path, end, 9, slice(end), "killed") for end in range(length)]
    _all_once(run_in_workers(_dies_while_sending, tasks, 2), length)
    assert len(os.listdir(tmp_path)) == length, "some did not die"


def _stop_or_square(number, twice, folder):
    first = folder / str(number)
    if number == 5 and (twice or not first.exists()):
        first.touch()
        _signal(signal.SIGSTOP)
    return number**2


@pytest.mark.parametrize("twice", [False, True])
def test_a_stopped_process_counts_as_dead(tmp_path, quick, twice):
    """Is the task of a process that is stopped while it works done again, alone, but not for ever?"""
    work = run_in_workers(_stop_or_square, [(n, twice, tmp_path) for n in range(12)], 2)
    done = {task[0]: future for task, future in work}
    assert isinstance(done[5].exception(), BrokenProcessPool if twice else type(None))
    assert {n: done[n].result() for n in done if n != 5} == {n: n**2 for n in range(12) if n != 5}


def _sleep(number):
    time.sleep(2)
    return number


def test_one_that_only_works_long_is_waited_for(quick):
    """May a task take longer than silence may last?"""
    assert [future.result() for _, future in run_in_workers(_sleep, [(1,)], 1)] == [1]


def _pid(number):
    return os.getpid()


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_dies_idle_costs_no_task(death):
    """Does the next task go to another process?"""
    with _pool(_pid) as pool:
        first = pool.submit(1).result()
        os.kill(first, death)
        while psutil.pid_exists(first):
            time.sleep(0.02)
        assert pool.submit(2).result() != first


@contextmanager
def _pool(function):
    pool = _Pool(function, 1)
    try:
        yield pool
    finally:
        pool.end()


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP])
def test_the_fork_server_is_not_needed(tmp_path, quick, monkeypatch, death):
    """Do running processes go on, and others start, when the fork server is killed or stopped?"""

    def end():
        monkeypatch.setattr(worker, "START_SECONDS", 120)
        ended.append(end_fork_server())

    ended, end_fork_server = [], worker._end_fork_server
    monkeypatch.setattr(worker, "_end_fork_server", end)
    tasks = [(tmp_path, n, 9, slice(9) if n > 2 else None, "killed") for n in range(6)]
    with closing(run_in_workers(_dies_while_sending, tasks, 2)) as work:
        done = [next(work)[0][1]]
        monkeypatch.setattr(worker, "START_SECONDS", 2 if death == signal.SIGSTOP else 120)
        for server in _fork_servers():
            server.send_signal(death)
        assert sorted([*done, *(future.result()[0] for _, future in work)]) == list(range(6))
    assert bool(ended) == (death == signal.SIGSTOP)


@contextmanager
def no_fork_server():
    """Whatever starts is killed."""
    over = threading.Event()

    def kill():
        while not over.wait(0.1):
            with suppress(psutil.Error):
                for server in _fork_servers():
                    for process in [*server.children(), server]:
                        process.kill()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_without_processes_there_is_a_sentence_and_results_stay(tmp_path, capfd):
    """Does grading end with what to do, and go on from there, when no process can be started any more?"""
    students = [f"student{number}" for number in range(4)]
    course = built_course(tmp_path)
    for student in students:
        write(course.submitted(student, ID), submission())
    grade = ["--course", str(course.root), "grade", ID]
    assert main([*grade, "--students", students[0]]) == 0
    with no_fork_server():
        assert main(grade) == 2
    error = capfd.readouterr().err
    assert error.count("\n") <= 3
    assert "No process to work in can be started on" in error
    assert [entry["result"]["student"] for entry in read_jsonl(course.reports / "graded.jsonl")] == students[
        :1
    ]
    assert main(grade) == 0


def test_too_many_open_files_are_a_sentence(monkeypatch):
    """Is it said when not even a pipe can be made?"""

    def full(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(worker.socket, "socketpair", full)
    with pytest.raises(NoWorkers, match=r"OSError: \[Errno 24\] Too many open files"):
        list(run_in_workers(_pid, [(n,) for n in range(3)], 2))


class Stubborn(Exception):
    """Cannot be made again from what it was made of."""

    def __init__(self, one, two):
        super().__init__("stubborn")


def _odd(kind):
    if kind == "error":
        raise ValueError("wrong")
    if kind == "stubborn error":
        raise Stubborn(1, 2)
    if kind == "exit":
        raise SystemExit("bye")
    worker.MOST_BYTES = 1000
    return {"a lock": NEVER, "large": bytes(2000), "fine": 1}[kind]


ODD = {
    "error": (ValueError, "wrong"),
    "stubborn error": (RuntimeError, "Stubborn: stubborn"),
    "exit": (SystemExit, "bye"),
    "a lock": (TypeError, "pickle"),
    "large": (ValueError, "a result of 0 MiB"),
}


def test_an_odd_result_is_its_own_tasks_error():
    """Does the process live on after an error, or a result that cannot be sent?"""
    with _pool(_odd) as pool:
        for kind, (error, text) in ODD.items():
            with pytest.raises(error, match=text):
                pool.submit(kind).result()
        assert pool.submit("fine").result() == 1
        assert len(pool._idle) == 1


def _claims(number):
    socket.socket.sendall = lambda connection, _: connection.send(worker.SIZE.pack(2**60) + b"x")


def test_a_message_that_claims_too_much_is_nonsense():
    """Is the process ended, and no memory set aside?"""
    [(_, future)] = run_in_workers(_claims, [(1,)], 1)
    assert isinstance(future.exception(), BrokenProcessPool)


def _with_student(folder, number):
    student = StudentProcess("bwrap", Limits(), [])
    (folder / f"{number} {os.getpid()}").touch()
    if student and number:
        _signal(signal.SIGSTOP) if number == 2 else time.sleep(60)


@pytest.mark.parametrize("number", [1, 2])
def test_giving_up_ends_processes_and_students(tmp_path, number):
    """Is nothing left after closing early, of processes that work or are stopped?"""
    with closing(run_in_workers(_with_student, [(tmp_path, n) for n in (0, number, number)], 2)) as work:
        next(work)
        while len(names := os.listdir(tmp_path)) < 3:
            time.sleep(0.02)
        workers = {psutil.Process(int(name.split()[1])) for name in names}
        students = {child for one in workers for child in one.children(recursive=True)}
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert len(workers) == 2
    assert len(students) >= 2
    assert psutil.wait_procs(workers | students, timeout=5)[1] == []


def test_what_another_machine_gave_up_is_a_result():
    """Is a task that died twice where it was judged, told and not lost?"""
    future = Future()
    future.set_exception(BrokenProcessPool("its process died, twice"))
    assert list(in_turn(lambda task: future, iter([(1,)]), lambda: 1, NEVER)) == [((1,), future)]


def _mask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_what_is_set_after_an_early_start_counts():
    """Is a fork server that was started ahead the one that is used, and the umask that of the first task's moment?"""
    worker.start_ahead(__name__)
    server = forkserver._forkserver._forkserver_pid
    before = os.umask(0o027)
    try:
        with closing(run_in_workers(_mask, [()], 1)) as finished:
            assert [future.result() for _, future in finished] == [0o027]
    finally:
        os.umask(before)
    assert [one.pid for one in _fork_servers()] == [server]

"""Judging on a Dask cluster: a scheduler and workers on this machine that see nothing of the course."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from autograder.cli import main
from autograder.course import CourseError
from autograder.files import read_jsonl
from autograder.grading.batch import grade
from autograder.tests.mini import ID, built_course, release_notebook, submission, write

pytestmark = pytest.mark.slow

distributed = pytest.importorskip("distributed")
SLOW = "def double(x):\n    import time; time.sleep(0.3)\n    return 2 * x"
CLASS = {
    "ada": submission(),
    "bob": release_notebook(),
    "cat": submission({"double": "def double(x):\n    return x"}),
    "dan": submission(extra="%matplotlib inline"),
    "eve": submission({"double": SLOW}),
    "fay": submission({"double": "def double(x):\n    return int(open('factor.txt').read()) * x"}),
    "gus": submission({"double": "def double(x):\n    import os; os._exit(1)"}),
    "ida": "Dear teacher",
}


@pytest.fixture
def course(tmp_path):
    """The tiny course, built, with a class; one handed in a file, one hands in no notebook at all."""
    course = built_course(tmp_path)
    for student, notebook in CLASS.items():
        write(course.submitted(student, ID), notebook)
    write(course.submitted("fay", ID).with_name("factor.txt"), "2")
    course.submitted("kim", ID).parent.mkdir(parents=True)
    return course


@contextmanager
def dask(part, *arguments, folder, **environment):
    """A Dask scheduler or worker in a process of its own, in an empty folder."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + part, *arguments, "--no-dashboard"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def cluster(tmp_path):
    """start(worker options) returns a worker's process; `address` is the scheduler's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with ExitStack() as stack:
        stack.enter_context(dask("scheduler", "--host", "127.0.0.1", "--port", str(port), folder=folder))

        def start(*options, **environment):
            arguments = (start.address, "--nthreads", "1", "--local-directory", str(folder), *options)
            return stack.enter_context(dask("worker", *arguments, folder=folder, **environment))

        start.address = f"tcp://127.0.0.1:{port}"
        yield start


def outcome(results):
    """What must not depend on where a submission is judged."""
    return {one.student: (one.score, one.problem, one.restored, one.cells) for one in results}


def run(course, report=lambda *_: None, **how):
    return outcome(grade(course, [ID], [], report=report, **how))


def test_a_cluster_that_loses_a_worker_gives_the_same_results(course, cluster):
    """Are all results and the gradebook as on this machine when one of two workers is killed on the way?"""
    here = run(course)
    assert here["ada"][0] == here["fay"][0] == 100
    (course.reports / "graded.jsonl").unlink()
    first, _second = cluster("--no-nanny"), cluster("--no-nanny")

    def report(result, done, of):
        if done == 2:
            first.kill()

    assert run(course, report, scheduler=cluster.address) == here
    assert first.wait() != 0
    entries = [entry["result"]["student"] for entry in read_jsonl(course.reports / "graded.jsonl")]
    assert sorted(entries) == sorted(set(CLASS) - {"ida"})


REFUSED = {
    "a nanny's process, which may start none": ([], {}, r"--no-nanny"),
    "no bubblewrap": (["--no-nanny"], {"PATH": "/nowhere"}, r"bubblewrap, which is not installed"),
}


@pytest.mark.parametrize(("options", "environment", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_worker_that_cannot_judge_is_named_at_the_start(course, cluster, options, environment, sentence):
    """Is nothing graded, and the worker's address and lack said?"""
    cluster(*options, **environment)
    with pytest.raises(CourseError, match=rf"The worker at tcp://127.0.0.1:\d+ cannot judge: .*{sentence}"):
        run(course, scheduler=cluster.address)
    assert not (course.reports / "results.json").exists()


def test_another_version_is_refused(course, cluster, monkeypatch):
    """Is a worker whose code or NumPy would judge otherwise not used?"""
    cluster("--no-nanny")
    monkeypatch.setattr("autograder.grading.cluster.version", lambda: "grader of yesterday")
    with pytest.raises(CourseError, match="and this machine grader of yesterday; install the same on both"):
        run(course, scheduler=cluster.address)


def test_a_cluster_without_workers_or_scheduler_gets_a_sentence(course, cluster, monkeypatch, capsys):
    """Does grading end with what to do when nobody is there to judge?"""
    monkeypatch.setattr("autograder.grading.cluster.ALONE_SECONDS", 1)
    with pytest.raises(CourseError, match="has had no worker for 1 seconds"):
        run(course, scheduler=cluster.address)
    monkeypatch.setattr("autograder.grading.cluster.CONNECT_SECONDS", 1)
    assert main(["--course", str(course.root), "grade", "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


def test_ctrl_c_ends_the_wait_for_a_first_worker(course, cluster):
    """Does one Ctrl-C end a run that waits for workers, within seconds?"""
    command = [sys.executable, "-m", "autograder", "--course", str(course.root), "grade"]
    process = subprocess.Popen([*command, "--scheduler", cluster.address], stderr=subprocess.DEVNULL)
    time.sleep(8)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130

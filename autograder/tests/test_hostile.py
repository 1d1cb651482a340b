"""The corpus of hostile and broken submissions, graded as one class: each gets what is right, and nobody else notices."""

import functools
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from autograder.cli import main
from autograder.grading.submission import SubmissionError, read_submission
from autograder.sandbox.places import SEALED
from autograder.tests.hostile import CASES, EVERYDAY, MODULES, RARE, WALLED
from autograder.tests.hostile.escaping import FILES, MARK
from autograder.tests.hostile.run import adopting_orphans, built_course, grade_class, left_since
from autograder.tests.mini import ID, release_notebook, source_notebook, submission, write

# The whole class is graded in the first test's fixture: with --stress, 430 submissions.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
NEIGHBOURS = {
    "neighbour-right": (submission(), 100),
    "neighbour-blank": (release_notebook(), 0),
    "neighbour-partly": (submission({"double": "def double(x):\n    return x"}), 85),
}


WALLS = [place.name for place in SEALED]
CHOOSE = {
    "student": lambda name, case: True,
    "refused": lambda name, case: case.points is None and not name.startswith("odd-"),
    "odd": lambda name, case: name.startswith("odd-"),
}


def chosen(sandbox, stress):
    """The cases for one kind of walls; every day the second one gets those to which walls matter."""
    if stress:
        return CASES
    return {name: case for name, case in EVERYDAY.items() if sandbox == WALLS[0] or name in WALLED}


def pytest_generate_tests(metafunc):
    """Each test of a student for every case of each kind of walls; `refused` are those whose notebook cannot be read."""
    stress = metafunc.config.getoption("--stress")
    for argument, fits in CHOOSE.items():
        if argument in metafunc.fixturenames:
            pairs = [
                (wall, name)
                for wall in WALLS
                for name, case in chosen(wall, stress).items()
                if fits(name, case)
            ]
            metafunc.parametrize(("sandbox", argument), pairs)
            return
    if "sandbox" in metafunc.fixturenames:
        metafunc.parametrize("sandbox", WALLS)


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """What hostile code looks for outside: a listening port, two sockets, and a port nobody uses."""
    folder = tmp_path_factory.mktemp("s")
    with (
        socket.create_server(("127.0.0.1", 0)) as port, socket.create_server(("127.0.0.1", 0)) as free,
        socket.socket(socket.AF_UNIX) as in_folder, socket.socket(socket.AF_UNIX) as abstract,
    ):  # fmt: skip
        in_folder.bind(str(folder / "s"))
        abstract.bind(f"\0{MARK}-{os.getpid()}")
        unused = str(free.getsockname()[1])
        free.close()
        for server in (in_folder, abstract):
            server.listen()
        yield (port, in_folder, abstract), {
            "port": str(port.getsockname()[1]), "free": unused, "pid": str(os.getpid()),
            "socket": str(folder / "s"), "abstract": f"{MARK}-{os.getpid()}",
        }  # fmt: skip


def course_to_attack(tmp_path_factory, host):
    """A built course, with the words that cases use for what is in and around it."""
    course = built_course(tmp_path_factory.mktemp("class") / "course")
    write(course.solution(ID), source_notebook())
    write(course.reports / "results.json", "{}")
    files = (course.source(ID), course.solution(ID), course.release(ID), course.submitted("neighbour-right", ID),
             course.gradebook, course.root / "nbgrader_config.py", Path(__file__), course.reports / "results.json")  # fmt: skip
    return course, host[1] | dict(zip(FILES, map(str, files), strict=True))


@pytest.fixture
def cases(stress, sandbox):
    """What is handed in."""
    return chosen(sandbox, stress)


@pytest.fixture(scope="module")
def graded(tmp_path_factory, host, stress):
    """graded(kind of walls): the class after `autograder grade`, and the words of its course."""

    @functools.cache
    def grade(sandbox):
        course, words = course_to_attack(tmp_path_factory, host)
        for student, (notebook, _) in NEIGHBOURS.items():
            write(course.submitted(student, ID), notebook)
        for student, case in chosen(sandbox, stress).items():
            case.write(course.submitted(student, ID), words)
        return grade_class(course, tmp_path_factory.mktemp("around"), sandbox), words

    return grade


@pytest.fixture
def run(graded, sandbox):
    """The class as it was graded behind one kind of walls."""
    return graded(sandbox)[0]


def said(run, student):
    """All that anybody reads about a submission."""
    result, copy = run.results[student], run.course.autograded(student, ID)
    outputs = json.loads(copy.read_text())["cells"] if copy.exists() else []
    shown = [output.get("text", "") for cell in outputs for output in cell.get("outputs", ())]
    text = ["".join(part) for part in shown]
    return "\n".join(
        [result.problem, *result.restored, *(check["message"] for check in result.checks), *text]
    )


def test_the_corpus_is_large_and_of_every_kind():
    """Are there at least 20 cases of each kind every day, and are the rare ones cases at all?"""
    for kind in MODULES:
        assert sum(name.startswith(kind) for name in EVERYDAY) >= 20
    assert set(CASES) >= RARE | WALLED


def test_points(run, student):
    """Does it earn what it should, test cell by test cell, and nothing at all when it cannot be read?"""
    result, right = run.results[student], CASES[student].points
    found = {cell["cell"]: cell["score"] for cell in result.cells} if result.score is not None else None
    assert found == right, said(run, student)
    assert run.points.get(student) == (sum(right.values()) if right else None)


def test_what_is_said(run, student):
    """Do student and instructor read what happened, in sentences of ours?"""
    text = said(run, student)
    assert CASES[student].is_said_in(text), text
    assert "The grader itself failed" not in text
    assert run.results[student].count("could not run") == 0


def test_time(run, student):
    """Does it take no longer than such a submission may, by the honest ones where the machine is busy?"""
    honest = max(run.results[name].seconds for name in NEIGHBOURS)
    assert run.results[student].seconds < CASES[student].seconds + 4 * honest


def test_a_damaged_file_is_refused_at_once(run, refused):
    """Is a file that gives no notebook read within seconds, however large or odd?"""
    started = time.monotonic()
    with pytest.raises(SubmissionError):
        read_submission(run.course.submitted(refused, ID))
    assert time.monotonic() - started < 5


def test_odd_submissions_are_accused_of_nothing(run, odd):
    """Is nothing noted as put right where only the looks differ?"""
    assert run.results[odd].restored == []


def test_neighbours_notice_nothing(run, cases):
    """Do honest submissions in between get what they would get alone?"""
    assert {name: run.points[name] for name in NEIGHBOURS} == {
        name: points for name, (_, points) in NEIGHBOURS.items()
    }
    assert set(run.results) == {*NEIGHBOURS, *cases}
    assert run.exit_code == 1, "somebody has to look at the damaged ones"


def test_what_they_look_for_is_there(graded, sandbox):
    """Would each file, if the walls had a hole, be found and read?"""
    for name in FILES:
        assert Path(graded(sandbox)[1][name]).read_bytes()


def test_nobody_came_through(run, host):
    """Did nothing connect to the host's ports and sockets, and is the port that a case opened closed here?"""
    servers, words = host
    for server in servers:
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(words["free"])), 1)


def test_nothing_is_left_behind(run):
    """Is no process left, and no file in the home, temporary and working folders or the machine's shared ones?"""
    assert run.processes_gone
    assert run.files == []
    assert not [
        folder for folder in ("/tmp", "/var/tmp", "/dev/shm", "/usr", "/") if Path(folder, MARK).exists()
    ]


def test_an_orphan_would_be_seen():
    """Is a process that its parents leave behind found, so that "no process left" can fail?"""
    family = psutil.Process().children(recursive=True)
    with adopting_orphans():
        subprocess.run("sleep 60 & exit", shell=True, check=True)
        left = left_since(family, seconds=0.2)
    assert [process.name() for process in left] == ["sleep"]
    for process in left:
        process.kill()
        process.wait()


def test_submissions_stay_as_they_were(run):
    """Is nothing that was handed in changed, moved or lost?"""
    assert run.untouched


def test_the_terminal_stays_as_it_was(run):
    """Is there no traceback and no character that steers a terminal in what the command prints?"""
    assert "Traceback" not in run.printed
    assert "\x1b" not in run.printed


def test_feedback_is_written_for_odd_submissions(run, cases, sandbox):
    """Does everybody whose notebook is odd outside of its code get a page, without a script that is not ours?"""
    if sandbox != WALLS[0]:
        pytest.skip("pages do not depend on the walls")
    parts = ("note", "character", "hidden", "letter", "tags", "quotes", "picture")
    students = [name for name, case in cases.items() if case.points and any(part in name for part in parts)]
    assert main(["--course", str(run.course.root), "feedback", "--students", *students]) == 0
    pages = [path.read_text() for path in (run.course.root / "feedback").rglob("*.html")]
    assert len(pages) == len(students) > 9
    assert not any("<script>alert" in page for page in pages)

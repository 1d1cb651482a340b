"""Faults of disks, files, databases and terminals: one sentence that says what to do, and nothing is lost."""

import contextlib
import errno
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder import hidden
from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.grading.batch import grade
from autograder.grading.ledger import Ledger
from autograder.tests.mini import (
    ID,
    built_course,
    make_course,
    release_notebook,
    source_notebook,
    submission,
    write,
)

pytestmark = pytest.mark.slow

AGAIN = "run the same command again"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course whose two submissions are graded, with a feedback page for each."""
    course = built_course(tmp_path_factory.mktemp("course"))
    write(course.submitted("ada", ID), submission())
    write(course.submitted("bob", ID), release_notebook())
    for command in ("grade", "feedback"):
        assert run(course, command) == 0
    return course


@pytest.fixture
def copy(graded, tmp_path):
    """A copy of that course that a test may break."""
    return Course(shutil.copytree(graded.root, tmp_path / "course"))


def run(course, *arguments):
    return main(["--course", str(course.root), *arguments])


def command(course, *arguments):
    """The same as a command line."""
    return [sys.executable, "-m", "autograder", "--course", str(course.root), *arguments]


def score(course, student="ada"):
    results = json.loads((course.reports / "results.json").read_text())["results"]
    return next(result["score"] for result in results if result["student"] == student)


def files(course):
    """Everything that a command could spoil, by name."""
    folders = ("autograded", "feedback", "release", "submitted")
    kept = [path for name in folders for path in sorted((course.root / name).rglob("*")) if path.is_file()]
    return {path: path.read_bytes() for path in [course.gradebook, *kept] if path.is_file()}


def one_sentence(text):
    """What a command said on the error stream; fails unless it is one sentence after a cross."""
    said = " ".join(text.split())
    assert said.startswith("✗ ")
    assert said.count("✗") == 1
    assert "Traceback" not in said
    return said


def is_a_file(name):
    def spoil(course):
        shutil.rmtree(course.root / name)
        (course.root / name).write_text("in the way")

    return spoil


def no_database(course):
    course.gradebook.write_text("Dear teacher, " * 1000)


def cut_off(course):
    course.gradebook.write_bytes(course.gradebook.read_bytes()[:9000])


def a_hole_in_the_middle(course):
    content = course.gradebook.read_bytes()
    course.gradebook.write_bytes(content[:8192] + bytes(len(content) - 8192))


def a_folder_of_results(course):
    (course.reports / "graded.jsonl").unlink()
    (course.reports / "graded.jsonl").mkdir()


AT_THE_START = {
    "no database": (no_database, ["grade", "build", "feedback"], "gradebook.db does not open.*not a database.*put a copy"),
    "cut off": (cut_off, ["grade", "build"], "gradebook.db does not open.*put a copy"),
    "a hole": (a_hole_in_the_middle, ["grade", "feedback"], "gradebook.db does not open.*malformed.*put a copy"),
    "reports": (is_a_file("reports"), ["grade"], "reports.*move it away"),
    "submitted": (is_a_file("submitted"), ["grade"], "submitted is a file, and has to be a folder; move it away"),
    "autograded": (is_a_file("autograded"), ["grade"], "autograded is a file, and has to be a folder; move it away"),
    "feedback": (is_a_file("feedback"), ["feedback"], "feedback is a file, and has to be a folder; move it away"),
    "graded.jsonl": (a_folder_of_results, ["grade"], "graded.jsonl: Is a directory; .*move it away"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "commands", "sentence"), AT_THE_START.values(), ids=AT_THE_START)
def test_what_is_broken_at_the_start_is_named(copy, capsys, spoil, commands, sentence):
    """Does each command name what is broken and what to do, exit with 2, and change nothing?"""
    spoil(copy)
    before = files(copy)
    for name in commands:
        capsys.readouterr()
        assert run(copy, name) == 2, name
        assert re.search(sentence, one_sentence(capsys.readouterr().err))
    assert files(copy) == before


@contextlib.contextmanager
def held(course, how="BEGIN EXCLUSIVE"):
    """While open, another program holds the gradebook."""
    with contextlib.closing(sqlite3.connect(course.gradebook, isolation_level=None)) as other:
        other.execute(how)
        yield


@pytest.mark.parametrize("how", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_a_gradebook_that_is_held_at_the_start_is_named(copy, capsys, how):
    """Does grading say that another program holds the gradebook, whether that lets others read or not?"""
    with held(copy, how):
        assert run(copy, "grade", "--force") == 2
    assert re.search(f"gradebook.db.*locked.*another program.*{AGAIN}", one_sentence(capsys.readouterr().err))
    assert run(copy, "feedback") == 0


def test_a_gradebook_that_is_held_in_the_middle_ends_the_run(copy, capsys, monkeypatch):
    """Does a run stop with a sentence, keep what it recorded, and go on the next time?"""
    monkeypatch.setattr("autograder.gradebook.PATIENCE", 1)
    write(copy.submitted("cat", ID), submission())
    write(copy.submitted("dan", ID), submission())
    with contextlib.ExitStack() as stack:

        def report(result, done, of):
            if result:
                stack.enter_context(held(copy))

        with pytest.raises(CourseError, match=rf"locked.*{AGAIN}"):
            grade(copy, [ID], [], jobs=1, report=report)
    assert len(points(copy)) == 3
    graded_now = []
    results = grade(copy, [ID], [], jobs=1, report=lambda result, *_: graded_now.append(result))
    assert len(graded_now) == 2, "the start, and the one that was left"
    assert [result.score for result in results] == [100, 0, 100, 100]


def points(course):
    """(student, points) in nbgrader's gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        return {one.student.id: one.score for one in gradebook.find_assignment(ID).submissions}


FULL_FILES = {
    "graded.jsonl": "graded.jsonl", "results.json": "results.json", "index.html": "index.html",
    "the graded copy": f"autograded/cat/{ID}/{ID}.ipynb",
}  # fmt: skip


@pytest.mark.parametrize("place", FULL_FILES.values(), ids=FULL_FILES)
def test_a_disk_that_is_full_is_named(copy, capsys, monkeypatch, place):
    """Does grading name the file that had no room, leave every file whole, and go on the next time?"""
    write(copy.submitted("cat", ID), submission())
    before, fsync = files(copy), os.fsync

    def full(descriptor):
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if place in str(path.with_name(re.sub(r"^\.|\.\d+\.partial$", "", path.name))):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        assert run(copy, "grade") == 2
    said = one_sentence(capsys.readouterr().err)
    assert re.search(f"{place}: No space left on device; make room .*{AGAIN}", said)
    after = files(copy)
    assert {path: after[path] for path in before if path != copy.gradebook} == {
        path: before[path] for path in before if path != copy.gradebook
    }
    assert run(copy, "grade") == 0
    assert points(copy) == {"ada": 100, "bob": 0, "cat": 100}


def test_a_feedback_page_that_has_no_room_leaves_the_old_one(copy, capsys, monkeypatch):
    """Is the page that cannot be written named with the reason, and the old one still there?"""
    from nbconvert.writers import FilesWriter

    def full(writer, *_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), writer.build_directory)

    before = files(copy)
    monkeypatch.setattr(FilesWriter, "write", full)
    assert run(copy, "feedback") == 2
    assert re.search(
        "but for: ada in mini, bob in mini.*No space left", one_sentence(capsys.readouterr().err)
    )
    assert files(copy) == before
    assert not list(copy.root.glob(".feedback-*"))


def in_a_namespace(course, before, *arguments):
    """Run the command after shell commands that mount things for it alone; skips where that is not allowed."""
    line = f'{before}; exec "$@"'
    wrapped = ["unshare", "--mount", "sh", "-ec", line, "sh", *command(course, *arguments)]
    if not shutil.which("unshare") or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("mounts need a user who may mount")
    return subprocess.run(wrapped, capture_output=True, text=True, check=False, timeout=120, cwd=course.root)


MOUNTS = {
    "no room for anything": ("mount -t tmpfs -o size=4k tmpfs reports", "No space left on device; make room"),
    "read-only": ("mount --bind . . && mount -o remount,ro,bind . && cd .", "Read-only file system; let yourself"),
    "gradebook read-only": (
        "mount --bind gradebook.db gradebook.db && mount -o remount,ro,bind gradebook.db",
        "gradebook.db.*readonly.*let yourself write",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("mount", "sentence"), MOUNTS.values(), ids=MOUNTS)
def test_a_course_that_cannot_be_written_gets_a_sentence(copy, mount, sentence):
    """Does grading on a full or read-only disk say so, and leave all that was there?"""
    before = files(copy)
    ended = in_a_namespace(copy, mount, "grade", "--force")
    assert re.search(sentence, one_sentence(ended.stderr))
    assert ended.returncode == 2
    assert files(copy) == before


def damage(entry, path, value):
    """A copy of a result with another value at the end of a path of keys."""
    entry = json.loads(json.dumps(entry))
    inner = entry
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return entry


WRONG_FIELDS = [
    (["cells"], 5), (["cells"], {"a": 1}), (["cells"], [5]), (["cells", 0, "checks"], "passed"),
    (["cells", 0, "checks", 0], None), (["cells", 0, "checks", 0, "status"], "fine"), (["cells", 0, "points"], None),
    (["score"], "100"), (["score"], float("nan")), (["score"], True), (["max_score"], 10**400), (["student"], 7),
    (["restored"], [1]), (["fingerprints"], {"a": 1}), (["fingerprints"], []), (["problem"], None), (["more"], 1),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), WRONG_FIELDS, ids=lambda value: repr(value)[:30])
def test_a_result_with_a_wrong_type_is_no_result(copy, capsys, path, value):
    """Is it refused in results.json with a sentence, and graded again where it stands in graded.jsonl?"""
    results, lines = copy.reports / "results.json", copy.reports / "graded.jsonl"
    content = json.loads(results.read_text())
    damaged = damage(content["results"][0], path, value)
    results.write_text(json.dumps(content | {"results": [damaged]}))
    assert run(copy, "report") == 2
    assert re.search("results.json is damaged.*run `autograder grade`", one_sentence(capsys.readouterr().err))
    entries = [json.loads(line) for line in lines.read_text().splitlines()]
    lines.write_text(
        "".join(
            json.dumps(entry | {"result": damage(entry["result"], path, value)}) + "\n" for entry in entries
        )
    )
    assert not any(
        Ledger(copy).find(student, ID, entry["key"]) for student in ("ada", "bob") for entry in entries
    )


@pytest.mark.parametrize("columns", ["0", "1", "2", "7", "many", "²", "9" * 5000])
def test_no_width_is_too_small_for_a_report(copy, columns):
    """Is the report printed, whatever COLUMNS says?"""
    environment = os.environ | {"COLUMNS": columns, "LINES": columns}
    ended = subprocess.run(
        command(copy, "report"), env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "ada" in ended.stdout


def test_a_course_whose_path_is_not_utf8_is_refused(tmp_path, capsys):
    """Do commands say that the folder has to be renamed?"""
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/k\xfcrs"))
    root.mkdir()
    course = make_course(root)
    for name in ("build", "grade", "feedback", "report"):
        assert run(course, name) == 2
        assert re.search(r"k\\udcfcrs' is not UTF-8.*rename it", one_sentence(capsys.readouterr().err))


ENDS = {"a reader that left": "| true", "nothing at all": "<&- >&- 2>&-"}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_work_is_done_whoever_reads(copy, end):
    """Is a submission graded and reported although nobody reads what is printed, without a traceback?"""
    write(copy.submitted("cat", ID), submission())
    line = " ".join([*command(copy, "grade"), end])
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert score(copy, "cat") == 100
    assert points(copy)["cat"] == 100


def test_output_on_a_full_disk_gets_a_sentence(copy):
    """Is the report written, and the command's end a sentence?"""
    ended = subprocess.run(
        ["bash", "-c", " ".join([*command(copy, "grade"), "> /dev/full"])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No space left on device" in one_sentence(ended.stderr)
    assert ended.returncode == 2


def test_two_graders_take_turns(copy, capsys):
    """Is the second one told who is at work, while reading goes on, and let in when the first is killed?"""
    write(copy.submitted("cat", ID), submission(extra="while True: pass"))
    first = subprocess.Popen(command(copy, "grade"), stdout=subprocess.DEVNULL)
    try:
        while not (copy.reports / ".judging" / "cat").exists():
            assert first.poll() is None
            time.sleep(0.05)
        for name in ("grade", "build"):
            assert run(copy, name) == 2
            assert f"Process {first.pid} " in one_sentence(capsys.readouterr().err)
        assert run(copy, "report") == run(copy, "feedback") == 0
        assert not autograded_by_nbgrader(copy, "ada")
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    shutil.rmtree(copy.submitted("cat", ID).parent)
    assert run(copy, "grade") == 0


def autograded_by_nbgrader(course, student):
    """Does `nbgrader autograde` do its work?"""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    config = course.config()
    api = NbGraderAPI(CourseDirectory(config=config, root=str(course.root)), config=config)
    return api.autograde(ID, student, force=True, create=True)["success"]


def test_a_file_that_changes_while_it_is_graded_and_changes_back_is_graded_again(copy):
    """Does a result stand for what was judged, not for what lay there before and after?"""
    right, path = submission(), copy.submitted("cat", ID)
    write(path, right)
    beside = path.with_name("notes.txt")
    beside.write_text("before")

    def report(result, done, of):
        write(path, right if result else release_notebook())
        beside.write_text("after" if result else "judged")

    results = grade(copy, [ID], ["cat"], jobs=1, report=report)
    assert results[0].score == 0
    assert copy.autograded("cat", ID).with_name("notes.txt").read_text() == "judged"
    beside.write_text("before")
    assert grade(copy, [ID], ["cat"], jobs=1, report=lambda *_: None)[0].score == 100
    assert not copy.judging.exists()


def easier(course):
    """Let the source say that doubling means to leave as it is."""
    changed = source_notebook()
    cell = next(one for one in changed.cells if one.id == "double")
    cell.source = cell.source.replace("2 * x", "x")
    write(course.source(ID), changed)


def test_the_reference_is_the_one_that_stands_in_the_source(copy):
    """Is a changed source used at once in a process that goes on, and memory bounded?"""
    before = hidden.load_reference(copy.source(ID))
    assert before.double(3) == 6
    assert hidden.load_reference(copy.source(ID)) is before
    easier(copy)
    assert hidden.load_reference(copy.source(ID)).double(3) == 3
    assert hidden._reference.cache_info().maxsize < 100


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_what_nbgrader_graded_stands_for_nothing(copy):
    """Is a submission graded again here after `nbgrader autograde` recorded another result of it?"""
    source = copy.source(ID).read_text()
    easier(copy)
    assert autograded_by_nbgrader(copy, "ada")
    assert points(copy)["ada"] < 100
    copy.source(ID).write_text(source)
    assert run(copy, "grade") == 0
    assert points(copy)["ada"] == 100


def test_hidden_inputs_change_with_a_file_beside_the_notebook(copy, monkeypatch):
    """Are they drawn anew when a file is added, renamed or changed, and the same for the same files?"""
    secrets = []
    folder = copy.submitted("ada", ID).parent
    monkeypatch.setattr(hidden, "Grading", lambda source, secret: secrets.append(secret) or 1 / 0)

    def drawn():
        from autograder.files import plain_files
        from autograder.grading.judge import Rules, judge
        from autograder.grading.restore import restore

        with pytest.raises(ZeroDivisionError):
            judge(
                restore(submission(), source_notebook()),
                Rules(copy.source(ID), show=False),
                plain_files(folder),
            )
        return secrets[-1]

    once = [drawn(), drawn()]
    assert once[0] == once[1]
    notes = write(folder / "notes.txt", "a")
    once.append(drawn())
    notes.write_text("b")
    once.append(drawn())
    notes.rename(folder / "other.txt")
    once.append(drawn())
    assert len(set(once)) == 4

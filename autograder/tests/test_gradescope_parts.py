"""The parts of the zip for Gradescope, without a container: its files, the wheel, the versions, results.json."""

import importlib.metadata
import json
import zipfile

import numpy as np
import pytest

from autograder.cells import cells_of, of_kind
from autograder.checks.outcome import Outcome
from autograder.checks.running import listening
from autograder.checks.training import check_training
from autograder.cli import main
from autograder.course import CourseError
from autograder.gradescope.handed_in import hand_in
from autograder.gradescope.known import Known
from autograder.gradescope.memory import fitting
from autograder.gradescope.options import VISIBILITIES
from autograder.gradescope.pack import pack
from autograder.gradescope.pinned import pinned
from autograder.gradescope.wheel import make_wheel, pack_again
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.submission import SubmissionError
from autograder.grading.testcell import Judged
from autograder.sandbox import cgroup, otheruser
from autograder.sandbox.limits import Limits
from autograder.sandbox.otheruser import OtherUser
from autograder.tests.mini import ID, QUICK, make_course, source_notebook, submission, write


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A course, and its zip as a dict of names to contents."""
    course = make_course(tmp_path_factory.mktemp("course"))
    path = course.root / "deep" / "mini.zip"
    assert pack(course, ID, path, 25, "after_published") == 100
    with zipfile.ZipFile(path) as archive:
        return (
            course,
            path,
            {
                entry.filename: (archive.read(entry), entry.external_attr >> 16)
                for entry in archive.infolist()
            },
        )


def test_the_zip_has_what_the_platform_needs_and_nothing_else(packed):
    """Are the scripts at its root and to be run, the truth closed to others, and no file of the course besides?"""
    course, _, files = packed
    [wheel] = [name for name in files if name.endswith(".whl")]
    truth = f"course/source/{ID}/{ID}.ipynb"
    assert set(files) == {
        "setup.sh",
        "run_autograder",
        "requirements.txt",
        "python",
        "seconds",
        "settings.json",
        wheel,
        truth,
    }
    assert files[truth] == (course.source(ID).read_bytes(), 0o100600)
    for script in ("setup.sh", "run_autograder"):
        assert files[script][0].startswith(b"#!")
        assert files[script][1] == 0o100755
    assert files["seconds"][0] == b"1470\n"
    assert json.loads(files["settings.json"][0])["hidden"] == "after_published"
    assert json.loads(files["settings.json"][0])["limits"]["call_seconds"] == 10
    assert json.loads(files["settings.json"][0])["plain"] == "sealed"


def test_the_zip_is_the_same_for_the_same_course(packed):
    """Is a zip made again the same, so that one can see whether an upload is up to date?"""
    course, path, _ = packed
    before = path.read_bytes()
    pack(course, ID, path, 25, "after_published")
    assert path.read_bytes() == before


def test_the_versions_are_those_of_this_environment(packed):
    """Is everything that grading imports pinned to what is installed here, but for this package itself?"""
    lines = packed[2]["requirements.txt"][0].decode().split()
    versions = dict(line.split("==") for line in lines)
    for needed in (
        "numpy",
        "nbgrader",
        "msgpack",
        "pyseccomp",
        "ipython",
        "jinja2",
        "sqlalchemy",
        "traitlets",
    ):
        assert versions[needed] == importlib.metadata.version(needed)
    assert "neuron-to-transformer" not in versions
    assert "pytest" not in versions


def test_what_is_not_installed_here_keeps_its_bounds(monkeypatch):
    """Is a package that only the platform's system needs named with the versions that it asks for?"""
    there = importlib.metadata.distribution

    def distribution(name):
        if name == "pyseccomp":
            raise importlib.metadata.PackageNotFoundError
        return there(name)

    monkeypatch.setattr("autograder.gradescope.pinned.distribution", distribution)
    assert "pyseccomp>=0.1.2" in pinned()


def test_an_installed_package_becomes_its_wheel_again(tmp_path):
    """Does a package that was installed from a wheel give that wheel's files, and nothing that installing added?"""
    made, again, site = tmp_path / "made", tmp_path / "again", tmp_path / "site"
    for folder in (made, again, site):
        folder.mkdir()
    with zipfile.ZipFile(make_wheel(made)) as wheel:
        wheel.extractall(site)
        first = {name: wheel.read(name) for name in wheel.namelist()}
    assert not any(name.startswith(("autograder/tests", "autograder/demo")) for name in first)
    [information] = site.glob("*.dist-info")
    (information / "INSTALLER").write_text("pip")
    added = f"{information.name}/INSTALLER,,\n../../bin/autograder,,\nautograder/__pycache__/x.pyc,,\n"
    (information / "RECORD").write_text((information / "RECORD").read_text() + added)
    with zipfile.ZipFile(pack_again(importlib.metadata.Distribution.at(information), again)) as wheel:
        second = {name: wheel.read(name) for name in wheel.namelist()}
    record = f"{information.name}/RECORD"
    assert sorted(first.pop(record).splitlines()) == sorted(second.pop(record).splitlines())
    assert first == second


def test_a_package_whose_files_are_elsewhere_gets_a_sentence(tmp_path):
    """Is an installation that only points to other files refused, instead of an empty wheel?"""
    (tmp_path / "RECORD").write_text("pointer.pth,,\n")
    (tmp_path / "METADATA").write_text("Name: neuron-to-transformer\nVersion: 1\n")
    with pytest.raises(CourseError, match="cannot be found; install it from its wheel"):
        pack_again(importlib.metadata.Distribution.at(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [(["nothing"], 2, "There is no assignment 'nothing'"), ([ID, "--minutes", "41"], "usage", "invalid choice"),
     ([ID, "--hidden-checks", "no"], "usage", "invalid choice"), ([], "usage", "required: ID")],
)  # fmt: skip
def test_what_cannot_be_packed_gets_one_sentence(course, capsys, arguments, code, said):
    """Is a wrong id or setting answered in one sentence?"""
    command = ["--course", str(course.root), "gradescope", *arguments]
    if code == "usage":
        with pytest.raises(SystemExit):
            main(command)
    else:
        assert main(command) == code
    assert said in capsys.readouterr().err


def test_a_source_that_is_not_built_gets_a_sentence(course, tmp_path):
    """Is a source without a notebook, or without tests, refused with what to do?"""
    course.source(ID).unlink()
    with pytest.raises(CourseError, match="run `autograder build`"):
        pack(course, ID, tmp_path / "x.zip", 10, "visible")
    notebook = source_notebook()
    notebook.cells = notebook.cells[:3]
    write(course.source(ID), notebook)
    with pytest.raises(CourseError, match="no test cell"):
        pack(course, ID, tmp_path / "x.zip", 10, "visible")


def known_of(hidden="visible", **cells):
    """What is known when these cells have given these outcomes; names ending in _ are hidden checks."""
    known = Known(list(of_kind(cells_of(source_notebook()), "test")), hidden)
    for cell, outcomes in cells.items():
        known.hear(cell, [Judged(one, hidden=bool(one.says)) for one in outcomes])
    return known


PASSED, LOST = (
    Outcome("f: values", "passed", "right"),
    Outcome("check_values", "could not run", "KeyError: secret"),
)
FAILED = Outcome("f: values", "failed", "wrong", says="Tried on more.", diagnosis="sign")
SHARED = Outcome("f: gradients", "failed", "half", share=0.5)


def test_what_could_not_run_is_no_zero():
    """Has such a check no score, is that said on top, and is a run without any judged check no score at all?"""
    known = known_of(test_double=[PASSED, LOST])
    known.score, known.has_ended = 15.0, True
    results = known.as_dict(1)
    assert results["score"] == 15
    assert "score" not in results["tests"][1]
    assert "status" not in results["tests"][1]
    assert results["output"].startswith("1 check could not be run, which is not your fault")
    assert "secret" not in json.dumps(results)
    known = known_of(test_double=[LOST, LOST])
    known.score, known.has_ended = 0.0, True
    assert "score" not in known.as_dict(1)


def test_points_are_split_over_the_checks_of_a_cell():
    """Has each check its part of the points, a share where it keeps one, and no test the sum of another cell?"""
    results = known_of(test_double=[PASSED, FAILED], test_scale=[SHARED]).as_dict(1)
    assert [(test["number"], test["score"], test["max_score"]) for test in results["tests"]] == [
        ("1.1", 15, 15),
        ("1.2", 0, 15),
        ("2.1", 12.5, 25),
    ]
    assert results["score"] == 27.5
    assert results["output"].startswith("Grading was stopped before it was done: 3 of 6 checks were judged.")
    assert results["output"].endswith("27.5 of 100 points: 1 passed, 2 failed.")


@pytest.mark.parametrize("hidden", VISIBILITIES)
def test_hidden_checks_are_seen_when_the_instructor_says(hidden):
    """Do exactly the hidden checks have the chosen visibility, and does no other field give them away?"""
    trained = [
        Outcome("fit: training", "passed", "", says=says, loss=loss)
        for says, loss in (("", 1.25), ("Other data.", 2.5))
    ]
    results = known_of(hidden, test_double=[PASSED, FAILED], test_fit=trained).as_dict(1)
    seen = [test.get("visibility", "visible") for test in results["tests"]]
    assert seen == ["visible", hidden, "visible", hidden]
    assert [test["name"] for test in results["tests"]][1::2] == [
        "test_double: hidden check",
        "test_fit: hidden check",
    ]
    loss = 2.5 if hidden == "visible" else 1.25
    assert results["leaderboard"] == [{"name": "fit: loss", "value": loss, "order": "asc"}]


def test_a_loss_that_is_no_number_is_on_no_leaderboard():
    """Is results.json JSON that everybody reads, also when training diverged?"""
    lost = [Outcome("fit: training", "failed", "wrong", loss=loss) for loss in (np.inf, np.nan)]
    results = known_of(test_fit=lost).as_dict(1)
    assert results["leaderboard"] == []
    json.dumps(results, allow_nan=False)


TARGET = {"data": np.ones(3), "steps": 1, "rng": None}


@pytest.mark.parametrize(("at_most", "status"), [(1.0, "passed"), (0.1, "failed")])
def test_a_target_check_tells_the_loss_that_it_measured(at_most, status):
    """Is the loss there as a number, whether the target was reached or not?"""
    heard = []
    with listening(heard.append):
        check_training(
            lambda *inputs: {"mean": np.ones(1)},
            TARGET,
            lambda params: 0.5,
            at_most=at_most,
            like={"mean": np.ones(1)},
        )
    assert [(one.status, one.loss) for one in heard] == [(status, 0.5)]


def test_the_reference_is_on_no_leaderboard(course):
    """Where results broke a check, is the loss with which the reference passes it not taken for the student's?"""
    heard = {}
    source = source_notebook()
    source.cells[-1].source = source.cells[-1].source.replace(
        "data = np.array", "double([1.0])['x']\ndata = np.array", 1
    )
    source.cells[
        2
    ].source = "def double(x):\n    ### BEGIN SOLUTION\n    return {'x': 2}\n    ### END SOLUTION"
    write(course.source(ID), source)
    rules = Rules(course.source(ID), "none", QUICK, show=False, heard=heard.__setitem__)
    write(course.submitted("ada", ID), submission({"double": "def double(x):\n    return 2"}))
    judge_one(course, "ada", ID, rules)
    assert {one.outcome.status for one in heard["test_fit"]} == {"failed"}
    assert {one.outcome.loss for one in heard["test_fit"]} == {None}


UPLOADS = {
    "its name": ({f"{ID}.ipynb": 1, "other.ipynb": 1}, ""),
    "another name": ({"a (2).ipynb": 1, "notes.txt": 0}, f"a (2).ipynb was taken for {ID}.ipynb."),
    "a time of its own": ({f"{ID}.ipynb": 1, "timestamp.txt": 0}, ""),
    "a folder": ({"work/b.ipynb": 1}, f"work/b.ipynb was taken for {ID}.ipynb."),
    "nothing": ({"notes.txt": 0}, f"No notebook was uploaded; upload {ID}.ipynb."),
    "several": ({"a.ipynb": 1, "b.ipynb": 1}, f"2 notebooks were uploaded, and none is {ID}.ipynb; upload that one alone."),
    "no notebook": ({f"{ID}.ipynb": 0}, "is not a notebook"),
}  # fmt: skip


@pytest.mark.parametrize("case", UPLOADS)
def test_the_notebook_is_found_among_the_files(tmp_path, case):
    """Does the notebook with the right name count, else the only one, and does everything else get a sentence?"""
    files, said = UPLOADS[case]
    for name, is_notebook in files.items():
        write(tmp_path / "uploaded" / name, submission() if is_notebook else "text")
    notebook = tmp_path / "submitted" / f"{ID}.ipynb"
    if case in ("nothing", "several", "no notebook"):
        with pytest.raises(SubmissionError, match=said):
            hand_in(tmp_path / "uploaded", notebook)
        return
    assert hand_in(tmp_path / "uploaded", notebook) == said
    assert notebook.exists()
    assert notebook.with_name("notes.txt").exists() == (case == "another name")
    assert not notebook.with_name("timestamp.txt").exists()


def test_a_link_is_not_followed(tmp_path):
    """Is a link to the source not taken for a notebook that was handed in?"""
    write(tmp_path / "secret.ipynb", submission())
    (tmp_path / "uploaded").mkdir()
    (tmp_path / "uploaded" / f"{ID}.ipynb").symlink_to(tmp_path / "secret.ipynb")
    with pytest.raises(SubmissionError, match="No notebook was uploaded"):
        hand_in(tmp_path / "uploaded", tmp_path / "submitted" / f"{ID}.ipynb")


def test_another_user_is_no_wall_for_a_course_that_all_can_enter(course, monkeypatch, capsys):
    """Does `--sandbox user` refuse where student code could read the course, and where Python is closed to it?"""
    write(course.submitted("ada", ID), submission())
    monkeypatch.setattr(OtherUser, "require", lambda self: None)
    monkeypatch.setattr(otheruser, "is_closed", lambda folder: False)
    assert main(["--course", str(course.root), "grade", "--sandbox", "user"]) == 2
    assert "so student code that runs as one could read it; run `chmod o=" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr(otheruser, "is_closed", lambda folder: True)
    monkeypatch.setattr(otheruser.os, "getuid", lambda: 0)
    with pytest.raises(CourseError, match="which other users cannot enter"):
        OtherUser().require()


@pytest.mark.parametrize(
    ("name", "text", "bytes_"),
    [("memory.max", "805306368\n", 512 * 2**20), ("memory.max", "max\n", 3 * 2**30), ("memory.max", "1000\n", 384 * 2**20),
     ("memory/memory.limit_in_bytes", "805306368\n", 512 * 2**20), ("memory/memory.limit_in_bytes", f"{2**63 - 4096}\n", 3 * 2**30),
     ("nothing", "", 3 * 2**30)],
)  # fmt: skip
def test_a_small_container_has_a_small_limit(tmp_path, monkeypatch, name, text, bytes_):
    """Is the memory of a student process bounded by that of the container, in both versions of control groups?"""
    write(tmp_path / name, text)
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    assert fitting(Limits(call_seconds=3)) == Limits(call_seconds=3, memory=bytes_)

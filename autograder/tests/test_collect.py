"""Collecting: downloads of learning platforms, archives of any kind, the exchange, and late penalties."""

import csv
import io
import os
import shutil
import sys
import tarfile
import zipfile

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.cli import main
from autograder.platforms.collect import archives, extractor
from autograder.platforms.collect.names import SYSTEMS, notebook_name, system_of
from autograder.platforms.download import Download
from autograder.platforms.ids import student_id
from autograder.tests.downloads import ID, collected, download, tarred, zipped
from autograder.tests.mini import ID as MINI
from autograder.tests.mini import built_course, make_course, submission, write

TIME = "attempt_2026-11-23-10-15-30"


@pytest.fixture
def course(tmp_path):
    """A course folder deep enough that ../.. stays in the test's own."""
    root = tmp_path / "deep" / "er" / "course"
    root.mkdir(parents=True)
    return make_course(root)


NAMES = {
    "canvas": ("canvas", f"lovelaceada_12345_67890_{ID}-1.ipynb", "12345", ""),
    "canvas, late": ("canvas", f"lovelaceada_LATE_12345_67890_{ID}.ipynb", "12345", ""),
    "canvas, _ in a name": ("canvas", f"o_neilann_7_8_{ID}.ipynb", "7", ""),
    "canvas, a file like a canvas name": ("canvas", "x_1_2_y_3_4_z.ipynb", "1", ""),
    "canvas, a file like a moodle name": ("canvas", "x_1_2_y_3_assignsubmission_file_z.ipynb", "1", ""),
    "moodle": ("moodle", "Ada Lovelace_123456_assignsubmission_file_", "Ada Lovelace", ""),
    "moodle, flat": ("moodle", f"Ada Lovelace_123456_assignsubmission_file_{ID}.ipynb", "Ada Lovelace", ""),
    "moodle, unicode and dots": ("moodle", "Zoe\u0308 d'A. Łę-Ng_1_assignsubmission_file_", "Zoë d'A. Łę-Ng", ""),
    "moodle, a file like a canvas name": ("moodle", "A B_1_assignsubmission_file_x_2_3_y.ipynb", "A B", ""),
    "blackboard": ("blackboard", f"{ID}_a.love-lace_1_{TIME}_{ID}.ipynb", "a.love-lace_1", "2026-11-23T10:15:30"),
    "blackboard, other title": ("blackboard", f"Homework 1_ann_{TIME}_my.ipynb", "ann", "2026-11-23T10:15:30"),
    "blackboard, a file like another's": ("blackboard", f"{ID}_ann_{TIME}_{ID}_bob_{TIME}_x.ipynb", "ann", "2026-11-23T10:15:30"),
}  # fmt: skip


@pytest.mark.parametrize(("system", "name", "student", "time"), NAMES.values(), ids=NAMES.keys())
def test_names_say_who_and_when(system, name, student, time):
    """Is the right system seen, and the right id read, whatever a student calls the file?"""
    named = SYSTEMS[system](Download(ID)).read(name)
    assert system_of((name,)) == system
    assert (student_id(named.student), named.time) == (student, time)


@pytest.mark.parametrize(
    "name", ["submissions", "readme.txt", f"{ID}.ipynb", "a_1_b.ipynb", f"{TIME}_x.ipynb", ""]
)
def test_other_names_say_nothing(name):
    """Is no name taken for one that it is not?"""
    assert system_of((name,)) == ""


@pytest.mark.parametrize("text", ["..", ".", "", " ", "../eve", "a/b", "a\\b", ".hidden", "a\nb", "a\x1b[2Jb",
                                  "\u202eeve", "\ud800", "x" * 201, "*", "a[b]"])  # fmt: skip
def test_an_id_that_is_no_folder_of_its_own_is_refused(text):
    """Does an id that would leave submitted/, or that nbgrader cannot find again, raise a sentence?"""
    with pytest.raises(ValueError, match=r"submitted|nobody|nbgrader"):
        student_id(text)


COPIES = {f"{ID}.ipynb": 0, f"{ID}-2.ipynb": 2, f"{ID} (1).ipynb": 1, f"{ID.upper()}(3).ipynb": 3}


@pytest.mark.parametrize(("file", "copy"), COPIES.items())
def test_copies_get_the_right_name(file, copy):
    """Is a number that a browser or platform added taken off and kept as the order?"""
    assert notebook_name(file, ID) == (ID, copy)
    assert notebook_name("my " + file, ID)[0] != ID


def test_a_canvas_class_is_collected(course, nbgrader):
    """Ids, a late one, two attempts, a zip in the download's zip, a renamed file, a rar: is each as it should be?"""
    files = {
        f"lovelaceada_LATE_11_105_{ID}-1.ipynb": "ada 2",
        f"lovelaceada_LATE_11_104_{ID}.ipynb": "ada 1",
        f"lovelaceada_12_106_{ID}.ipynb": "another ada",
        "hopper_13_107_work.zip": zipped({f"work/{ID}.ipynb": "grace", "work/.ipynb_checkpoints/x.ipynb": "old",
                                          "work/weights.txt": "1", f"__MACOSX/._{ID}.ipynb": "junk"}),
        "turing_14_108_final.ipynb": "alan",
        "noether_15_109_work.rar": "Rar!",
        f"evil_16_110_x_12_999_{ID}.ipynb": "evil",
        "evil_17_111_work.zip": zipped({f"lovelaceada_12_999_{ID}.ipynb": "evil"}),
    }  # fmt: skip
    download(course, {"submissions.zip": zipped(files)})
    said = nbgrader(course, "zip_collect", ID)
    assert collected(course) == {
        ("11", f"{ID}.ipynb"): "ada 2", ("12", f"{ID}.ipynb"): "another ada", ("13", f"{ID}.ipynb"): "grace",
        ("14", "final.ipynb"): "alan", ("16", f"x_12_999_{ID}.ipynb"): "evil",
    }  # fmt: skip
    for sentence in ("11 is late, and no name says how much", "11 handed in", "15 handed in no notebook",
                     "names of several students in its path"):  # fmt: skip
        assert sentence in said
    assert (course.root / "downloaded" / ID / "archive" / "submissions.zip").exists()


def test_a_moodle_class_is_collected(course, nbgrader):
    """Are folders and zips in them read, and are two people of one name kept apart by being refused?"""
    folder = "{}_assignsubmission_file_/"
    download(course, {"CS_101_2026_1-HW-55.zip": zipped({
        folder.format("Ada Lovelace_1") + f"{ID}.ipynb": "ada",
        folder.format("Zoe\u0308 Łę_2") + "mine.zip": zipped({f"a/b/{ID}.ipynb": "zoe"}),
        folder.format("Bob B_3") + f"{ID}.ipynb": "bob",
        folder.format("Bob B_4") + f"{ID}.ipynb": "another bob",
        folder.format(".._5") + f"{ID}.ipynb": "out",
    })})  # fmt: skip
    assert "There are names of canvas and moodle; say which" in nbgrader(course, "zip_collect", ID)
    assert collected(course) == {}
    said = nbgrader(course, "zip_collect", ID, "--force", "--LMSCollector.lms=moodle")
    assert collected(course) == {("Ada Lovelace", f"{ID}.ipynb"): "ada", ("Zoë Łę", f"{ID}.ipynb"): "zoe"}
    assert "Bob B is the name of 2 people (Bob B_3, Bob B_4)" in said
    assert "'..' would not be a folder" in said


def test_a_blackboard_class_is_collected(course, nbgrader):
    """Does the last attempt count, with its time in UTC, and is a title that cannot be told asked for?"""
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.LMSCollector.timezone = 'Europe/Berlin'\n")
    early, late = "attempt_2026-11-23-10-15-30", "attempt_2026-11-24-09-00-00"
    download(course, {
        f"{ID}_ann_lee_{late}_renamed.ipynb": "ann 2",
        f"{ID}_ann_lee_{early}_{ID}.ipynb": "ann 1",
        f"{ID}_ann_lee_{early}.txt": "Name: Ann Lee",
        f"{ID}_lee_{early}_{ID}.ipynb": "lee",
        f"Other_title_bob_lee_{early}_{ID}.ipynb": "bob",
    })  # fmt: skip
    said = nbgrader(course, "zip_collect", ID)
    assert collected(course) == {
        ("ann_lee", "renamed.ipynb"): "ann 2", ("ann_lee", "timestamp.txt"): "2026-11-24 08:00:00",
        ("lee", f"{ID}.ipynb"): "lee", ("lee", "timestamp.txt"): "2026-11-23 09:15:30",
    }  # fmt: skip
    assert "say how Blackboard calls the assignment" in said
    nbgrader(course, "zip_collect", ID, "--force", "--LMSCollector.title=Other_title")
    assert collected(course)["bob_lee", f"{ID}.ipynb"] == "bob"


def test_an_expression_of_ones_own_comes_first(course, nbgrader):
    """Does nbgrader's named_regexp work, its timestamp too, and can it not lead out of submitted/?"""
    config = course.root / "nbgrader_config.py"
    expression = r".*/archived/(?P<student_id>.+)@(?P<timestamp>[0-9-]+)@(?P<file_id>.+)"
    config.write_text(config.read_text() + f"c.FileNameCollectorPlugin.named_regexp = r'{expression}'\n")
    download(course, {
        f"archived/ann@2026-11-23@{ID}.ipynb": "ann", f"archived/ann@2026-11-22@{ID}.ipynb": "old",
        f"archived/bob/x@2026-11-23@{ID}.ipynb": "bob", f"archived/../archived/cat@99-99-99@{ID}.ipynb": "cat",
    })  # fmt: skip
    said = nbgrader(course, "zip_collect", ID)
    assert collected(course) == {
        ("ann", f"{ID}.ipynb"): "ann",
        ("ann", "timestamp.txt"): "2026-11-23 00:00:00",
    }
    assert said.count("is not collected") == 2


SYM, HARD, DEVICE, FIFO = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE
OUT = {"../../evil": "evil", "../../../../../../evil": "evil", "/tmp/evil-of-the-collector": "evil",
       "..\\..\\evil": "evil", f"{ID}.ipynb": "fine"}  # fmt: skip
HOSTILE = {
    "1.zip": (zipped(OUT), "fine", "would lie outside"),
    "2.tar.gz": (tarred(OUT), "fine", "would lie outside"),
    "3.zip": (zipped({"link/evil": "evil", f"{ID}.ipynb": "fine"}, symlink="../../../.."), "fine", "a link or device"),
    "4.tgz": (tarred({"link/evil": "evil", f"{ID}.ipynb": "fine"}, [("link", SYM, "../../../..")]), "fine", "a link or device"),
    "5.tar": (tarred({f"{ID}.ipynb": "fine"}, [("h", HARD, "/etc/passwd"), ("d", DEVICE, ""), ("f", FIFO, "")], "w"), "fine", ""),
    "6.tar": (tarred({}, [(f"{ID}.ipynb", SYM, "/etc/passwd")], "w"), "", "a link or device"),
    "7.zip": (zipped({f"{ID}.ipynb": b"\0" * (10**6 + 1)}), "", "too many bytes"),
    "8.tgz": (tarred({f"{ID}.ipynb": "\0" * (10**6 + 1)}), "", "too many bytes"),
    "9.zip": (zipped({f"{number}.txt": "" for number in range(101)}), "", "too many"),
    "10.zip": (zipped({f"{ID}.ipynb": "cut"})[:-30], "", "damaged"),
    "11.tar.gz": (tarred({f"{ID}.ipynb": "cut" * 9999})[:-30], "", "damaged"),
    "12.zip": (b"", "", "damaged"),
    "13.zip": (zipped({f"a\x1b[2J\n\u202e/{ID}.ipynb": "fine", f"A/{ID.upper()}.IPYNB": "", "a/B": "", "A/b": ""}), "fine", ""),
    "14.gz": (b"\x1f\x8b not gzip", "", "damaged"),
    "15.zip": (zipped({f"{ID}.ipynb": "fine", f"{ID}.ipynb/x": "", "d/" * 30 + "x": "", "n" * 300: ""}), "fine", "cannot be unpacked"),
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile():
    """The archives above, with an encrypted one, and one with a wrong checksum."""
    locked = bytearray(zipped({f"{ID}.ipynb": "secret"}))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    wrong = zipped({f"{ID}.ipynb": "fine"}).replace(b"fine", b"evil")
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr(f"{ID}.ipynb", "fine")
    wrong = stored.getvalue().replace(b"fine", b"evil")
    return HOSTILE | {"16.zip": (bytes(locked), "", "encrypted"), "17.zip": (wrong, "", "Bad CRC-32")}


def test_no_archive_writes_outside_or_stops_the_class(course, hostile, nbgrader, monkeypatch):
    """Does each bad archive cost only its own student, get a sentence, and leave nothing anywhere else?"""
    for module in (archives, extractor):
        monkeypatch.setattr(module, "MAX_BYTES", 10**6)
    monkeypatch.setattr(extractor, "CLASS_FILES", 100)
    download(
        course, {f"eve_{name.partition('.')[0]}_1_{name}": data for name, (data, _, _) in hostile.items()}
    )
    download(
        course,
        {f"ann_99_1_{ID}.ipynb": "ann", "link_98_1_x.zip": zipped({"a.zip": zipped({"b.zip": zipped(OUT)})})},
    )
    (course.root / "downloaded" / ID / "archive" / f"eve_97_1_{ID}.ipynb").symlink_to("/etc/passwd")
    around = {path for path in course.root.parents[2].rglob("*") if "downloaded" not in path.parts}
    said = nbgrader(course, "zip_collect", ID)
    expected = {
        (name.partition(".")[0], f"{ID}.ipynb"): text for name, (_, text, _) in hostile.items() if text
    }
    assert collected(course) == expected | {("99", f"{ID}.ipynb"): "ann", ("98", f"{ID}.ipynb"): "fine"}
    for name, (_, _, sentence) in hostile.items():
        assert sentence in said, name
    assert said.count("is not unpacked") == sum(not text for _, text, _ in hostile.values()) - 3
    new = {path for path in course.root.parents[2].rglob("*") if "downloaded" not in path.parts} - around
    assert {path.relative_to(course.root).parts[0] for path in new} == {"submitted"}
    assert not os.path.exists("/tmp/evil-of-the-collector")
    assert not [
        path
        for path in course.root.rglob("extracted/**/*")
        if path.is_symlink() or not (path.is_dir() or path.is_file())
    ]


def test_bombs_in_bombs_end(tmp_path, monkeypatch, course):
    """Do archives in archives share a bound, so that none of them unpacks to more than that?"""
    monkeypatch.setattr(extractor, "MAX_BYTES", 10**6)
    monkeypatch.setattr(extractor, "ON_TOP", 3 * 10**6)
    bomb = zipped({"zeros": b"\0" * 900_000})
    download(
        course,
        {"a.zip": zipped({f"{n}.zip": zipped({f"{m}.zip": bomb for m in range(9)}) for n in range(9)})},
    )
    place = tmp_path / "extracted"
    extractor.BoundedExtractor().extract(str(course.root / "downloaded"), str(place))
    total = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    assert 900_000 <= total < 5 * 10**6
    shutil.rmtree(place)


def test_a_tar_cannot_fill_memory(tmp_path):
    """Is a header that says it is as long as a bomb cut before it is read into memory?"""
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 50 * 10**6
    (tmp_path / "a.tar").write_bytes(entry.tobuf() + b"\0" * 50 * 10**6)
    with pytest.raises(archives.ArchiveError, match="too many bytes"):
        archives.unpack(tmp_path / "a.tar", tmp_path / "a", archives.Allowance(10**6, 10))


def test_the_exchange_works(course, nbgrader):
    """Do release, fetch, submit and collect with nbgrader's exchange bring a notebook and its time?"""
    exchange = course.root.parent / "exchange"
    exchange.mkdir(mode=0o777)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.Exchange.root = {str(exchange)!r}\n")
    write(course.release(ID), submission())
    nbgrader(course, "release_assignment", ID)
    student = course.root.parent / "student"
    student.mkdir()
    shutil.copy(config, student)
    home = type(course)(student)
    nbgrader(home, "fetch_assignment", ID)
    write(student / ID / f"{ID}.ipynb", submission(extra="mine = 1"))
    nbgrader(home, "submit", ID)
    nbgrader(course, "collect", ID)
    [folder] = (course.root / "submitted").glob(f"*/{ID}")
    assert "mine = 1" in nbformat.read(folder / f"{ID}.ipynb", as_version=4).cells[2].source
    assert (folder / "timestamp.txt").read_text().endswith("UTC")


LATE = """from nbgrader.plugins import BasePlugin

class TenADay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 10 * (total_seconds_late // 86400 + 1)
"""


@pytest.mark.slow
def test_a_late_penalty_is_taken_off_as_in_nbgrader(course, nbgrader, monkeypatch):
    """Does a plugin's penalty come to gradebook and export, beside the raw score, and anew after another due date?"""
    monkeypatch.setattr(sys, "path", [*sys.path])
    config = course.root / "nbgrader_config.py"
    write(course.root / "late_by_days.py", LATE)
    grade = ["--course", str(course.root), "grade"]
    built_course(course.root)
    config.write_text(config.read_text() + "c.AssignLatePenalties.plugin_class = 'late_by_days.TenADay'\n")
    for student, time in (
        ("ada", "2026-11-24 12:00:00 UTC"),
        ("bob", "2026-11-22 12:00:00 UTC"),
        ("cat", None),
    ):
        write(course.submitted(student, MINI), submission())
        if time:
            write(course.submitted(student, MINI).with_name("timestamp.txt"), time)

    def exported():
        nbgrader(course, "export")
        rows = csv.DictReader((course.root / "grades.csv").read_text().splitlines())
        return {
            row["student_id"]: [row[name] for name in ("raw_score", "late_submission_penalty", "score")]
            for row in rows
        }

    nbgrader(course, "db", "assignment", "add", MINI, "--duedate=2026-11-23 10:00:00 UTC")
    assert main(grade) == 0
    on_time, late = ["100.0", "0.0", "100.0"], ["100.0", "20.0", "80.0"]
    assert exported() == {"ada": late, "bob": on_time, "cat": on_time}
    nbgrader(course, "db", "assignment", "add", MINI, "--duedate=2026-11-24 10:00:00 UTC")
    main(grade)
    assert exported() == {"ada": ["100.0", "10.0", "90.0"], "bob": on_time, "cat": on_time}
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        ada = gradebook.find_submission(MINI, "ada")
        assert (ada.score, ada.late_submission_penalty) == (100, 10)

"""Submissions that are alike, and changed tests: who is named to the instructor, and who is not."""

import random
import time
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course import Course
from autograder.demo.students import Assignment, blank_release, copied, shortest
from autograder.grading.fingerprints import MOST, fingerprints
from autograder.grading.restore import grade_id, is_test, restore
from autograder.grading.result import Result
from autograder.reports.suspicion import FEWEST, Pair, alike, sentences, tampered, together
from autograder.tests.mini import (
    ID,
    judged,
    make_course,
    release_notebook,
    source_notebook,
    submission,
)
from autograder.truth.source import read_source
from autograder.truth.variants import load_variants, with_variant

pytestmark = pytest.mark.slow

COURSE = Course(Path(__file__).resolve().parents[2])
EMPTY = {"code": "", "remarks": ""}


def handed_in(student, notebook, source, assignment=ID):
    """The result of a submission that was only restored."""
    restored = restore(nbformat.from_dict(notebook), source)
    found = Result(student, assignment, restored=restored.notes)
    found.fingerprints = fingerprints(restored.notebook, source)
    found.cells = [{"cell": grade_id(cell), "checks": []} for cell in filter(is_test, source.cells)]
    return found


def of_code(text):
    return fingerprints(new_notebook(cells=[new_code_cell(text)]), new_notebook())


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_independent_right_answers_are_not_alike(assignment):
    """Is no right answer in another style named beside another one, and only the copy beside its original?"""
    source = read_source(COURSE, assignment)
    known = Assignment.load(COURSE, assignment)
    answers = {one.name: with_variant(known.solution, one) for one in load_variants(COURSE, assignment)}
    results = [handed_in(name, notebook, source, assignment) for name, notebook in answers.items()]
    results += [handed_in(name, known.solution, source, assignment) for name in ("reference", "the same")]
    assert len(results) >= 7
    assert alike(results) == []
    original = shortest(known.variants).name
    copy = handed_in("zoe", nbformat.reads(copied(known), as_version=4), source, assignment)
    (pair,) = alike([*results, copy])
    assert pair.students == (original, "zoe")
    assert pair.code > 0.94


def test_the_release_and_the_reference_leave_no_fingerprints():
    """Does a submission have none for what everybody got, for the reference, and for a note of two words?"""
    source = source_notebook()
    for notebook in (release_notebook(), submission(), submission(extra="# a note\nx = 1")):
        assert handed_in("ada", notebook, source).fingerprints == EMPTY
    known = Assignment.load(COURSE, COURSE.assignments[1])
    blank = nbformat.reads(blank_release(known), as_version=4)
    assert handed_in("bob", blank, known.source).fingerprints == EMPTY


LONG = """
def first(rows, weights):
    total = 0.0
    for row, weight in zip(rows, weights):
        # an odd way of adding these up, found on the train to Leeds
        total -= -row * weight if row > 3 else -weight * row
    return total / max(len(rows), 1)

def second(rows, width=4):
    found = {}
    while len(found) < width and rows:
        found[rows.pop() % 7] = [row ** 2 for row in rows[::-1] if row not in found]
    return sorted(found.items(), key=lambda pair: -pair[0])[: width // 2]
"""  # fmt: skip
DISGUISES = {
    "names": lambda text: text.replace("row", "line").replace("found", "kept").replace("total", "t"),
    "comments": lambda text: text.replace("an odd way of adding these up, found on the train to Leeds", "sum"),
    "strings and brackets": lambda text: text.replace("total / max(len(rows), 1)", "(total / (max(len(rows), 1)))"),
    "blank lines and spaces": lambda text: text.replace("\n", "\n\n").replace("    ", "  "),
    "the order of functions": lambda text: "def second" + text.split("def second")[1] + text.split("def second")[0],
    "an error in the syntax": lambda text: text + "\nprint('unfinished\n(",
}  # fmt: skip


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
def test_a_copy_is_seen_through(disguise):
    """Are most fingerprints of the code the same when only this was changed?"""
    assert disguise(LONG) != LONG
    before, after = (set(of_code(text)["code"].split()) for text in (LONG, disguise(LONG)))
    assert len(before) > FEWEST
    assert len(before & after) >= 0.7 * min(len(before), len(after))


def test_comments_are_evidence_of_their_own():
    """Do the same words in comments count where the code differs, and other words not?"""
    text = "".join(
        f"# {name} walked to {name} and came home through the {name} wood\nx = {name}\n"
        for name in "abcdefghij"
    )
    notes = [
        text,
        text.replace("x =", "print()\ny[3] +="),
        text.replace("walked", "ran").replace("home", "back").replace("the", "this"),
    ]
    mine, theirs, others = (Result(str(i), ID, fingerprints=of_code(note)) for i, note in enumerate(notes))
    (pair,) = alike([mine, theirs])
    assert (pair.code, pair.remarks) == (0, 1)
    assert alike([theirs, others]) == []


NASTY = ["(" * 9000, "'" * 9001, '"""' * 3001, "\\\n" * 9000, "\0", "\ud83d", "\x0c \t x", "if x:\n" * 9000,
         "\n".join(" " * i + "if x:" for i in range(300)), "%%bash\nrm -rf /", "!ls 'x", "é" * 9000, "0x", "f'{f\"{",
         "x = 1\n  y\n z", "#" * 9000, "a" * 10**6, "\r" * 9000]  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_no_text_stops_the_search(text):
    """Does any text, also no Python at all, give at most so many fingerprints within seconds?"""
    started = time.monotonic()
    found = of_code(text)
    assert time.monotonic() - started < 10
    assert all(len(words.split()) <= MOST for words in found.values())


@given(st.text())
@settings(deadline=None, max_examples=50)
def test_no_random_text_stops_the_search(text):
    """Does any text that hypothesis thinks of have fingerprints of eight hex digits, or none?"""
    assert all(
        len(word) == 8 and int(word, 16) >= 0 for words in of_code(text).values() for word in words.split()
    )


def simulated(students, assignments=1):
    """Results in which each fingerprint of the code is a student's own or, of half of them, a tenth's."""
    rng, results = random.Random(1), []
    for assignment in range(assignments):
        common = [f"{rng.getrandbits(32):08x}" for _ in range(1000)]
        for student in range(students):
            words = rng.sample(common, 100) + [f"{rng.getrandbits(32):08x}" for _ in range(100)]
            results.append(
                Result(
                    f"s{student:04}", f"a{assignment}", fingerprints={"code": " ".join(words), "remarks": ""}
                )
            )
    return results


@pytest.mark.parametrize(("students", "assignments"), [(300, 7), (2100, 1)])
def test_a_large_class_takes_seconds(students, assignments):
    """Is the one copy among 2,100 submissions found, in seconds?"""
    results = simulated(students, assignments)
    results[7].fingerprints = dict(results[40].fingerprints)
    started = time.monotonic()
    (pair,) = alike(results)
    assert time.monotonic() - started < 15  # measured: 1.8 s
    assert pair == Pair("a0", ("s0007", "s0040"), 1.0, 0.0)


def words(start, count):
    return {"code": " ".join(f"{i:08x}" for i in range(start, start + count)), "remarks": ""}


def test_what_many_wrote_is_not_counted():
    """Is a passage that more than five, and more than a tenth, share no reason to name anybody?"""
    five = [Result(f"s{i}", ID, fingerprints=words(0, 50)) for i in range(5)]
    assert len(alike(five)) == 10
    assert alike([*five, Result("s5", ID, fingerprints=words(0, 50))]) == []


@pytest.mark.parametrize(("shared", "named"), [(50, True), (49, False)])
def test_half_of_the_smaller_one_is_enough(shared, named):
    """Is the share that of the smaller submission, and half the limit?"""
    results = [
        Result("ada", ID, fingerprints=words(0, 100)),
        Result("bob", ID, fingerprints=words(100 - shared, 400)),
    ]
    assert bool(alike(results)) == named
    few = [Result(name, ID, fingerprints=words(0, FEWEST - 1)) for name in ("ada", "bob")]
    assert alike(few) == [], "a few in common say nothing"


def test_assignments_are_apart_and_students_together():
    """Is nobody compared across assignments, and does each two students get one line?"""
    results = [
        Result(who, name, fingerprints=words(0, 50)) for who in ("ada", "bob") for name in ("01_x", "02_y")
    ]
    pairs = alike(results)
    assert [pair.assignment for pair in pairs] == ["01_x", "02_y"]
    assert list(together(pairs)) == [("ada", "bob")]
    assert sentences(results) == ["ada and bob wrote alike: 01 100% of the code; 02 100% of the code."]


def test_the_terminal_names_a_few():
    """Are there at most five lines of each kind, and a line that says how many more?"""
    results = [Result(f"s{i}", ID, fingerprints=words(0, 50)) for i in range(5)]
    changed = [Result(f"t{i}", ID, restored=[f"1 cell edited and put back: test_{i}"]) for i in range(7)]
    lines = sentences(results + changed)
    assert len(lines) == 11
    assert lines[-1] == "7 more lines of this kind in the report."


def edited(notebook):
    notebook.cells[3].source = "assert True"


def repriced(notebook):
    notebook.cells[3].metadata.nbgrader.points = 1000


def doubled_test(notebook):
    notebook.cells.insert(3, nbformat.from_dict(notebook.cells[3]))


def edited_given(notebook):
    notebook.cells[1].source = "import numpy as np\nFACTOR = 3"


def lost(notebook):
    del notebook.cells[3]


def split(notebook):
    notebook.cells.insert(3, nbformat.from_dict(notebook.cells[2]))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (edited, True),
        (repriced, True),
        (doubled_test, True),
        (edited_given, True),
        (lost, False),
        (split, False),
    ],
)
def test_changes_that_no_slip_makes_are_named(change, named):
    """Is a changed test, given cell or number of points named, and a lost cell or a split exercise not?"""
    notebook, source = submission(), source_notebook()
    for one in (notebook, source):
        one.cells[1].source = "import numpy as np\nFACTOR = 2"
    change(notebook)
    result = handed_in("ada", notebook, source)
    assert result.restored
    assert (tampered([result]) == [result]) == named


def test_a_source_that_changed_after_the_release_accuses_nobody():
    """Is a note that most of the class has left out, and another one in the same class not?"""
    note, other = "1 cell edited and put back: test_a", "1 cell edited and put back: test_b"
    results = [Result(f"s{i}", ID, restored=[note]) for i in range(5)]
    results += [Result(f"t{i}", ID) for i in range(3)]
    assert tampered(results) == []
    results[3].restored = [note, other]
    assert tampered(results) == [results[3]]


def test_grading_leaves_fingerprints(tmp_path):
    """Does a graded submission come with those of its own code, and one that cannot be read with none?"""
    course = make_course(tmp_path)
    results = [judged(course, submission(extra=LONG), student, "none") for student in ("ada", "bob")]
    assert [pair.students for pair in alike(results)] == [("ada", "bob")]
    assert judged(course, "not a notebook", "cyd", "none").fingerprints == {}

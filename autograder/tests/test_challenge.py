"""The open challenge: which code is an entry, how much text may it carry, and what is it asked?"""

import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from autograder.build.lint import lint
from autograder.challenge.entry import baseline_of, made_of
from autograder.challenge.literals import MOST
from autograder.challenge.steps import place_of
from autograder.challenge.task import make_task
from autograder.cli import main
from autograder.course import CourseError
from autograder.notebook.corpus import load_corpus
from autograder.tests.entries import (
    BASELINE,
    BOOK,
    COUNTS,
    SOURCE,
    TEXT,
    course_of,
    handed_in,
    of,
    task,
    with_challenge,
)
from autograder.tests.mini import ID, release_notebook, source_notebook, submission


@pytest.fixture
def running(tmp_path):
    return course_of(tmp_path)


def run(course, *arguments):
    return main(["--course", str(course.root), "challenge", ID, *map(str, arguments)])


def test_text_is_read_as_the_corpus_reads_it():
    """Does the course's own text have the ids that notebooks know, and another one those of its characters?"""
    corpus, asked = load_corpus(), task(other=None)
    assert corpus.vocabulary_size == asked.V
    assert corpus.decode(asked.train) == asked.shown
    assert sum(map(len, asked.stretches)) + len(asked.train) == len(corpus.ids)
    assert task().V == 6
    end = task(other=None, end=True)
    assert np.array_equal(end.train, corpus.train)
    assert np.array_equal(end.stretches[0], corpus.held_out)


def test_stretches_are_secret_and_the_same_for_a_class():
    """Do they depend on the hidden tests and on c.Challenge.secret, and on nothing that a student has?"""
    assert task().digest == task().digest
    assert task(secret="x").digest != task().digest
    other = with_challenge(source_notebook())
    other.cells[3].source = other.cells[3].source.replace("size=(2, 3)", "size=(3, 2)")
    assert make_task(other, 0.05, "", TEXT).digest != task().digest
    with pytest.raises(CourseError, match=r"c\.Challenge\.secret"):
        make_task(with_challenge(release_notebook()), 0.05, "", TEXT)
    assert make_task(with_challenge(release_notebook()), 0.05, "known to us", TEXT).V == 6


@pytest.mark.parametrize(("text", "extra", "changes"), [
    (f"TEXT = {BOOK[:MOST + 1]!r}\n" + COUNTS, "", {}),
    (f"TEXT = {BOOK[:MOST + 1].encode()!r}\n" + COUNTS, "", {}),
    (f"TEXT = {int.from_bytes(BOOK[:MOST + 1].encode())}\n" + COUNTS, "", {}),
    (f"TEXT = [{'7, ' * (MOST + 1)}]\n" + COUNTS, "", {}),
    (f"TEXT = f'{{1}}{BOOK[:MOST + 1]}'\n" + COUNTS, "", {}),
    (COUNTS, f"TEXT = {BOOK[:MOST + 1]!r}", {}),
    (COUNTS, f"def helper(x={BOOK[:MOST + 1]!r}):\n    pass", {}),
    (COUNTS, "", {"double": f"def double(x):\n    return 2 * x + len({BOOK[:MOST + 1]!r})"}),
    ("\n".join(f"class {BOOK[i * 9 : i * 9 + 50].replace(' ', '_')}: pass" for i in range(25)) + "\n" + COUNTS, "", {}),
])  # fmt: skip
def test_text_in_the_code_is_refused(text, extra, changes):
    """Is a text told that an entry carries, wherever it stands and as whatever it is written?"""
    notebook = with_challenge(submission(changes, extra), text)
    assert "bytes of text and numbers in its code, and may carry 1,000." in of(notebook).refusal


def test_code_itself_has_a_limit():
    """Can no text be hidden in the names and their order, however many there are?"""
    rng = np.random.default_rng(0)
    names = ", ".join("".join(rng.choice(list("abcdefghijklmnop"), 20)) for _ in range(1500))
    entry = of(handed_in(f"def helper():\n    return {names}\n{COUNTS}"))
    assert "bytes of code, compressed, and may have 10,000." in entry.refusal


def test_what_was_released_does_not_count():
    """Does a student who hands in the release with an entry carry the bytes of that entry alone?"""
    entry = of(with_challenge(release_notebook(), COUNTS))
    assert entry.literals == 2  # 2 and None; the first answer has a 1
    assert made_of(SOURCE, SOURCE, baseline_of(SOURCE)).refusal == ""


def test_baseline_is_no_entry():
    """Is who left the cell as it was released, or laid it out anew, no entry, and who deleted it neither?"""
    assert of(handed_in(BASELINE)) is None
    assert of(handed_in(BASELINE.replace("1 / V", "1/V  # uniform"))) is None
    assert of(submission()) is None
    assert of(handed_in(COUNTS)) is not None


def test_entry_is_found_wherever_it_stands():
    """Does the last cell that defines the function count, below the baseline or without its tag?"""
    notebook = handed_in(BASELINE)
    notebook.cells.append(new_code_cell(COUNTS))
    assert of(notebook).cells[-1] == of(handed_in(COUNTS)).cells[-1]
    notebook.cells.append(new_code_cell("open_reader = None"))
    assert of(notebook).cells[-1] == "open_reader = None"


def test_linter_knows_what_a_challenge_is():
    """Is a challenge that is text, has metadata, comes twice or asks for nothing refused?"""
    assert [one for one in lint(SOURCE) if "challenge" in one.message] == []
    twice = with_challenge(with_challenge(source_notebook()))
    assert [one.message for one in lint(twice)] == ["is a second challenge; a notebook has one."]
    empty = with_challenge(source_notebook(), "x = 1")
    assert [one.message for one in lint(empty)] == [
        "holds a challenge; define `open_reader(train, V, rng)` in it."
    ]
    marked = source_notebook()
    marked.cells[2].metadata["tags"] = ["challenge"]
    assert "holds a challenge, so it is a code cell without metadata" in lint(marked)[0].message


def test_assignment_without_a_challenge(course, capsys):
    """Is it told how to have one?"""
    assert run(course) == 2
    assert 'no cell of its source has the tag "challenge"' in capsys.readouterr().err.replace("\n", " ")
    with pytest.raises(CourseError):
        place_of(course, ID, None, str)


@pytest.mark.parametrize(("setting", "said"), [
    ('c.Challenge.minutes = "ten"', "minutes"), ("c.Challenge.minutes = 0", "minutes"), ("c.Challenge.seconds = 3", "has no seconds"),
    ('c.Challenge.text = "nowhere.txt"', "cannot be read"),
])  # fmt: skip
def test_settings_are_asked(running, capsys, setting, said):
    """Is a setting that cannot be one told in a sentence?"""
    with (running.root / "nbgrader_config.py").open("a") as config:
        config.write(f"{setting}\n")
    assert run(running) == 2
    assert said in capsys.readouterr().err

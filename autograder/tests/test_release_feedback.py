"""Feedback through nbgrader's exchange: whom it can reach, it reaches, whatever else is in submitted/."""

import logging
import shutil

import pytest
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory

from autograder.cli import main
from autograder.feedback.release import SECRET
from autograder.tests.mini import ID, built_course, submission, write

STUDENT = "zoe"


class Exchange:
    """A temporary exchange of one course, with the home of the student who uses it."""

    def __init__(self, course, place):
        self.course, self.home = course, place / "home"
        self.config = course.config()
        self.config.Exchange.root, self.config.Exchange.cache = str(place / "exchange"), str(place / "cache")
        self.config.Exchange.assignment_dir = str(self.home)
        for folder in ("exchange", "cache", "home"):
            (place / folder).mkdir()
        (place / "exchange").chmod(0o777)

    def run(self, command, **where):
        """Run one of its parts; returns what that logged."""
        config, said = self.config, []
        folders = CourseDirectory(config=config, root=str(self.course.root), assignment_id=ID, **where)
        part = getattr(ExchangeFactory(config=config), command)(
            coursedir=folders, authenticator=Authenticator(config=config), config=config
        )
        handler = logging.Handler(logging.INFO)
        handler.emit = lambda record: said.append(record.getMessage())
        part.log = logging.Logger("exchange", logging.INFO)
        part.log.addHandler(handler)
        part.start()
        return said

    def fetched(self):
        """The pages that the student can fetch."""
        shutil.rmtree(self.home / ID / "feedback", ignore_errors=True)
        self.run("FetchFeedback", student_id=STUDENT)
        return [path.read_text() for path in self.home.glob(f"{ID}/feedback/*/{ID}.html")]

    def released(self):
        """The pages that lie in the exchange."""
        return sorted((self.home.parent / "exchange").glob("*/feedback/*.html"))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    """A student who handed in through the exchange, and two whose notebooks were copied; all have pages."""
    place = tmp_path_factory.mktemp("term")
    (place / "course").mkdir()
    course = built_course(place / "course")
    exchange = Exchange(course, place)
    exchange.run("ReleaseAssignment")
    write(exchange.home / ID / f"{ID}.ipynb", submission())
    exchange.run("Submit", student_id=STUDENT)
    exchange.run("Collect")
    for student in ("ada", "bob"):
        write(course.submitted(student, ID), submission())
    write(course.submitted("bob", ID).with_name("timestamp.txt"), "2026-11-23 10:00:00 UTC")
    course.submitted(STUDENT, ID).with_name("timestamp.txt").unlink()
    for command in ("grade", "feedback"):
        assert main(["--course", str(course.root), command]) == 0
    return exchange


def test_who_has_no_timestamp_gets_feedback(exchange):
    """Does the student fetch the page, and is everybody named whom the exchange cannot reach?"""
    said = exchange.run("ReleaseFeedback")
    assert exchange.fetched() == [
        (exchange.course.root / "feedback" / STUDENT / ID / f"{ID}.html").read_text()
    ]
    [sentence] = [text for text in said if "cannot go through" in text]
    assert sentence.startswith(
        "2 of 3 pages cannot go through the exchange, because their submissions have no"
    )
    assert "only `nbgrader submit` makes: ada, bob." in sentence
    assert len(exchange.released()) == 1


def test_a_page_that_was_written_again_replaces_the_old_one(exchange):
    """Is there still one page, the new one?"""
    exchange.run("ReleaseFeedback")
    page = exchange.course.root / "feedback" / STUDENT / ID / f"{ID}.html"
    page.write_text(page.read_text() + "<!-- again -->")
    exchange.run("ReleaseFeedback")
    assert [text.endswith("<!-- again -->") for text in exchange.fetched()] == [True]
    assert len(exchange.released()) == 1


@pytest.mark.parametrize(
    ("where", "count"),
    [({"student_id": "ada"}, 0), ({"student_id": STUDENT}, 1), ({"student_id_exclude": f"bob,{STUDENT}"}, 0)],
)
def test_nbgraders_choice_of_students_holds(exchange, where, count):
    """Are only the students released whom --student and --student-exclude leave?"""
    for path in exchange.released():
        path.unlink()
    exchange.run("ReleaseFeedback", **where)
    assert len(exchange.released()) == count


@pytest.mark.parametrize("secret", [b"", b"\xff\xfe"])
def test_a_secret_that_is_none(exchange, secret):
    """Is a page with an empty or unreadable secret left out with the sentence, and no error?"""
    path = exchange.course.root / "feedback" / STUDENT / ID / SECRET
    kept = path.read_bytes()
    path.write_bytes(secret)
    try:
        assert any("3 of 3 pages" in text for text in exchange.run("ReleaseFeedback"))
    finally:
        path.write_bytes(kept)


def test_without_pages(exchange, tmp_path):
    """Is there a sentence that says what to run first?"""
    said = exchange.run("ReleaseFeedback", feedback_directory=str(tmp_path))
    assert any("run `autograder feedback` first" in text for text in said)

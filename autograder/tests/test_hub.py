"""A course on a hub: two graders who share its folder, two students, and nbgrader's exchange between them."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.tests.mini import ID, make_course, submission, write
from autograder.tests.people import Person, people

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users"),
]
GROUP = 61000
NAME = "hub-course"
WRONG_DOUBLE = {"double": "def double(x):\n    return 3 * x"}
HIDDEN = ("### BEGIN HIDDEN", "hidden_rng", "autograder.hidden")


@dataclass
class Hub:
    """A machine with a course in a folder of its graders' group, and an exchange."""

    course: Course
    exchange: Path
    first: Person
    second: Person
    ada: Person
    bob: Person

    def score(self, student):
        with Gradebook(f"sqlite:///{self.course.gradebook}") as gradebook:
            return gradebook.find_submission(ID, student).score

    def page(self, student):
        """The feedback that a student has fetched, the newest."""
        return sorted(student.home.glob(f"{ID}/feedback/*/{ID}.html"))[-1].read_text()


@pytest.fixture(scope="module")
def hub():
    """Built, released, handed in twice, collected and graded by the first grader."""
    place = Path(tempfile.mkdtemp(prefix="hub-"))
    try:
        yield _graded(_made(place))
    finally:
        shutil.rmtree(place)


def _made(place):
    place.chmod(0o755)
    for folder in ("homes", "exchange", "settings", "course"):
        (place / folder).mkdir(mode=0o755)
    (place / "exchange").chmod(0o777)
    write(place / "settings" / "nbgrader_config.py", f"""
c.Exchange.root = "{place / 'exchange'}"
c.CourseDirectory.course_id = "{NAME}"
""")  # fmt: skip
    everybody = people(place / "homes", place / "settings", GROUP, graders=2, others=2)
    if not everybody:
        pytest.skip("this machine has fewer than four users besides root")
    if (done := everybody[0].python("import autograder.course")).returncode:
        pytest.skip(f"other users cannot run this Python here: {done.stderr.strip()[-200:]}")
    course = make_course(place / "course")
    config = course.root / "nbgrader_config.py"
    own = config.read_text().replace('course_id = "neuron-to-transformer"', f'course_id = "{NAME}"')
    config.write_text(f"{own}\nc.CourseDirectory.groupshared = True\n")
    for path in [course.root, *course.root.rglob("*")]:
        everybody[0].owns(path).chmod(0o2770 if path.is_dir() else 0o660)
    return Hub(course, place / "exchange", *everybody)


def _graded(hub):
    root = hub.course.root
    hub.first.run("autograder build", f"nbgrader release_assignment {ID}", folder=root)
    for student, changes in ((hub.ada, {}), (hub.bob, WRONG_DOUBLE)):
        student.owns(write(student.home / "mine.ipynb", submission(changes)))
        student.run(
            f"nbgrader fetch_assignment {ID}", f"cp mine.ipynb {ID}/{ID}.ipynb", f"nbgrader submit {ID}"
        )
    said = hub.first.run(f"nbgrader collect {ID}", "autograder grade", folder=root)
    assert "cheating attempt" not in said
    return hub


def test_who_handed_in_is_graded(hub):
    """Do submissions that went through the exchange get their points?"""
    assert (hub.score(hub.ada.name), hub.score(hub.bob.name)) == (100, 85)


def test_a_second_grader_goes_on(hub):
    """Can another grader grade again, write feedback and release it, and the first one after her, as in formgrader?"""
    root = hub.course.root
    again = f"autograder grade --force --students {hub.bob.name}"
    said = hub.second.run(again, "autograder feedback", f"nbgrader release_feedback {ID}", folder=root)
    assert "cannot go through" not in said
    hub.first.run(
        f"nbgrader autograde {ID} --force --student {hub.bob.name}", f"nbgrader generate_feedback {ID} --force",
        f"nbgrader release_feedback {ID}", folder=root,
    )  # fmt: skip
    assert (hub.score(hub.ada.name), hub.score(hub.bob.name)) == (100, 85)
    hub.bob.run(f"nbgrader fetch_feedback {ID}")
    assert "85" in hub.page(hub.bob)
    assert not any(secret in hub.page(hub.bob) for secret in HIDDEN)


def test_students_see_nothing_of_the_course(hub):
    """Are source, hidden tests, gradebook, reports and all submissions closed to a student?"""
    assert hub.bob.opened(hub.course.root) == set()
    assert len(hub.second.opened(hub.course.root)) > 20


def test_students_see_nothing_of_each_other(hub):
    """Can a student list neither the submissions nor the feedback in the exchange, nor enter a home?"""
    course = hub.exchange / NAME
    found = {Path(path) for path in hub.bob.opened(course / "inbound", course / "feedback", hub.ada.home)}
    assert course / "inbound" not in found
    assert course / "feedback" not in found
    assert not [path for path in found if hub.ada.home in [path, *path.parents]]
    released = [path for path in (course / "outbound").rglob("*") if path.is_file()]
    assert [path.name for path in released] == [f"{ID}.ipynb"]
    assert not any(secret in released[0].read_text() for secret in HIDDEN)

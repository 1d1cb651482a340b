"""One run in Gradescope's container: the submission that lies there to results.json."""

import json
import tempfile
import time
from pathlib import Path

import nbformat

from autograder.cells import cells_of, of_kind
from autograder.course import Course, CourseError
from autograder.files import plain_files, write_whole
from autograder.gradescope import challenge
from autograder.gradescope.handed_in import hand_in
from autograder.gradescope.known import Known
from autograder.gradescope.memory import fitting
from autograder.gradescope.walls import choose, close
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.released import released
from autograder.grading.submission import SubmissionError
from autograder.sandbox.limits import Limits

ROOT = Path("/autograder")
STUDENT = "student"
SPARE_SECONDS = 20  # that an entry of the challenge leaves of the time of a run
NO_TIME = "Challenge: no place. Your entry was not done in the time that a run has here."
NO_ENTRY = "Challenge: your entry could not be run, which is not your fault."
REFUSED = "The grader could not do its job, which is not your fault. Tell your instructor."


class Run:
    """A run in the folder `root`, which has the parts that Gradescope gives it."""

    def __init__(self, root: Path):
        self.began, self.results = time.monotonic(), root / "results" / "results.json"
        self.root, self.course = root, Course(root / "source" / "course")
        settings = json.loads((root / "source" / "settings.json").read_text(encoding="utf-8"))
        self.assignment, self.limits = settings["assignment"], fitting(Limits(**settings["limits"]))
        self.plain = settings["plain"]
        self.source = self.course.source(self.assignment)
        cells = cells_of(nbformat.read(self.source, as_version=4))
        self.known = Known(list(of_kind(cells, "test")), settings["hidden"])

    def grade(self) -> int:
        """Judge, and write what is known after each check; 0 when everything was judged."""
        close(self.root)
        self.write()
        try:
            wall = choose(self.root, self.limits)
            print(f"Student code is sealed off by {wall}.")
            with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
                self._judge(Course(Path(folder)), wall)
                self._measure(Course(Path(folder)), wall)
        except SubmissionError as error:
            self.known.score = 0.0  # and not nothing, so that the student sees the sentence
            return self._stop(f"Not graded: {error}")
        except Exception as error:
            kind = "" if isinstance(error, CourseError) else f"{type(error).__name__}: "
            print(f"The grader cannot do its job. {kind}{error}")
            return self._stop(REFUSED)
        self.write()
        return self._say()

    def _judge(self, here: Course, wall: str) -> None:
        """Raises SubmissionError for what the student can mend, CourseError for the rest."""
        if note := hand_in(self.root / "submission", here.submitted(STUDENT, self.assignment)):
            self.known.notes.append(note)
        known = released(self.course, self.assignment)
        given = tuple(plain_files(self.source.parent))
        rules = Rules(
            self.source, wall, self.limits, show=False, released=known, given=given, plain=self.plain,
            heard=self._hear,
        )  # fmt: skip
        result, _ = judge_one(here, STUDENT, self.assignment, rules)
        if result.problem:
            raise CourseError(result.problem)
        self.known.notes += [f"Before grading: {note}." for note in result.put_back]
        self.known.score = result.score

    def _measure(self, here: Course, wall: str) -> None:
        """An entry of the challenge; all points are there by now, and nothing harms them any more."""
        self.known.has_ended, folder = True, self.root / "source"
        if challenge.settings_of(folder):
            self.known.notes.append(NO_TIME)
            self.write()
            note = self._challenge(here, folder, wall)
            self.known.notes[-1:] = [note] if note else []
            self.write()

    def _challenge(self, here: Course, folder: Path, wall: str) -> str:
        """What the student hears of an entry; "" without one."""
        try:
            seconds = int((folder / "seconds").read_text()) - SPARE_SECONDS
            found = challenge.measured(
                folder, here.submitted(STUDENT, self.assignment), self.source,
                released(self.course, self.assignment), (wall, self.limits), self.began + seconds,
            )  # fmt: skip
        except Exception as error:
            print(f"The challenge could not be measured. {type(error).__name__}: {error}")
            return NO_ENTRY
        if not found:
            return ""
        if found.loss is None:
            print(f"Challenge: {found.problem} {found.detail}")
            return f"Challenge: no place. {found.problem}" if found.final else NO_ENTRY
        self.known.challenge = found.loss
        return f"Challenge: {found.loss:.4f} nats per character."

    def _hear(self, *checks) -> None:
        self.known.hear(*checks)
        self.write()

    def write(self) -> None:
        """Put all that is known into results.json."""
        entries = self.known.as_dict(time.monotonic() - self.began)
        write_whole(self.results, json.dumps(entries, indent=1) + "\n")

    def _stop(self, sentence: str) -> int:
        """Nothing more will be known; says why, to the student and, on stdout, to the instructor."""
        print(sentence)
        self.known.notes.insert(0, sentence)
        self.known.has_ended = True
        self.write()
        return 1

    def _say(self) -> int:
        """For the instructor alone: the score, and why checks could not run; returns the exit code."""
        lost = [check.outcome for checks in self.known.heard.values() for check in checks
                if check.outcome.status == "could not run"]  # fmt: skip
        for outcome in lost:
            print(f"{outcome.check} could not run: {outcome.cause}")
        print(f"Graded: {self.known.score:g} points.")
        return int(bool(lost))

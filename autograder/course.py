"""Where things are: every path of a course, and the error that commands turn into one sentence."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

CONFIG = "nbgrader_config.py"
SUFFIXES = (".py", ".json")


class CourseError(Exception):
    """Something an instructor can mend; its text says what happened and what to do next."""


@dataclass(frozen=True)
class Course:
    """A course folder: the one that holds nbgrader_config.py."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Course":
        """The course that `start` (default: the working directory) lies in. Raises CourseError."""
        start = Path(os.path.abspath(start or Path.cwd()))
        for folder in [start, *start.parents]:
            if (folder / CONFIG).is_file():
                return cls(_readable(folder))
        raise CourseError(
            f"No {CONFIG} in {start} or above it; run this inside the course folder, or name it with "
            "--course FOLDER."
        )

    def config(self):
        """nbgrader's settings, a traitlets Config. Raises CourseError when they do not load.

        A plugin that they name may be a module in the course folder, as with nbgrader's commands.
        """
        from traitlets.config import Config
        from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

        if str(self.root) not in sys.path:
            sys.path.append(str(self.root))
        merged = Config()
        for path in self.settings:
            loader = JSONFileConfigLoader if path.suffix == ".json" else PyFileConfigLoader
            try:
                merged.merge(loader(path.name, path=str(path.parent)).load_config())
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
                raise CourseError(f"{path} does not load ({problem}); mend it.") from error
        return merged

    @property
    def settings(self) -> list[Path]:
        """The files of nbgrader's settings, where nbgrader looks for them; the course's own comes last."""
        from jupyter_core.paths import jupyter_config_path

        bases = ("jupyter_config", Path(CONFIG).stem)
        folders = [Path(folder) for folder in reversed(jupyter_config_path())]
        found = [folder / f"{base}{suffix}" for base in bases for folder in folders for suffix in SUFFIXES]
        own = (self.root / CONFIG, self.root / Path(CONFIG).with_suffix(".json"))
        return [path for path in [*found, *own] if path.is_file()]

    @property
    def assignments(self) -> list[str]:
        """The ids of all assignments that have a source folder, sorted."""
        source = self.root / "source"
        return sorted(f.name for f in source.glob("*") if f.is_dir() and _is_assignment(f))

    def choose(self, ids: list[str]) -> list[str]:
        """`ids`, or all assignments when it is empty. Raises CourseError for an unknown one."""
        known = self.assignments
        for unknown in sorted(set(ids) - set(known)):
            raise CourseError(f"There is no assignment {unknown!r}; known are: {', '.join(known) or 'none'}.")
        if not known:
            raise CourseError(f"{self.root / 'source'} holds no assignment; `autograder new ID` begins one.")
        return list(ids) or known

    def notebooks(self, assignment: str) -> list[str]:
        """The names of an assignment's notebooks, sorted; usually one, which has the assignment's name."""
        folder = self.root / "source" / assignment
        found = {path.stem for path in notebooks_of(folder)}
        if not found or (folder / f"{assignment}.py").is_file():
            found.add(assignment)
        return sorted(found)

    def only_notebook(self, assignment: str, what: str) -> None:
        """Raise CourseError unless an assignment is one notebook of its name, as `what` wants it."""
        if (names := self.notebooks(assignment)) != [assignment]:
            raise CourseError(
                f"{assignment} is made of {', '.join(names)}, and {what} takes an assignment of one notebook "
                f"of its name; leave {assignment} out, or make each notebook an assignment of its own."
            )

    def text(self, assignment: str, notebook: str = "") -> Path:
        """The source notebook as text."""
        return self.root / "source" / assignment / f"{notebook or assignment}.py"

    def source(self, assignment: str, notebook: str = "") -> Path:
        """The source notebook that nbgrader reads."""
        return self.root / "source" / assignment / f"{notebook or assignment}.ipynb"

    def release(self, assignment: str, notebook: str = "") -> Path:
        """The student version."""
        return self.root / "release" / assignment / f"{notebook or assignment}.ipynb"

    def released(self, assignment: str) -> Path:
        """What the student versions so far said, in digests; where nbgrader does not look."""
        return self.root / "source" / ".released" / f"{assignment}.json"

    def tried(self, assignment: str) -> Path:
        """What the solution was when the build last graded it, in a digest."""
        return self.reports / ".tried" / assignment

    def solution(self, assignment: str) -> Path:
        """The executed solution, to hand out after the deadline."""
        return self.root / "solutions" / assignment / f"{assignment}.ipynb"

    @property
    def results(self) -> Path:
        """What the trained models reach: figures from the executed solutions."""
        return self.root / "solutions" / "results.json"

    def submitted(self, student: str, assignment: str, notebook: str = "") -> Path:
        """What a student handed in."""
        return self.root / "submitted" / student / assignment / f"{notebook or assignment}.ipynb"

    def autograded(self, student: str, assignment: str, notebook: str = "") -> Path:
        """The graded copy."""
        return self.root / "autograded" / student / assignment / f"{notebook or assignment}.ipynb"

    @property
    def reports(self) -> Path:
        """The folder of reports."""
        return self.root / "reports"

    @property
    def judging(self) -> Path:
        """Submissions and their sources as they were read, while they are judged; gone between two runs."""
        return self.reports / ".judging"

    def taken(self, student: str, assignment: str) -> Path:
        """One of them, which has the paths of a course."""
        return self.judging / student / assignment

    @property
    def roster(self) -> Path:
        """Who is in the class, and what the platforms call everybody; there may be none."""
        return self.root / "roster.csv"

    def downloaded(self, assignment: str) -> Path:
        """What a platform lets one download: submissions in archive/, lists of people beside it."""
        return self.root / "downloaded" / assignment

    @property
    def lock(self) -> Path:
        """What the one who writes the gradebook holds; the file itself stays."""
        return self.root / ".autograder.lock"

    @property
    def gradebook(self) -> Path:
        """nbgrader's default database."""
        return self.root / "gradebook.db"


def notebooks_of(folder: Path) -> list[Path]:
    """The notebooks in a folder by name, but for the hidden files that some systems put beside them."""
    return sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))


def _is_assignment(folder: Path) -> bool:
    return bool(notebooks_of(folder)) or (folder / f"{folder.name}.py").is_file()


def _readable(folder: Path) -> Path:
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise CourseError(
            f"The name of the folder {str(folder)!a} is not UTF-8, which the gradebook cannot take; "
            "rename it or move the course."
        ) from None
    return folder


def require_folder(path: Path) -> None:
    """Raise CourseError when something else lies where a folder is or will be."""
    if path.exists() and not path.is_dir():
        raise CourseError(f"{path} is a file, and has to be a folder; move it away and run this again.")

"""What grading finds out about one submission."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from nbformat import NotebookNode

from autograder.grading.restore import is_test


@dataclass
class Result:
    """One submission after grading; the entry of reports/results.json (docs/results.md)."""

    student: str
    assignment: str
    score: float | None = None
    max_score: float = 0.0
    seconds: float = 0.0
    problem: str = ""
    restored: list[str] = field(default_factory=list)
    cells: list[dict] = field(default_factory=list)
    fingerprints: dict[str, str] = field(default_factory=dict)

    @property
    def checks(self) -> Iterator[dict]:
        """All checks of all test cells."""
        return (check for cell in self.cells for check in cell["checks"])

    def count(self, status: str) -> int:
        """How many checks ended so."""
        return sum(check["status"] == status for check in self.checks)

    @property
    def needs_a_person(self) -> bool:
        """Not graded, or with a check that could not run."""
        return bool(self.problem) or self.count("could not run") > 0

    def as_dict(self) -> dict:
        """For JSON."""
        return asdict(self)


def failed(student: str, assignment: str, error: BaseException) -> Result:
    """The result when the grader itself broke: not the student's fault, and no zero."""
    problem = f"The grader itself failed ({type(error).__name__}: {error}); grade it again."
    return Result(student, assignment, problem=problem)


def fill(result: Result, notebook: NotebookNode) -> None:
    """Take points, checks and notes from a judged notebook."""
    facts = notebook.metadata["autograder"]
    result.restored, result.seconds = list(facts["restored"]), facts["seconds"]
    result.cells = [
        {"cell": cell.metadata.nbgrader["grade_id"], "points": float(cell.metadata.nbgrader["points"]),
         **cell.metadata["autograder"]}
        for cell in notebook.cells if cell.cell_type == "code" and is_test(cell)
    ]  # fmt: skip
    result.score = sum(cell["score"] for cell in result.cells)

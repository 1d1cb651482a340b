"""Which exercises cost the class most points."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.grading.result import Result


@dataclass(frozen=True)
class Cost:
    """A test cell, the points that the class lost in it, and what it could have given everybody."""

    assignment: str
    cell: str
    lost: float
    most: float

    @property
    def share(self) -> float:
        """The part of the points that was lost, 0 to 1."""
        return self.lost / self.most


def costs(results: list[Result]) -> list[Cost]:
    """The test cells that cost points, the dearest first; what waits for a person is not counted."""
    lost: dict[tuple[str, str], float] = defaultdict(float)
    most: dict[tuple[str, str], float] = defaultdict(float)
    for result in results:
        for cell, score, points in _scores(result):
            lost[result.assignment, cell] += max(points - score, 0.0)
            most[result.assignment, cell] += points
    found = [Cost(*key, points, most[key]) for key, points in lost.items() if round(points, 6) > 0]
    return sorted(found, key=lambda cost: (-cost.lost, cost.assignment, cost.cell))


def _scores(result: Result) -> Iterator[tuple[str, float, float]]:
    """(cell, points got, points to get), as the gradebook has them where it does."""
    if result.grade:
        yield from ((c.cell, c.score, c.max_score) for c in result.grade.cells if not c.waits)
        return
    for cell in result.cells:
        if all(check["status"] != "could not run" for check in cell["checks"]):
            yield cell["cell"], cell["score"], cell["points"]

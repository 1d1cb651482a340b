"""What one student process may use."""

import os
from dataclasses import dataclass

TIMING = 2.5  # times the seconds of a notebook; right answers of any style use a hundredth


@dataclass(frozen=True)
class Limits:
    """Seconds are the student's own CPU time, sizes bytes.

    `notebook_seconds` is what all cells of one pass have together, the calls of all tests have again, and
    what the grader asks for itself (replays, probes, answers of the reference) has once more, and so have
    proofs that a backward pass behind a wrong forward pass is right. Timing backward passes has TIMING times
    as much.
    """

    call_seconds: float = 10
    cell_seconds: float = 30
    notebook_seconds: float = 120
    memory: int = 3 * 2**30
    disk: int = 64 * 2**20
    file: int = 16 * 2**20
    output: int = 64 * 2**10
    threads: int = 64

    @property
    def process_seconds(self) -> int:
        """What no process can overrun, whatever the grader is doing: all budgets together."""
        return int(5 * self.notebook_seconds + self.timing_seconds) + 60

    @property
    def timing_seconds(self) -> float:
        """What timing backward passes has, and the replays that it makes necessary."""
        return TIMING * self.notebook_seconds

    @property
    def of_any_process(self) -> dict[str, int]:
        """Resource limits that hold from the start on, for a wall's own program too."""
        return {"RLIMIT_AS": self.memory, "RLIMIT_CPU": self.process_seconds, "RLIMIT_FSIZE": self.file,
                "RLIMIT_NOFILE": 256, "RLIMIT_CORE": 0}  # fmt: skip

    @property
    def of_the_student(self) -> dict[str, int]:
        """Resource limits of the student's process alone: threads count for the whole user elsewhere."""
        return {"RLIMIT_NPROC": 4096 if os.getuid() == 0 else self.threads}

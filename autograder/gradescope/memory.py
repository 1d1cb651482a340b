"""What the container gives a student process to use, so that it breaks its own limit before the machine's.

Else the kernel ends it, which is nobody's fault, and what its code could not do counts as could not run.
"""

from dataclasses import replace

from autograder.sandbox import cgroup
from autograder.sandbox.limits import Limits

GRADER = 256 * 2**20  # the course's largest grader takes 210 MB
LEAST = 384 * 2**20  # addresses; the course's largest right answer takes 289 MB


def fitting(limits: Limits) -> Limits:
    """These limits, with no more memory than the container has beside the grader."""
    left = [max(there - GRADER, LEAST) for there in _memory()]
    return replace(limits, memory=min([limits.memory, *left]))


def _memory() -> list[int]:
    """The bounds of this container in bytes, in either version of control groups; none where none is told."""
    files = (cgroup.ROOT / cgroup.MEMORY[2], cgroup.ROOT / "memory" / cgroup.MEMORY[1])
    texts = [file.read_text().strip() for file in files if file.is_file()]
    return [int(text) for text in texts if text.isdecimal()]

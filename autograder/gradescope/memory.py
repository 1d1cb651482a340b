"""What the container gives a student process to use, so that it breaks its own limit before the machine's.

Else the kernel ends it, which is nobody's fault, and what its code could not do is a check that could not run.
"""

from dataclasses import replace

from autograder.sandbox import cgroup
from autograder.sandbox.limits import Limits


def fitting(limits: Limits) -> Limits:
    """These limits, with no more addresses than the container has memory.

    A student process has 230 MB more addresses than memory, which is what the grader needs.
    """
    return replace(limits, memory=min([limits.memory, *_memory()]))


def _memory() -> list[int]:
    """The bounds of this container in bytes, of either version of control groups; none that cannot be read."""
    files = (cgroup.ROOT / cgroup.MEMORY[2], cgroup.ROOT / "memory" / cgroup.MEMORY[1])
    texts = [file.read_text().strip() for file in files if file.is_file()]
    return [int(text) for text in texts if text.isdecimal()]

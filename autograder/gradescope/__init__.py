"""The zip with which Gradescope grades an assignment as `autograder grade` does (docs/gradescope.md)."""

import autograder.quick  # noqa: F401 - before anything imports nbformat

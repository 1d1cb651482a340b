"""From a submission to points: read, restore, judge, record; `batch` does it for a class."""

import autograder.quick  # noqa: F401 - for the processes that grade

"""From a submission to points: read, restore, judge, record; `batch` does it for a class."""

"""Our build as nbgrader's steps: nbgrader_config.py puts them into `nbgrader generate_assignment`."""

from pathlib import Path

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.alone import alone
from autograder.course import Course


class CheckSource(NbGraderPreprocessor):
    """The first step: refuses what `autograder build` refuses, also a solution that loses points."""

    def preprocess(self, nb, resources):
        from autograder.build.pair import require_in_step
        from autograder.build.release import checked_source
        from autograder.grading.released import remember
        from autograder.grading.restore import blank

        course, assignment = _place(resources)
        with alone(course):
            require_in_step(course, assignment)
            remember(course, assignment, blank(checked_source(course, assignment, trial=True)))
        return nb, resources


class TidyRelease(NbGraderPreprocessor):
    """The last step: drops what only the source needs, and sees that the release gives nothing away."""

    def preprocess(self, nb, resources):
        from autograder.build.canonical import read_notebook
        from autograder.build.release import contents_of, require_nothing_told, tidied

        course, assignment = _place(resources)
        source = read_notebook(course.source(assignment), "run `autograder build`.")
        tidy = tidied(nb)
        beside = contents_of(course.release(assignment).parent)
        written = {f"{resources['nbgrader']['notebook']}.ipynb": nbformat.writes(tidy).encode()}
        require_nothing_told(source, assignment, {**beside, **written})
        return tidy, resources


def _place(resources: dict) -> tuple[Course, str]:
    """nbgrader works in the course's root folder while it converts."""
    return Course.find(Path.cwd()), resources["nbgrader"]["assignment"]

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
        from autograder.build.release import checked_sources
        from autograder.grading.released import remember
        from autograder.grading.restore import blank

        course, assignment = _place(resources)
        with alone(course):
            for notebook in course.notebooks(assignment):
                require_in_step(course, assignment, notebook)
            for source in checked_sources(course, assignment, trial=True)[0].values():
                remember(course, assignment, blank(source))
        return nb, resources


class TidyRelease(NbGraderPreprocessor):
    """The last step: drops what only the source needs, draws, and sees that nothing is given away."""

    def preprocess(self, nb, resources):
        from autograder.build.release import contents_of, read_sources, require_nothing_told, tidied

        course, assignment = _place(resources)
        sources = read_sources(course, assignment)
        name = resources["nbgrader"]["notebook"]
        tidy = tidied(nb, sources[name], course.source(assignment, name).parent)
        beside = contents_of(course.release(assignment).parent)
        written = {f"{name}.ipynb": nbformat.writes(tidy).encode()}
        require_nothing_told(sources, assignment, {**beside, **written})
        return tidy, resources


def _place(resources: dict) -> tuple[Course, str]:
    """nbgrader works in the course's root folder while it converts."""
    return Course.find(Path.cwd()), resources["nbgrader"]["assignment"]

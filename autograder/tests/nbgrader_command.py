"""nbgrader's commands in this process."""

import sys

from autograder.gradebook import own_programs_first


def runner(course, monkeypatch, home):
    """A function that runs one of nbgrader's commands in a course's folder, with no settings but the course's."""
    from nbgrader.apps import NbGraderApp

    for name in ("HOME", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.chdir(course.root)

    def run(*arguments):
        before = [*sys.path]
        try:
            with own_programs_first():
                NbGraderApp.launch_instance(list(arguments))
        finally:
            sys.path[:] = before  # nbgrader puts the working directory there
            for app, _ in NbGraderApp.subcommands.values():
                app.clear_instance()

    return run

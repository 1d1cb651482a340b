"""With which settings does nbgrader's formgrader grade, when it is started outside of the course's folder?"""

from pathlib import Path

from traitlets.config import Config

from autograder.course import CONFIG, Course, CourseError

ADVICE = 'add the line load_subconfig("{}", path="{}") (docs/hub.md)'


def course_of_formgrader() -> tuple[Path | None, str]:
    """The course that Jupyter's own settings name, if any; and what to do when its settings are not used.

    A server that starts elsewhere, as on a hub, reads no nbgrader_config.py in the course's folder. Its
    buttons would then grade with nbgrader's own steps, unsealed.
    """
    try:
        config = Course(Path("/nowhere")).config()
    except CourseError as error:
        return None, str(error)
    root = config.CourseDirectory.get("root")
    if not isinstance(root, str) or not (Path(root) / CONFIG).is_file():
        return None, ""
    return Path(root), "" if _is_sealed(config) else ADVICE.format(CONFIG, root)


def _is_sealed(config: Config) -> bool:
    """Is our step among those of grading?"""
    steps = config.Autograde.get("autograde_preprocessors", [])
    return isinstance(steps, list) and "SealedExecute" in [getattr(step, "__name__", step) for step in steps]

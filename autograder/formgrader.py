"""With which settings does nbgrader's formgrader grade, when it is started outside of the course's folder?"""

from pathlib import Path

from autograder.course import CONFIG, Course, CourseError

ADVICE = (
    "would grade {root} unsealed: where c.CourseDirectory.root is set, add the line "
    'load_subconfig("{config}", path="{root}") (docs/hub.md)'
)


def how_it_grades() -> tuple[bool, str] | None:
    """Is it sealed, and in words; None when Jupyter's own settings name no course of ours.

    A server that starts elsewhere, as on a hub, reads no nbgrader_config.py in the course's folder. Its
    buttons would then grade with nbgrader's own steps, unsealed.
    """
    try:
        config = Course(Path("/nowhere")).config()
    except CourseError as error:
        return False, str(error)
    root = config.CourseDirectory.get("root")
    if not isinstance(root, str) or not (Path(root) / CONFIG).is_file():
        return None
    steps = config.Autograde.get("autograde_preprocessors", [])
    if isinstance(steps, list) and "SealedExecute" in [getattr(step, "__name__", step) for step in steps]:
        return True, f"grades {root} sealed"
    return False, ADVICE.format(root=root, config=CONFIG)

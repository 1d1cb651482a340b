"""The notebook among the files that a student uploaded, as a submission of a course folder."""

import shutil
from pathlib import Path

from autograder.files import files_below
from autograder.grading.submission import SubmissionError, other_notebooks, read_submission
from autograder.grading.times import TIMESTAMP


def hand_in(uploaded: Path, notebook: Path) -> str:
    """Copy what was uploaded to where `notebook` will be; a sentence when it had another name, else "".

    Of several notebooks the one with the right name counts. Raises SubmissionError when none does, or it
    cannot be read.
    """
    chosen = uploaded / notebook.name
    if not chosen.is_file() or chosen.is_symlink():
        chosen = uploaded / _only(uploaded, notebook.name)
    notebook.parent.mkdir(parents=True)
    shutil.copyfile(chosen, notebook, follow_symlinks=False)
    for file in files_below(chosen.parent, {chosen.name, notebook.name}):
        if file.name != TIMESTAMP:  # Gradescope knows when it came
            place = notebook.parent / file.relative_to(chosen.parent)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    read_submission(notebook)
    name = chosen.relative_to(uploaded).as_posix()
    return f"{name} was taken for {notebook.name}." if name != notebook.name else ""


def _only(uploaded: Path, name: str) -> str:
    """The only notebook there is."""
    found = [one for one in other_notebooks(uploaded / name) if one.endswith(".ipynb")]
    if len(found) == 1:
        return found[0]
    if not found:
        raise SubmissionError(f"No notebook was uploaded; upload {name}.")
    raise SubmissionError(f"{len(found)} notebooks were uploaded, and none is {name}; upload that one alone.")

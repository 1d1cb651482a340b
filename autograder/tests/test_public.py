"""What notebooks import: are all public names there, and is nothing loaded that nobody asked for?"""

import subprocess
import sys

import pytest

import autograder

LOADED = (
    "import sys, autograder.sandbox.worker; print([name for name in sys.modules if name.startswith({!r})])"
)


@pytest.mark.parametrize("name", autograder.__all__)
def test_public_names_are_there(name):
    """Does each have a module to come from, and a docstring where it is a function?"""
    value = getattr(autograder, name)
    assert value.__doc__
    assert getattr(value, "__module__", "autograder.").startswith("autograder.")


def test_no_other_names_are_public():
    """Are the names that are listed those that are found, and is another one an error as usual?"""
    assert set(autograder.__all__) == set(autograder._WHERE) <= set(dir(autograder))
    with pytest.raises(AttributeError, match="no attribute 'check_value'"):
        _ = autograder.check_value
    with pytest.raises(ImportError, match="cannot import name 'check_value'"):
        exec("from autograder import check_value", {})


@pytest.mark.parametrize(
    "part",
    [
        "autograder.diagnosis.engine",
        "autograder.checks.gradients",
        "autograder.notebook.pictures",
        "matplotlib",
        "nbgrader",
    ],
)
def test_a_sealed_process_loads_little(part):
    """Is what only checks, figures or instructors need left out of a student's process?"""
    script = LOADED.format(part)
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

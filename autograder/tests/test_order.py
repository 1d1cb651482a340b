"""Which tests run when, and which ones `make check` picks."""

from pathlib import Path
from types import SimpleNamespace

from autograder.tests import changed
from autograder.tests.conftest import LONGEST, pytest_collection_modifyitems

HERE = Path(__file__).parent


def test_the_longest_files_are_there_and_first():
    """Does each name a file, do these come first, and the others in the order in which they were?"""
    assert [name for name in LONGEST if not (HERE / f"{name}.py").exists()] == []
    items = [
        SimpleNamespace(path=Path(f"{name}.py")) for name in ("test_b", LONGEST[1], "test_a", LONGEST[0])
    ]
    pytest_collection_modifyitems(items)
    assert [item.path.stem for item in items] == [LONGEST[0], LONGEST[1], "test_b", "test_a"]


def test_what_imports_a_changed_file_is_picked():
    """Are a changed test and the tests that import a changed module run, and no others?"""
    files = [Path("autograder/files.py"), Path("autograder/tests/test_order.py")]
    picked = {path.name for path in changed.tests_of(files)}
    assert "test_order.py" in picked
    assert all("autograder.files" in (HERE / name).read_text() for name in picked - {"test_order.py"})
    assert changed.tests_of([]) == []

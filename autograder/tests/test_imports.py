"""Does the way of the data go one way: no circle of imports, and folders that know only what stands above?"""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
# What a student's process may see, beside modules of the package's own folder.
STUDENTS = {"notebook", "checks", "diagnosis"}


def modules() -> dict[str, Path]:
    """Every module but the tests, by its dotted name."""
    paths = (path for path in PACKAGE.rglob("*.py") if "tests" not in path.parts)
    return {_dotted(path): path for path in paths}


def _dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the package that one imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{name.name}" for name in node.names}
            found |= (whole & known.keys()) or {node.module}
    return (found & known.keys()) - {_dotted(path)}


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """Who imports whom."""
    known = modules()
    return {name: imports(path, known) for name, path in known.items()}


def require_no_circle(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_module_imports_itself_in_the_end(graph):
    """Can each module be read without one that needs it?"""
    require_no_circle(graph)


def test_no_folder_imports_itself_in_the_end(graph):
    """Can each folder be read without one that needs it?"""
    folders: dict[str, set[str]] = {}
    for name, others in graph.items():
        if folder := folder_of(name):
            folders.setdefault(folder, set()).update(filter(None, map(folder_of, others)))
    require_no_circle({folder: others - {folder} for folder, others in folders.items()})


@pytest.mark.parametrize("folder", sorted(STUDENTS))
def test_students_side_stands_alone(graph, folder):
    """Does nothing that notebooks import reach into grading?"""
    for name, others in graph.items():
        if folder_of(name) == folder:
            assert {folder_of(other) for other in others} <= STUDENTS, name


def folder_of(name: str) -> str:
    """The folder that a module lies in, "" for one at the top."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and (PACKAGE / parts[1]).is_dir() else ""

"""Which tests `make check` runs: those that were changed, and those that import what was changed."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = Path("autograder/tests")


def changed_files(against: str) -> list[Path]:
    """The Python files of the package that differ from a commit, with those that git does not know yet."""
    commands = (["diff", "--name-only", against], ["ls-files", "--others", "--exclude-standard"])
    names = [name for command in commands for name in _git(*command).splitlines()]
    return [Path(name) for name in names if name.startswith("autograder/") and name.endswith(".py")]


def tests_of(files: list[Path]) -> list[Path]:
    """The test files among `files`, and those that import one of them by name."""
    modules = {".".join(file.with_suffix("").parts) for file in files}
    known = sorted((ROOT / TESTS).glob("test_*.py"))
    asked = [path for path in known if path.relative_to(ROOT) in files or _imports(path) & modules]
    return [path.relative_to(ROOT) for path in asked]


def _imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    names = {f"{node.module}.{name.name}" for node in froms for name in node.names}
    return names | {node.module for node in froms}


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    print(*tests_of(changed_files(*(sys.argv[1:] or ["HEAD"]))))

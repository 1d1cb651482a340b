"""Does docs/architecture.md name files that there are?"""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
PAGE = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
FOLDERS = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"tests", "__pycache__"}
NAMED = sorted(
    name for name in set(re.findall(r"`([a-z_/]+(?:\.py|/))`", PAGE)) if name.partition("/")[0] in FOLDERS
    or "/" not in name
)  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_named_file_is_there(name):
    """Can a reader open it?"""
    assert (PACKAGE / name).exists()


def test_every_folder_is_named():
    """Is there a folder that a new reader would find nothing about?"""
    contributing = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {name for name in FOLDERS if f"`{name}/`" not in contributing + PAGE} == set()

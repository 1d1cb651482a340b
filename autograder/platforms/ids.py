"""What may be the name of a student or a file in submitted/."""

import unicodedata

MAX_NAME = 200
PATTERN = set("*?[]")  # nbgrader looks for folders by pattern


def safe_name(text: str) -> str:
    """`text` as one name of a file or folder. Raises ValueError, with a sentence, when it cannot be one."""
    name = unicodedata.normalize("NFC", text).strip()
    if not name or name.startswith(".") or "/" in name or "\\" in name:
        raise ValueError(f"{name!r} would not be a folder or file of its own in submitted/")
    if not name.isprintable() or len(name.encode()) > MAX_NAME:
        raise ValueError(f"{name!r} is too long, or has characters that nobody can see")
    return name


def student_id(text: str) -> str:
    """`text` as an id, the name of a folder in submitted/. Raises ValueError, with a sentence."""
    name = safe_name(text)
    if set(name) & PATTERN:
        raise ValueError(f"{name!r} holds one of * ? [ ], which nbgrader cannot have in an id")
    return name

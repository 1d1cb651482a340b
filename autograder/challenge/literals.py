"""How much text or data a student's code carries, and how much it can at most, in bytes."""

import ast
import zlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

MOST = 1000  # bytes in all; what they can tell of the text stands in docs/challenge.md
MOST_CODE = 10_000  # of the code itself, compressed; the exercises of 06 and a long entry have 5,500
LONG = 40  # characters of a name, from which on it counts as text

Literals = Counter[tuple[str, Any]]


def literals_of(trees: Iterable[ast.AST]) -> Literals:
    """How often each literal stands in code, and each name that is too long for one."""
    found: Literals = Counter()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Constant):
            found[type(node.value).__name__, node.value] += 1
            continue
        for name in (name for _, field in ast.iter_fields(node) for name in _names(field)):
            if len(name) > LONG:
                found["name", name] += 1
    return found


def size(literals: Literals) -> int:
    """Their bytes: of a text in UTF-8, of a number as many as hold it, and one at least."""
    return sum(count * _size(value) for (_, value), count in literals.items())


def compressed(code: Iterable[str]) -> int:
    """How many bytes say this code: more it cannot tell, whatever is hidden in its names and their order."""
    return len(zlib.compress("\n".join(code).encode("utf-8", "replace"), 9))


def _names(field: Any) -> list[str]:
    """The names in a field of a syntax tree."""
    return [one for one in (field if isinstance(field, list) else [field]) if isinstance(one, str)]


def _size(value: Any) -> int:
    if isinstance(value, str):
        return max(len(value.encode("utf-8", "replace")), 1)
    if isinstance(value, bytes):
        return max(len(value), 1)
    if isinstance(value, float | complex):
        return min(len(repr(value)), 16 if isinstance(value, complex) else 8)
    return max((value.bit_length() + 7) // 8, 1) if isinstance(value, int) else 1

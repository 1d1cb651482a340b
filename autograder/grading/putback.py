"""What student code did to the test's own lists, arrays and the like, done to them here."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.sandbox.wire.tables import is_table


def put(old: Any, new: Any) -> None:
    """Let `old` hold what `new` holds. Raises TypeError where it cannot."""
    if type(old) is not type(new):
        raise TypeError("another type")
    if isinstance(old, list):
        old[:] = [_merged(mine, one) for mine, one in _beside(old, new)]
    elif isinstance(old, dict):
        entries = {key: _merged(old.get(key), one) for key, one in new.items()}
        old.clear()
        old.update(entries)
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif isinstance(old, bytearray):
        old[:] = new
    elif isinstance(old, np.ndarray):
        old[...] = new
    elif isinstance(old, np.random.Generator):
        old.bit_generator.state = new.bit_generator.state
    elif is_table(type(old)):
        old._update_inplace(new)


def _beside(old: list, new: list) -> Iterator[tuple]:
    return ((old[i] if i < len(old) else None, one) for i, one in enumerate(new))


def _merged(old: Any, new: Any) -> Any:
    """An inner list, dict, set or array stays the same object."""
    if type(old) is not type(new) or not isinstance(old, list | dict | set | np.ndarray):
        return new
    if isinstance(old, np.ndarray) and (old.shape != new.shape or old.dtype != new.dtype):
        return new
    put(old, new)
    return old

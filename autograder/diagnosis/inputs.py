"""The inputs of a check: named values, of which some are dicts of further ones."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Inputs = dict[str, Any]
Path = tuple


def every(inputs: Mapping, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All values that are no dicts, with their paths through dicts."""
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            yield from every(value, (*path, name))
        else:
            yield (*path, name), value


def arrays(inputs: Mapping, kinds: str = "biuf") -> Iterator[tuple[Path, NDArray]]:
    """The arrays of these kinds."""
    return ((path, v) for path, v in every(inputs) if isinstance(v, np.ndarray) and v.dtype.kind in kinds)


def leaves(inputs: Mapping) -> Iterator[tuple[Path, NDArray]]:
    """The float arrays."""
    return arrays(inputs, "f")


def numbers(inputs: Mapping) -> Iterator[tuple[Path, float]]:
    """The plain numbers."""
    return ((path, value) for path, value in every(inputs) if type(value) in (int, float))


def replaced(inputs: Mapping, path: Path, value: Any) -> Inputs:
    """A copy with another value at the end of a path."""
    head, *rest = path
    return {**inputs, head: replaced(inputs[head], tuple(rest), value) if rest else value}


def at(inputs: Mapping, path: Path) -> Any:
    """The value at the end of a path."""
    for key in path:
        inputs = inputs[key]
    return inputs


def label(inputs: Mapping, path: Path) -> str:
    """An argument's name, with that of its dict where another one holds the same."""
    several = sum(other[-1] == path[-1] for other, _ in every(inputs)) > 1
    return path[0] + "".join(f"['{key}']" for key in path[1:]) if several else str(path[-1])


def alike(left: Any, right: Any) -> bool:
    """Dicts of the same keys with entries of the same shapes, all the way down."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(alike(left[key], right[key]) for key in left)
    mixed = isinstance(left, Mapping) or isinstance(right, Mapping)
    return not mixed and np.shape(left) == np.shape(right)

"""What a docstring promises: the names of the axes of what goes in, and the names of what comes out.

Understood are shapes behind names, as in `x, y: (B, T) ids`, `params: "Wx" (V, 4H)`, `{"w": (V,)}`,
`Returns h (B, H), loss (a number)` and `Returns out, cache: out is (..., D)`. Whatever else a docstring says
is ignored, and where it says nothing, axes have no names.
"""

import functools
import math
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from autograder.diagnosis.inputs import Path, arrays, at, numbers

DIM = r"(?:\d*\s*\*?\s*[A-Za-z]\w*(?:\s*\*\s*[A-Za-z]\w*)*|\d+|\.\.\.)"
SHAPE = rf"\(\s*({DIM}(?:\s*,\s*{DIM})*\s*,?|\s*)\s*\)"
NAME = r"[\"`']?([A-Za-z_][\w.]*)[\"`']?"
NAMED = re.compile(
    rf"((?:{NAME}\s*(?:,|,?\s+and)\s*)*{NAME})(?:\s*:|,?\s+is|,?\s+each|,)?\s*(?:an? |the )?{SHAPE}"
)
OUTPUT = re.compile(rf"{NAME}\s+\((?:a number|a single number|{DIM}(?:\s*,\s*{DIM})*\s*,?)\)")
NUMBER = re.compile(r"([A-Za-z_]\w*), a single number|([A-Za-z_]\w*) is a (?:single )?number")
COUNT = re.compile(rf"{NAME}: ([A-Za-z]\w?)[,.] ")
REST = "..."
WORDS = {"a", "an", "and", "as", "each", "is", "of", "or", "the"}

Dim = tuple[int, tuple[str, ...]]  # a factor, and the symbols that it multiplies


@dataclass(frozen=True)
class Contract:
    """The dimensions of each named array, the results' names in order, and numbers that are a size."""

    shapes: Mapping[str, tuple[Dim | str, ...]]
    returns: tuple[str, ...] = ()
    counts: Mapping[str, str] = field(default_factory=dict)

    def axes(self, name: Any, count: int) -> tuple[Dim, ...] | None:
        """The dimensions of an array with so many axes; None when nothing is said about them."""
        name = str(name)
        shape = self.shapes.get(name, self.shapes.get(name.rpartition(".")[2]))
        if shape is None:
            return None
        if REST in shape:
            place = shape.index(REST)
            more = tuple((1, (f"{REST}{i}",)) for i in range(count - len(shape) + 1))
            shape = (*shape[:place], *more, *shape[place + 1 :])
        return cast(tuple[Dim, ...], shape) if len(shape) == count else None


def contract_of(function: Any, whole: bool = False) -> Contract:
    """The contract that a function's docstring states, perhaps an empty one.

    The shapes of what it only names, such as parameters, are those in the docstrings of functions that it
    calls; `whole` asks for all that these state.
    """
    own, names = _stated(function.__doc__), set(re.findall(r"\w+", function.__doc__ or ""))
    parts = [_stated(part.__doc__) for part in called_by(function).values()]
    more = {name: shape for part in parts for name, shape in part.shapes.items() if whole or name in names}
    return replace(own, shapes={**more, **own.shapes})


def called_by(function: Any) -> dict[str, types.FunctionType]:
    """The functions of the same notebook that this one calls by their names."""
    names = function.__code__.co_names if isinstance(function, types.FunctionType) else ()
    scope = getattr(function, "__globals__", {})
    found = {name: scope[name] for name in names if isinstance(scope.get(name), types.FunctionType)}
    return {name: part for name, part in found.items() if part.__globals__ is scope}


@functools.lru_cache(maxsize=1000)
def _stated(docstring: str | None) -> Contract:
    text = re.sub(r"\s+", " ", docstring or "")
    before, _, after = text.partition("Returns ")
    counts = dict(COUNT.findall(before))
    return Contract(dict([*_shapes(after), *_shapes(before)]), tuple(_results(after)), counts)


def _shapes(text: str) -> Iterator[tuple[str, tuple[Dim | str, ...]]]:
    for match in NAMED.finditer(text):
        shape = match.groups()[-1]
        dims = tuple(_dim(part.strip()) for part in shape.split(",") if part.strip())
        for name in re.findall(NAME, match.group(1)):
            if name not in WORDS:
                yield name, dims


def _dim(text: str) -> Dim | str:
    if text == REST:
        return REST
    factor = re.match(r"\d+", text)
    return int(factor.group()) if factor else 1, tuple(re.findall(r"[A-Za-z]\w*", text))


def _results(text: str) -> Iterator[str]:
    """The names of the results in front of a cache, in their order."""
    text = re.split(r"[Aa]nd a cache", text)[0]
    if listed := re.match(r"((?:\w+, )+)(?:cache|grads): ", text):
        yield from (name for name in listed.group(1).split(", ") if name not in ("", "cache"))
        return
    found = [(m.start(), m.group(1)) for m in OUTPUT.finditer(text) if m.group(1) not in WORDS]
    found += [(m.start(), m.group(1) or m.group(2)) for m in NUMBER.finditer(text)]
    yield from (name for _, name in sorted(found))


@dataclass(frozen=True)
class Roles:
    """The axes of a check's inputs: dimensions by path, the size of each symbol, numbers that state one."""

    dims: Mapping[Path, tuple[Dim, ...]]
    sizes: Mapping[str, int]
    counts: Mapping[Path, str]

    def shape(self, path: Path, sizes: Mapping[str, int]) -> tuple[int, ...] | None:
        """The shape of an array for other sizes; None when its axes have no names."""
        dims = self.dims.get(path)
        return None if dims is None else tuple(_length(dim, sizes) for dim in dims)

    @property
    def named(self) -> dict[str, int]:
        """The symbols that a docstring gives, without those of its ellipses."""
        return {symbol: size for symbol, size in self.sizes.items() if not symbol.startswith(REST)}


def _length(dim: Dim, sizes: Mapping[str, int]) -> int:
    return dim[0] * math.prod(sizes[symbol] for symbol in dim[1])


def roles_of(contract: Contract, inputs: Mapping) -> Roles:
    """The roles of the axes of these inputs; those that contradict the contract have none."""
    found = dict(arrays(inputs))
    said = {path: contract.axes(path[-1], array.ndim) for path, array in found.items()}
    dims = {path: axes for path, axes in said.items() if axes is not None}
    sizes: dict[str, int] = {}
    for path, axes in dims.items():
        for (factor, symbols), length in zip(axes, found[path].shape, strict=True):
            if len(symbols) == 1 and length % factor == 0:
                sizes.setdefault(symbols[0], length // factor)
    whole = [path for path, value in numbers(inputs) if type(value) is int]
    counts = {path: contract.counts.get(path[-1], str(path[-1])) for path in whole}
    for path, symbol in counts.items():
        if any(symbol in symbols for axes in dims.values() for _, symbols in axes):
            sizes.setdefault(symbol, int(at(inputs, path)))
    _fill(dims, found, sizes)
    fits = {path: axes for path, axes in dims.items() if _fits(axes, found[path].shape, sizes)}
    for path, array in found.items():
        if path not in said or said[path] is None:
            fits[path] = tuple(_guess(length, sizes) for length in array.shape)
    used = {symbol for axes in fits.values() for _, symbols in axes for symbol in symbols}
    counts = {p: s for p, s in counts.items() if s in used and sizes[s] == dict(numbers(inputs))[p]}
    return Roles(fits, {s: n for s, n in sizes.items() if s in used}, counts)


def _fill(dims: Mapping, found: Mapping, sizes: dict[str, int]) -> None:
    """The size of a symbol that only stands in products."""
    for path, axes in dims.items():
        for (factor, symbols), length in zip(axes, found[path].shape, strict=True):
            unknown = [symbol for symbol in symbols if symbol not in sizes]
            known = factor * math.prod(sizes[symbol] for symbol in symbols if symbol in sizes)
            if len(unknown) == 1 and known and length % known == 0:
                sizes[unknown[0]] = length // known


def _fits(axes: tuple[Dim, ...], shape: tuple[int, ...], sizes: Mapping[str, int]) -> bool:
    known = all(symbol in sizes for _, symbols in axes for symbol in symbols)
    return known and tuple(_length(dim, sizes) for dim in axes) == shape


def _guess(length: int, sizes: Mapping[str, int]) -> Dim:
    """An axis without a name goes with the only symbol of its size, or of a simple part of that.

    The reference tells whether that works, for it takes no arrays that do not fit together.
    """
    for factor in (1, 2, 3, 4):
        same = [symbol for symbol, size in sizes.items() if factor * size == length]
        if len(same) == 1 and length > 1:
            return factor, (same[0],)
    return length, ()


def axes_of(contract: Contract, name: str, array: np.ndarray) -> tuple[str, ...]:
    """The names of an array's axes, such as ("B", "4H"); "" for one without a name."""
    axes = contract.axes(name, array.ndim) or ((0, ()),) * array.ndim
    return tuple(
        ("" if factor == 1 or not factor else str(factor)) + " * ".join(symbols)
        if symbols and not symbols[0].startswith(REST) else "" for factor, symbols in axes
    )  # fmt: skip

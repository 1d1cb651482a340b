"""Tables of pandas by value, where pandas is installed: the course itself does not need it."""

import importlib
from typing import Any


def is_table(kind: type) -> bool:
    """Is it pandas' own DataFrame or Series?"""
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in ("DataFrame", "Series")


def parts_of(value: Any) -> tuple[str, list]:
    """The name of a table's kind, and the plain values that make it."""
    index = [list(value.index), list(value.index.names)]
    if type(value).__name__ == "Series":
        return "series", [value.name, *index, value.to_numpy()]
    columns = [value.iloc[:, place].to_numpy() for place in range(value.shape[1])]
    return "frame", [list(value.columns), *index, *columns]


def series(values: list) -> Any:
    """A Series of its parts. Raises ValueError without pandas, or when they do not fit."""
    name, index, names, data = values
    made = _pandas().Series(data, index=index, name=name)
    made.index.names = names
    return made


def frame(values: list) -> Any:
    """A DataFrame of its parts. Raises ValueError without pandas, or when they do not fit."""
    columns, index, names, *data = values
    made = _pandas().DataFrame(dict(enumerate(data)), index=index)
    made.columns, made.index.names = columns, names
    return made


def _pandas() -> Any:
    try:
        return importlib.import_module("pandas")
    except ImportError:
        raise ValueError("a table, without pandas") from None

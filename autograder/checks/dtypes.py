"""Which kind of numbers an array holds, and may hold: floats, whole numbers or truth values."""

import numpy as np
from numpy.typing import NDArray

from autograder.checks.outcome import Failure

NAMES = {"f": "floats", "i": "whole numbers", "u": "whole numbers", "b": "truth values"}


def require_dtype(value: NDArray, like: NDArray, name: str, any_number: bool = False) -> None:
    """Raises Failure when the numbers in `value` are of another kind or precision than those in `like`.

    Whole numbers may have any width. Floats may have more digits than are asked for, but stay float32 where
    that is asked for. A single number may be whole or a float; with `any_number` an array's may be, too.
    """
    found, asked = NAMES.get(value.dtype.kind), NAMES[like.dtype.kind]
    if found is None:
        raise Failure(f"{name} does not hold numbers.", f"dtype {value.dtype}", code="dtype")
    if found == asked == "floats":
        _require_precision(value, like, name)
    elif found != asked and not (_are_numbers(found, asked) and (any_number or like.ndim == 0)):
        cause = f"{name} holds {found} where {asked} are asked for."
        raise Failure(cause, f"dtype {value.dtype}", code="dtype")


def _are_numbers(*kinds: str) -> bool:
    return "truth values" not in kinds


def _require_precision(value: NDArray, like: NDArray, name: str) -> None:
    if like.ndim and like.dtype == np.float32 and value.itemsize > like.itemsize:
        raise Failure(
            f"{name} is {value.dtype} where float32 is asked for; keep to the dtype of what comes in.",
            code="dtype",
        )
    if value.itemsize < like.itemsize:
        raise Failure(f"{name} loses precision: it is {value.dtype}, not {like.dtype}.", code="dtype")

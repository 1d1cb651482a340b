"""Other inputs of the same shapes, for a call between two that must not notice it."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def others(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of the same shapes with other values: ids and truth values change places, floats are halved."""
    return {
        name: others(value) if isinstance(value, Mapping)
        else np.roll(value, 1) if isinstance(value, np.ndarray) and value.dtype.kind != "f"
        else value / 2 if isinstance(value, np.ndarray) else value
        for name, value in inputs.items()
    }  # fmt: skip

"""Does training reach the loss that correct code reaches?"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from autograder.checks.calls import call, require_array
from autograder.checks.outcome import Failure, Row, check

UNCHANGED = 1e-3


@check
def check_training(
    train: Callable,
    inputs: Mapping[str, Any],
    evaluate: Callable[[dict[str, NDArray]], float],
    *,
    at_most: float,
    like: Mapping[str, NDArray],
    seconds: float = 30,
) -> str:
    """Does `train(*inputs.values())` return parameters whose loss is `at_most` that (nats per character)?

    `train` returns `params` or `(params, ...)`, with the keys and shapes of `like`. The loss is
    what `evaluate(params)` says, never what training reported. The products of such small models
    use one thread: several would wait for each other longer than they compute.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        result = call(train, *inputs.values(), seconds=seconds)
    params = result[0] if type(result) in (tuple, list) and result else result
    loss = float(evaluate(_require_params(params, like)))
    if not loss <= at_most:
        raise _failure(loss, at_most, evaluate, inputs.get("params"), result)
    return f"trained to {loss:.4f}, target {at_most:g}"


def _failure(loss: float, at_most: float, evaluate: Callable, start_params: Any, result: Any) -> Failure:
    """The Failure that compares the loss with where training began, if the start is among the inputs."""
    row = Row("loss", f"{loss:.4f} (target: at most {at_most:g})", "too high")
    start = float(evaluate(start_params)) if isinstance(start_params, Mapping) else np.inf
    if loss > start + UNCHANGED and _falls(result):
        cause = "Training learns something else: its own losses fall, and the loss on the text rises."
        return Failure(cause, rows=(row,), code="target")
    if loss > start + UNCHANGED:
        return Failure("After training, the loss is higher than before.", rows=(row,), code="diverged")
    if start < np.inf and loss > start - UNCHANGED:
        return Failure("Training leaves the loss where it was.", rows=(row,), code="did not learn")
    return Failure("After training, the loss is above the target.", rows=(row,), code="target")


def _falls(result: Any) -> bool:
    """Do the losses that training itself reports fall? They are believed for no more than a message."""
    losses = result[1] if type(result) in (tuple, list) and len(result) > 1 else None
    losses = np.atleast_1d(losses) if isinstance(losses, np.ndarray) else losses
    if not isinstance(losses, list | np.ndarray):
        return False
    values = [float(x) for x in losses if isinstance(x, float | np.floating)]
    part = len(values) // 4
    return part > 0 and sum(values[-part:]) < sum(values[:part])


def _require_params(params: Any, like: Mapping[str, NDArray]) -> dict[str, NDArray]:
    if type(params) is not dict or params.keys() != like.keys():
        raise Failure(
            f"Training should return a dict of parameters with the keys {sorted(like)}.", code="returns"
        )
    return {name: _require_floats(params[name], np.shape(like[name]), name) for name in like}


def _require_floats(value: Any, shape: tuple, name: str) -> NDArray:
    """An array of that shape and any float dtype; whole numbers become floats."""
    array = require_array(value, np.empty(shape, np.float16), name, any_number=True)
    return array if array.dtype.kind == "f" else array.astype(np.float64)

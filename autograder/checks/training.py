"""Does training reach the loss that correct code reaches?"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from autograder.checks.calls import call, require_array
from autograder.checks.outcome import Failure, Row, Trained
from autograder.checks.running import check, seconds_of_check, truth_of

SECONDS = 30
UNCHANGED = 2.5e-4  # of the loss before training
OTHERWISE = 0.5  # of the change that is right


@check
def check_training(
    train: Callable,
    inputs: Mapping[str, Any],
    evaluate: Callable[[dict[str, NDArray]], float],
    *,
    at_most: float,
    like: Mapping[str, NDArray],
    few: Mapping[str, Any] | None = None,
) -> str:
    """Does `train(*inputs.values())` return parameters whose loss is `at_most` that?

    With `few`, other inputs with few updates, grading first asks whether they move the parameters about as
    the reference's do: who returns parameters that come from elsewhere has no training.

    `train` returns `params` or `(params, ...)`, with the keys and shapes of `like`. The loss is
    what `evaluate(params)` says, never what training reported. The products of such small models
    use one thread: several would wait for each other longer than they compute. A call may take SECONDS,
    or what `seconds` says.
    """
    seconds = seconds_of_check() or SECONDS
    with threadpool_limits(limits=1, user_api="blas"):
        _require_updates(train, few or {}, seconds)
        result = call(train, *inputs.values(), seconds=seconds)
    loss = float(evaluate(_require_params(_params(result), like)))
    if not loss <= at_most:
        failure = _failure(loss, at_most, evaluate, inputs.get("params"), result)
        failure.loss = loss
        raise failure
    return Trained(f"trained to {_digits(loss)}, target {at_most:g}", loss)


def _require_updates(train: Callable, few: Mapping[str, Any], seconds: float) -> None:
    """Raise Failure when few updates change the parameters otherwise than the reference's, by far."""
    right_train = truth_of(train)
    if not few or not right_train:
        return
    right = _params(right_train(*copy.deepcopy(list(few.values()))))
    start = next(p for p in few.values() if isinstance(p, Mapping) and p.keys() == right.keys())
    found = _require_params(_params(call(train, *few.values(), seconds=seconds)), right)
    moved, wanted = (
        np.concatenate([np.ravel(params[name] - start[name]) for name in start]) for params in (found, right)
    )
    if np.linalg.norm(moved - wanted) > OTHERWISE * np.linalg.norm(wanted):
        cause = "A few updates, from other parameters, do not move them as training should."
        raise Failure(cause, code="did not learn")


def _params(result: Any) -> Any:
    return result[0] if isinstance(result, tuple | list) and result else result


def _failure(loss: float, at_most: float, evaluate: Callable, start_params: Any, result: Any) -> Failure:
    """The Failure that compares the loss with where training began, if the start is among the inputs."""
    row = Row("loss", f"{_digits(loss)} (target: at most {at_most:g})", "too high")
    start = float(evaluate(start_params)) if isinstance(start_params, Mapping) else np.inf
    slack = UNCHANGED * abs(start)
    if loss > start + slack and _falls(result):
        cause = "Training learns something else: its own losses fall, and the loss on the text rises."
        return Failure(cause, rows=(row,), code="target")
    if loss > start + slack:
        return Failure("After training, the loss is higher than before.", rows=(row,), code="diverged")
    if start < np.inf and loss > start - slack:
        return Failure("Training leaves the loss where it was.", rows=(row,), code="did not learn")
    return Failure("After training, the loss is above the target.", rows=(row,), code="target")


def _digits(loss: float) -> str:
    return f"{loss:.4f}" if abs(loss) >= 0.01 or loss == 0 else f"{loss:.3g}"


def _falls(result: Any) -> bool:
    """Do the losses that training itself reports fall? They are believed for no more than a message."""
    losses = result[1] if isinstance(result, tuple | list) and len(result) > 1 else None
    losses = np.atleast_1d(losses) if isinstance(losses, np.ndarray) else losses
    if not isinstance(losses, list | np.ndarray):
        return False
    values = [float(x) for x in losses if isinstance(x, float | np.floating)]
    part = len(values) // 4
    return part > 0 and sum(values[-part:]) < sum(values[:part])


def _require_params(params: Any, like: Mapping[str, NDArray]) -> dict[str, NDArray]:
    if not isinstance(params, Mapping) or params.keys() != like.keys():
        raise Failure(
            f"Training should return a dict of parameters with the keys {sorted(like)}.", code="returns"
        )
    return {name: _require_floats(params[name], np.shape(like[name]), name) for name in like}


def _require_floats(value: Any, shape: tuple, name: str) -> NDArray:
    """An array of that shape and any float dtype; whole numbers become floats."""
    array = require_array(value, np.empty(shape, np.float16), name, any_number=True)
    return array if array.dtype.kind == "f" else array.astype(np.float64)

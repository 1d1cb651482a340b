"""With a cache put right, which gradients of a backward pass are the reference's?"""

import contextlib
import copy
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.calls import outputs_and_cache, raised, same
from autograder.checks.compare import relative_error
from autograder.checks.derived import wrong_there
from autograder.checks.lent import lent, results_of_parts, with_parts
from autograder.checks.mend import Truth, arrays_in, gradients_of
from autograder.checks.outcome import Failure
from autograder.checks.passes import SINGLE_PRECISION, THRESHOLD, Gradients, Passes

RESTORED = 3  # of the arrays of a cache that are one overwritten input, one is what it was
EXCHANGED = 7  # so many arrays of a cache may stand for each other, two at a time
ORDERED = 5  # and so many arrays of the reference may come in any order
JITTER = 0.04  # so that numbers between 0 and 1 stay there
NOTHING_THERE = {"not implemented", "undefined", "limit"}


@dataclass(frozen=True)
class Case:
    """Inputs that are used for nothing else, upstream gradients for them, and what is right there.

    `between` are the arrays that the reference keeps for its backward pass, `parts` what functions return
    that it calls.
    """

    inputs: dict[str, Any]
    douts: tuple
    outs: tuple
    exact: Gradients
    between: list[NDArray] = field(default_factory=list)
    parts: dict[str, list] = field(default_factory=dict)


def proven_by_cache(passes: Passes, inputs: Mapping, rng: np.random.Generator) -> tuple[set[str], dict]:
    """The names of the gradients that are the reference's when the student's cache is put right, and how.

    While gradients are wrong, more and more in it is put right. They must be right again at a second call,
    and in float32. Raises the Failure of a backward pass that is not there, or that measures its gradients.
    """
    case = _fresh(passes, inputs, rng)
    plain = _truth(passes, case)
    best = plain
    proven: set[str] = set()
    guess = replace(plain, guess="near")
    guesses = (guess, replace(plain, guess="alike"), replace(guess, of_inputs=True))
    pairs = itertools.combinations(range(EXCHANGED), 2)
    exchanged = (replace(truth, exchanged=pair) for pair in pairs for truth in (plain, guess))
    restored = (replace(plain, restored=which) for which in range(RESTORED))
    orders = itertools.permutations(range(len(case.between) if len(case.between) <= ORDERED else 0))
    first, *others = (replace(plain, guess="order", order=order) for order in orders)
    for truth in (replace(plain, parts=[]), plain, *restored, first, *guesses, *exchanged, *others):
        if len(proven) < len(case.exact) and len(right := _right(passes, case, truth)) > len(proven):
            best, proven = truth, right
    how = {name: getattr(best, name) for name in ("guess", "order", "of_inputs", "restored", "exchanged")}
    how |= {} if best.parts else {"parts": []}
    if proven:
        proven = proven & _right(passes, case, best, again=True)
        single = _fresh(passes, narrowed(inputs), rng)
        truths = [_truth(passes, single, {**one, "single": True}) for one in _ways(how)]
        proven = proven & max((_right(passes, single, one, SINGLE_PRECISION) for one in truths), key=len)
    return proven, how


def _ways(how: dict) -> list[dict]:
    """How a cache is put right elsewhere, where what is an input here, or does not matter, may be wrong."""
    return [how, {**how, "guess": how["guess"] or "near", "of_inputs": True}]


def seconds_with_cache(
    passes: Passes, how: dict, inputs: dict[str, Any], rng: np.random.Generator, most: float
) -> float:
    """The student's seconds for both passes with the cache put right in that way.

    Raises Failure, also when the gradients are not right there.
    """
    case = _case(passes, inputs, rng)
    for one in _ways(how):
        found = _gradients(passes, case, _truth(passes, case, one), most)
        if all(relative_error(found[name], case.exact[name]) < THRESHOLD for name in case.exact):
            return passes.sealed_backward.sealed_spent
    raise wrong_there()


def _truth(passes: Passes, case: Case, how: Mapping = MappingProxyType({})) -> Truth:
    """What is right in a case, for which the forward pass runs once to see what its parts return now."""
    parts = how["parts"] if "parts" in how else _parts(passes, case)
    return replace(Truth(case.outs, case.between, parts), **{**how, "parts": parts})


def _parts(passes: Passes, case: Case) -> list[tuple[Any, Any]]:
    with results_of_parts() as own, contextlib.suppress(Failure):
        outputs_and_cache(passes.forward, list(case.inputs.values()))
    return _paired(own, case.parts)


def _right(
    passes: Passes, case: Case, truth: Truth, limit: float = THRESHOLD, again: bool = False
) -> set[str]:
    """The names of the right gradients; with `again`, of those that are the same at a second call."""
    try:
        found = _gradients(passes, case, truth)
        if again and not same(found, _gradients(passes, case, truth)):
            return set()
    except Failure as failure:
        if failure.code in NOTHING_THERE:
            raise
        return set()
    return {name for name in case.exact if relative_error(found[name], case.exact[name]) < limit}


def _gradients(passes: Passes, case: Case, truth: Truth, seconds: float | None = None) -> Gradients:
    """What the student's backward pass returns, by name. Raises Failure."""
    forward, backward, arguments = passes.forward, passes.backward, tuple(case.inputs.values())
    if hasattr(forward, "sealed_carry"):
        result, changed = forward.sealed_carry(backward, arguments, case.douts, vars(truth), seconds)
    else:
        try:
            result, changed = gradients_of(forward, backward, arguments, case.douts, truth)
        except Exception as error:
            raise raised(backward.__name__, type(error).__name__, f"{error}") from error
    if changed:
        raise Failure(f"`{backward.__name__}` changes its inputs in place.", code="inputs changed")
    return passes.named(result, case.inputs, backward.__name__)


def _fresh(passes: Passes, inputs: Mapping, rng: np.random.Generator) -> Case:
    """A case near `inputs`; on them where the reference is not finite beside them."""
    try:
        return _case(passes, jittered(inputs, rng), rng)
    except Failure:
        return _case(passes, dict(inputs), rng)


def _case(passes: Passes, inputs: dict[str, Any], rng: np.random.Generator) -> Case:
    arguments = list(inputs.values())
    forward, parts = with_parts(passes.right_forward, lent())
    *outs, cache = forward(*copy.deepcopy(arguments))
    known = list(arrays_in(arguments))
    between = [array for array in arrays_in(cache) if not any(same(array, one) for one in known)]
    between, outs, parts = copy.deepcopy((between, tuple(outs), parts))
    douts = tuple(_upstream(np.asarray(out), rng) for out in outs)
    result = passes.right_backward(*copy.deepcopy(douts), cache)
    exact = passes.named(result, inputs, passes.right_backward.__name__)
    return Case(inputs, douts, outs, exact, between, parts)


def _upstream(out: NDArray, rng: np.random.Generator) -> NDArray | float:
    return rng.normal(size=out.shape).astype(out.dtype) if out.ndim else float(rng.normal())


def jittered(inputs: Mapping, rng: np.random.Generator) -> dict[str, Any]:
    """The same inputs with all floats in arrays changed by some hundredths; probabilities stay such."""

    def moved(array: NDArray) -> NDArray:
        changed = array * (1 + rng.uniform(-JITTER, JITTER, array.shape))
        return changed.clip(0, 1) if np.all((array >= 0) & (array <= 1)) else changed

    return _changed(dict(inputs), moved)


def narrowed(inputs: Mapping) -> dict[str, Any]:
    """The same inputs with every float array in float32."""
    return _changed(dict(inputs), lambda array: array, np.float32)


def _changed(value: Any, change: Callable[[NDArray], NDArray], dtype: type | None = None) -> Any:
    if isinstance(value, Mapping):
        return {name: _changed(entry, change, dtype) for name, entry in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return change(value).astype(dtype or value.dtype)
    return value


def _paired(own: Mapping[str, list], right: Mapping[str, list]) -> list[tuple[Any, Any]]:
    """(own, right) of all that parts returned and that is not the same, call by call."""
    pairs: list[tuple[Any, Any]] = []
    for name, results in right.items():
        calls = own.get(name, [])
        for mine, theirs in zip(calls, results, strict=True) if len(calls) == len(results) else ():
            several = type(mine) is tuple is type(theirs)
            both = zip(mine, theirs, strict=False) if several else [(mine, theirs)]
            pairs += [pair for pair in both if not same(*pair)]
    return copy.deepcopy(pairs)

"""A backward pass whose forward pass is wrong: which of its points are kept?

In grading only, where the reference is there to judge by; docs/gradient_checks.md has the two proofs.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.checks.by_cache import SINGLE_PRECISION, THRESHOLD, proven_by_cache, seconds_with_cache
from autograder.checks.by_derivative import Slopes, proven_by_derivative
from autograder.checks.calls import is_number, outputs_and_cache, supplied
from autograder.checks.compare import relative_error
from autograder.checks.derived import require_derived, seconds_of_passes
from autograder.checks.lent import Lent, lending, lent, parts_of
from autograder.checks.outcome import Failure
from autograder.checks.passes import Passes

WITHOUT_OUTPUT = {"not implemented", "undefined", "limit", "raised"}
FRESH = 3  # what is drawn from a seed, beside upstream gradients and directions


def wrong_forward(
    forward: Callable, reference: Callable, inputs: Mapping, limit: float | None = None
) -> Failure | None:
    """Why a forward pass is wrong on `inputs`, dtype included; None when it is right, to that limit.

    Raises the Failure of one that has no outputs.
    """
    try:
        outs = outputs_and_cache(forward, list(inputs.values()))[0]
    except Failure as failure:
        if failure.code in WITHOUT_OUTPUT:
            raise
        return failure
    right = outputs_and_cache(reference, list(inputs.values()))[0]
    if len(outs) == len(right) and all(_agree(*pair, limit) for pair in zip(outs, right, strict=True)):
        return None
    return Failure(
        f"The backward pass needs a right forward pass, and `{forward.__name__}` is not right yet; "
        "mend it first.",
        code="forward",
    )


def _agree(out: Any, right: Any, limit: float | None) -> bool:
    """The same output, in the same dtype, as exactly as the limit says, else the dtype?"""
    right = np.asarray(right)
    if not is_number(out) or np.shape(out) != right.shape:
        return False
    if right.ndim and out.dtype != right.dtype:
        return False
    usual = SINGLE_PRECISION if right.dtype == np.float32 else THRESHOLD
    return relative_error(out, right) < (limit or usual)


def kept(
    passes: Passes, inputs: Mapping[str, Any], names: list[str], slopes: Slopes, seed: int
) -> Failure | None:
    """The Failure that keeps a share of the points, with which a check may pass; None when none is kept.

    One proof must hold for all gradients: right by turns is wrong. A gradient that is left out because the
    wrong forward pass leaves it out costs its share. Raises the Failure of a backward pass that is not there,
    or that measures its gradients.
    """
    rng = np.random.default_rng((seed, FRESH))
    parts = parts_of(passes.right_forward, passes.right_backward)
    taken = {*lent(), passes.right_forward.__name__, passes.right_backward.__name__}
    more = {name: Lent(part) for name, part in parts.items() if name not in taken}
    with lending({**lent(), **more}), supplied(passes.forward, more):
        proven, how = proven_by_cache(passes, inputs, rng)
        if len(proven) == len(names):
            require_derived(passes, inputs, rng, functools.partial(seconds_with_cache, passes, how))
    if len(proven) < len(names):
        derived, left_out = proven_by_derivative(passes, inputs, slopes, rng)
        proven = max(proven, derived, key=len)
        if not proven or not left_out.issuperset(set(names) - proven):
            return None
        require_derived(passes, inputs, rng, functools.partial(seconds_of_passes, passes))
    missing = [name for name in names if name not in proven]
    return Failure(
        _words(missing, len(names)), code="carried", share=len(proven) / len(names),
        rests_on=passes.forward.__name__,
    )  # fmt: skip


def _words(missing: list[str], count: int) -> str:
    share = f"{count - len(missing)} of {count} parts of its points" if missing else "its points"
    but = f", not those of {', '.join(missing)}" if missing else ""
    return f"Your backward pass is right for your own forward pass, which is wrong: {share} are kept{but}."

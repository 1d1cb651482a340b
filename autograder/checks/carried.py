"""A backward pass whose forward pass is wrong: which of its points are kept?

In grading only, where the reference is there to judge by; docs/gradient_checks.md has the two proofs.
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.checks.by_cache import proven_by_cache, seconds_with_cache
from autograder.checks.by_derivative import Slopes, proven_by_derivative
from autograder.checks.calls import supplied
from autograder.checks.derived import FORWARD_THERE, WRONG_THERE, require_derived
from autograder.checks.lent import Lent, lending, lent
from autograder.checks.outcome import Failure
from autograder.checks.passes import Passes
from autograder.diagnosis.contract import called_by

FRESH = 3  # what is drawn from a seed, beside upstream gradients and directions


def kept(
    passes: Passes, inputs: Mapping[str, Any], names: list[str], slopes: Slopes, seed: int
) -> Failure | None:
    """The Failure that keeps a share of the points, with which a check may pass; None when none is kept.

    One proof must hold for all gradients: right by turns is wrong. A gradient that is left out because the
    wrong forward pass leaves it out costs its share. Raises the Failure of a backward pass that is not there,
    or that measures its gradients.
    """
    rng = np.random.default_rng((seed, FRESH))
    parts = called_by(passes.right_forward) | called_by(passes.right_backward)
    taken = {*lent(), passes.right_forward.__name__, passes.right_backward.__name__}
    more = {name: Lent(part) for name, part in parts.items() if name not in taken}
    try:
        with lending({**lent(), **more}), supplied(passes.forward, more):
            proven, how = proven_by_cache(passes, inputs, rng)
            if len(proven) == len(names):
                require_derived(passes, inputs, rng, functools.partial(seconds_with_cache, passes, how))
        if len(proven) < len(names):
            derived, left_out = proven_by_derivative(passes, inputs, slopes, rng)
            proven = max(proven, derived, key=len)
            if not proven or not left_out.issuperset(set(names) - proven):
                return None
            require_derived(passes, inputs, rng, names=proven)
    except Failure as failure:
        if failure.code in (WRONG_THERE, FORWARD_THERE):
            return None
        raise
    missing = [name for name in names if name not in proven]
    return Failure(
        _words(missing, len(names)), code="carried", share=len(proven) / len(names),
        rests_on=passes.forward.__name__,
    )  # fmt: skip


def _words(missing: list[str], count: int) -> str:
    share = f"{count - len(missing)} of {count} parts of its points" if missing else "its points"
    but = f", not those of {', '.join(missing)}" if missing else ""
    return f"Your backward pass is right for your own forward pass, which is wrong: {share} are kept{but}."

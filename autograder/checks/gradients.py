"""Is a backward pass the derivative of its forward pass?

The rules and their measured numbers stand in docs/gradient_checks.md.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.by_derivative import Slopes
from autograder.checks.calls import call, outputs_and_cache, require_array, require_float_array, several
from autograder.checks.carried import kept
from autograder.checks.compare import relative_error, worst_entry
from autograder.checks.derived import FORWARD_THERE, require_derived
from autograder.checks.others import others
from autograder.checks.outcome import Failure, Row
from autograder.checks.passes import Gradients, Passes, wrong_forward
from autograder.checks.running import check, seed_of_check, truth_of
from autograder.diagnosis.caches import changed_caches
from autograder.diagnosis.contract import contract_of
from autograder.diagnosis.engine import diagnose
from autograder.diagnosis.question import Finding, Instance, Subject
from autograder.diagnosis.steps import with_other_steps

STEP = 1e-5
THRESHOLD = 1e-6
SINGLE_PRECISION = 1e-3
EXACTLY = 1e-9  # a forward pass that is farther off may be wrong elsewhere

UPSTREAM, DIRECTIONS, UNSEEN = 1, 2, 4  # what is drawn from a seed, each apart

Pairs = dict[str, tuple[NDArray, NDArray]]  # what was found and what is right, by name
Form = Callable[[Gradients], Gradients]
_measures: ContextVar[bool] = ContextVar("measures", default=False)


@contextmanager
def measuring() -> Iterator[None]:
    """While open, grading takes central differences, too, as of a reference that is tried itself."""
    token = _measures.set(True)
    try:
        yield
    finally:
        _measures.reset(token)


@check
def check_gradients(
    forward: Callable,
    backward: Callable,
    inputs: Mapping[str, Any],
    *,
    reference: Callable | None = None,
    projections: int = 0,
    threshold: float = THRESHOLD,
    seed: int | None = None,
    expected: Callable | None = None,
) -> str:
    """Does `backward` return the derivatives of `forward`?

    `*outs, cache = forward(*inputs.values())`; `backward(*douts, cache)` returns one gradient for
    each differentiable input, in their order. Differentiable are float arrays and dicts of them
    (parameters, which give a dict of gradients); ids and numbers are not.

    The upstream gradients are random. Every entry of the numerical gradient is a central
    difference with h = 1e-5 in float64; with `projections` = k, each tensor is compared along k
    random directions instead, for whole models. In grading a hidden seed makes both. Per tensor the
    norm ratio must stay below `threshold`, or the difference below what rounding does to central
    differences. Both passes must also agree with themselves in float32.

    The truth is `reference`, a forward pass; in grading that is the reference's by itself, in a
    student's kernel the student's own. Grading compares every entry with the reference's own gradient, which
    itself is compared with central differences by `autograder solve`, at the visible checks' inputs, and by
    an audit, at its hidden ones.
    With `expected` the gradients are what `expected(*douts)` gives, an array or a tuple for several inputs:
    where a docstring asks for something else than the derivative, such as beyond a clip.
    """
    seed = seed_of_check(seed)
    reference = reference or truth_of(forward)
    if reference:
        _require_forward(forward, backward, reference, inputs, projections, seed)
    outs, douts, found = _run(forward, backward, inputs, _upstream(seed))
    if expected:
        right = _named(expected(*douts), inputs, backward.__name__)
        pairs = {name: (array, right[name]) for name, array in found.items()}
        rows = [_compare(name, *pair, threshold, 0.0) for name, pair in pairs.items()]
        if any(row.verdict != "ok" for row in rows):
            raise _failure(forward, backward, inputs, rows, pairs, douts, reference, None, threshold)
        return f"as they should be: {', '.join(row.name for row in rows)}"
    exact = _exact(backward, inputs, douts, reference)
    truths: list[tuple[Form, Gradients]] = [(dict, exact)] if exact else []
    if not exact or _measures.get():
        numeric = _numeric(reference or forward, inputs, douts, projections, seed)
        truths.append((functools.partial(_along, projections=projections, seed=seed), numeric))
    noise = _rounding(outs, douts)
    keeps = None
    for form, right in truths:
        if not any(gradient.any() for gradient in right.values()):
            cause = f"`{forward.__name__}` does not depend on any of its inputs; mend it first."
            raise Failure(cause, code="constant")
        pairs = {name: (array, right[name]) for name, array in form(found).items()}
        rows = [_compare(name, *pair, threshold, noise) for name, pair in pairs.items()]
        if any(row.verdict != "ok" for row in rows):
            if reference and wrong_forward(forward, reference, inputs, EXACTLY):
                keeps = _kept(forward, backward, reference, inputs, projections, seed)
            if keeps:
                raise keeps
            raise _failure(forward, backward, inputs, rows, pairs, douts, reference, form, threshold)
    _require_single_precision(forward, backward, inputs, douts, found)
    if exact and reference and (right_backward := truth_of(backward)):
        passes = Passes(forward, backward, reference, right_backward, _named)
        try:
            require_derived(passes, inputs, np.random.default_rng((seed, UNSEEN)))
        except Failure as failure:
            if failure.code != FORWARD_THERE:
                raise
            keeps = _kept(forward, backward, reference, inputs, projections, seed)
            raise keeps or failure from failure
    whose = "the reference's gradients" if exact else "central differences"
    return f"{whose} agree: {', '.join(row.name for row in rows)}"


def _upstream(seed: int) -> Callable[[NDArray], NDArray]:
    """Random upstream gradients, one output after the other."""
    rng = np.random.default_rng((seed, UPSTREAM))
    return lambda out: rng.normal(size=out.shape)


def _failure(
    forward: Callable, backward: Callable, inputs: Mapping, rows: list[Row], pairs: Pairs, douts: tuple,
    reference: Callable | None, form: Form | None, threshold: float,
) -> Failure:  # fmt: skip
    """The Failure that says what kind of mistake the backward pass makes; `form` made the `pairs`.

    Without one they are an author's own.
    """
    subject, inputs = _subject(forward, backward, reference, form), _copy(inputs)
    found, right = ({name: pair[i] for name, pair in pairs.items()} for i in range(2))
    sizes = subject.roles(inputs).sizes
    example = Instance(inputs, douts, found, right, sizes, limit=threshold)
    with getattr(backward, "sealed_probe", contextlib.nullcontext)():
        diagnosis = diagnose(subject, example, lambda name: name.removeprefix("d"))
    named = next((row for row in rows if row.name == diagnosis.about), rows[0])
    wrong = sum(row.verdict != "ok" for row in rows)
    more = f", and {wrong - 1} more of {len(rows)} gradients are wrong" if wrong > 1 else ""
    words = diagnosis.words.replace("{", "").replace("}", "")
    return Failure(f"{diagnosis.about} {words}{more}.", named.where, tuple(rows), diagnosis.code)


def _subject(forward: Callable, backward: Callable, reference: Callable | None, form: Form | None) -> Subject:
    """The backward pass; the truth about it is the reference's, else central differences.

    Without a form of these nobody knows it but the reference.
    """
    right_backward, true_forward = truth_of(backward), reference or forward

    def passed(one: Callable, other: Callable, inputs: Mapping, upstream: tuple) -> Gradients:
        outs, cache = outputs_and_cache(one, list(inputs.values()))
        if len(outs) != len(upstream):
            raise ValueError("another number of outputs")
        return _named(call(other, *upstream, cache), inputs, backward.__name__)

    def found(inputs: Mapping, upstream: tuple) -> Gradients:
        gradients = passed(forward, backward, inputs, upstream)
        return gradients if right_backward or not form else form(gradients)

    def right(inputs: Mapping, upstream: tuple) -> Gradients:
        if reference and right_backward:
            return passed(reference, right_backward, inputs, upstream)
        return _numeric(true_forward, inputs, upstream, **getattr(form, "keywords", {}))

    def draw(inputs: Mapping, rng: np.random.Generator) -> tuple:
        outs = outputs_and_cache(true_forward, list(inputs.values()))[0]
        return tuple(rng.normal(size=np.shape(out)) if np.ndim(out) else float(rng.normal()) for out in outs)

    contract = contract_of(truth_of(forward) or forward)
    subject = Subject(found, right if form or right_backward else None, draw, contract, quick=False)
    if not reference or not right_backward:
        return subject
    others = functools.partial(_others, reference, right_backward, backward.__name__)
    return dataclasses.replace(subject, others=others, quick=True)


def _others(
    reference: Callable, right_backward: Callable, name: str, example: Mapping, vague: bool
) -> Iterator[tuple[Finding, Callable]]:
    """The gradients of the reference's backward pass with other steps in it, and with another cache."""
    done: dict[int, tuple[Mapping, tuple, Any]] = {}  # a pass forward for each of the few inputs

    def again(other: Callable, change: Callable, inputs: Mapping, upstream: tuple) -> Gradients:
        if id(inputs) not in done:
            done[id(inputs)] = inputs, *outputs_and_cache(reference, list(inputs.values()))
        _, outs, cache = done[id(inputs)]
        return _named(call(other, *upstream, change(cache, outs)), inputs, name)

    outs, cache = ((), None) if vague else outputs_and_cache(reference, list(example.values()))
    for finding, change in changed_caches(cache, dict(example), outs):
        yield finding, functools.partial(again, right_backward, change)
    known = tuple(argument for argument, value in example.items() if not isinstance(value, Mapping))
    for finding, other in with_other_steps(right_backward, vague, known):
        yield finding, functools.partial(again, other, lambda cache, _: cache)


def _run(
    forward: Callable, backward: Callable, inputs: Mapping[str, Any], draw: Callable, again: bool = True
) -> tuple:
    """Outputs, upstream gradients as `draw(out)` gives them, and named gradients (`again`: twice)."""
    outs, cache = outputs_and_cache(forward, list(inputs.values()))
    outs = tuple(require_float_array(out, "the output") for out in outs)
    douts = tuple(draw(out) if out.ndim else float(draw(out)) for out in outs)
    found = _named(call(backward, *douts, cache), inputs, backward.__name__)
    if again:
        _require_no_state(forward, backward, inputs, douts, found)
    return outs, douts, found


def _require_no_state(
    forward: Callable, backward: Callable, inputs: Mapping, douts: tuple, found: Gradients
) -> None:
    """Equal inputs give equal gradients, also when the forward pass has seen other inputs meanwhile."""
    arguments, different = list(inputs.values()), list(others(inputs).values())
    for meanwhile in (False, True):
        cache = outputs_and_cache(forward, arguments)[1]
        if meanwhile:
            with contextlib.suppress(Failure):
                call(forward, *different)
        again = _named(call(backward, *douts, cache), inputs, backward.__name__)
        if any(not np.array_equal(found[name], again[name]) for name in found):
            raise Failure(
                f"`{backward.__name__}` gives two results for the same inputs"
                + (f" once `{forward.__name__}` has been called on others: all that it needs belongs into "
                   "the cache, and nothing into a variable outside." if meanwhile
                   else "; keep no state between calls."),
                code="state kept",
            )  # fmt: skip


def _named(result: Any, inputs: Mapping[str, Any], function: str) -> Gradients:
    """The gradients by name, after the ladder: `dx` for input `x`, `dW` for the parameter `W`."""
    wanted = {name: value for name, value in inputs.items() if _is_differentiable(value)}
    found = several(result if isinstance(result, tuple) else (result,), list(wanted.values()))
    if len(found) != len(wanted):
        names = ", ".join("grads" if isinstance(v, Mapping) else f"d{n}" for n, v in wanted.items())
        returned = f"it returns {len(found)} values"
        raise Failure(f"`{function}` should return {names}.", returned, code="returns")
    gradients = {}
    for (name, value), gradient in zip(wanted.items(), found, strict=True):
        if not isinstance(value, Mapping):
            gradients[f"d{name}"] = require_array(gradient, value, f"d{name}")
            continue
        if not isinstance(gradient, Mapping) or gradient.keys() != value.keys():
            raise Failure(f"grads should be a dict with the keys {sorted(value)}.", code="returns")
        for key in value:
            gradients[f"d{key}"] = require_array(gradient[key], value[key], f"d{key}")
    return gradients


def _is_differentiable(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_differentiable(entry) for entry in value.values())
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _tensors(inputs: Mapping[str, Any]) -> Iterator[tuple[str, NDArray]]:
    """The differentiable arrays of `inputs` with the names of their gradients, not copied."""
    for name, value in inputs.items():
        if not _is_differentiable(value):
            continue
        items = value.items() if isinstance(value, Mapping) else [(name, value)]
        yield from ((f"d{key}", array) for key, array in items)


def _numeric(forward: Callable, inputs: Mapping, douts: tuple, projections: int, seed: int) -> Gradients:
    """Central differences of sum(out * dout), entry by entry or along random directions."""
    inputs, rng = _copy(inputs), np.random.default_rng((seed, DIRECTIONS))

    def objective() -> float:
        outs = outputs_and_cache(forward, list(inputs.values()))[0]
        if len(outs) != len(douts):
            raise Failure("The number of outputs changes between calls.", code="returns")
        return sum(_inner(out, dout) for out, dout in zip(outs, douts, strict=True))

    def slope(array: NDArray, direction: NDArray) -> float:
        original = array.copy()
        array += STEP * direction
        above = objective()
        array[...] = original - STEP * direction
        below = objective()
        array[...] = original
        return (above - below) / (2 * STEP)

    return {
        name: np.array([slope(array, d) for d in _directions(array, projections, rng)]).reshape(
            projections or array.shape
        )
        for name, array in _tensors(inputs)
    }


def _inner(out: Any, dout: Any) -> float:
    if np.shape(require_float_array(out, "the output")) != np.shape(dout):
        raise Failure("The output's shape changes between calls.", code="shape")
    return float(np.sum(out * dout))


def _along(found: Gradients, projections: int, seed: int) -> Gradients:
    """The analytic gradients in the same form: as they are, or along the same random directions."""
    if not projections:
        return found
    rng = np.random.default_rng((seed, DIRECTIONS))
    return {
        name: np.array([np.vdot(d, array) for d in _directions(array, projections, rng)])
        for name, array in found.items()
    }


def _directions(array: NDArray, projections: int, rng) -> Iterator[NDArray]:
    """The unit vectors of `array`'s space, or `projections` random directions of length 1."""
    if projections:
        for _ in range(projections):
            direction = rng.normal(size=array.shape)
            yield direction / np.linalg.norm(direction)
        return
    for i in range(array.size):
        direction = np.zeros(array.size)
        direction[i] = 1.0
        yield direction.reshape(array.shape)


def _rounding(outs: tuple, douts: tuple) -> float:
    """How far rounding may put one central difference off: some units in the last place, over h."""
    size = sum(float(np.sum(np.abs(out * dout))) for out, dout in zip(outs, douts, strict=True))
    return 4 * np.finfo(np.float64).eps * size / STEP


def _compare(name: str, found: NDArray, right: NDArray, threshold: float, noise: float) -> Row:
    error = relative_error(found, right)
    if np.linalg.norm(found - right) < noise * np.sqrt(right.size):
        error = 0.0  # a gradient that is as good as zero has no accurate numerical one
    measured = f"shape {found.shape}, relative error {error:.1e} (limit {threshold:.0e})"
    if error < threshold:
        return Row(name, measured)
    return Row(name, measured, "is wrong", f"{name} {worst_entry(found, right)}")


def _require_forward(
    forward: Callable, backward: Callable, reference: Callable, inputs: Mapping, projections: int, seed: int
) -> None:
    """Raise the Failure for a forward pass that is wrong; it keeps what the backward pass does right."""
    inexact = wrong_forward(forward, reference, inputs)
    wrong = inexact or wrong_forward(forward, reference, _copy(inputs, np.float32))
    if wrong:
        wrong = _kept(forward, backward, reference, inputs, projections, seed) or wrong
    if wrong and not inexact:  # only in float32, of which a check of the forward pass may or may not ask
        wrong.rests_on = ""
    if wrong:
        raise wrong


def _kept(
    forward: Callable, backward: Callable, reference: Callable, inputs: Mapping, projections: int, seed: int
) -> Failure | None:
    """The Failure that keeps what is right of a backward pass behind a wrong forward pass, if anything is."""
    if not (right_backward := truth_of(backward)):
        return None
    names = [name for name, _ in _tensors(inputs)]
    passes = Passes(forward, backward, reference, right_backward, _named)
    slopes = Slopes(
        functools.partial(_numeric, projections=projections, seed=seed),
        functools.partial(_along, projections=projections, seed=seed),
    )
    with getattr(forward, "sealed_proof", contextlib.nullcontext)():
        return kept(passes, inputs, names, slopes, seed)


def _require_single_precision(
    forward: Callable, backward: Callable, inputs: Mapping, douts: tuple, found: Gradients
) -> None:
    """In float32 the gradients stay float32 and stay the same; differences taken in float32 do not."""
    single = _copy(inputs, np.float32)
    _, cache = outputs_and_cache(forward, list(single.values()))
    single_douts = [d.astype(np.float32) if isinstance(d, np.ndarray) else d for d in douts]
    gradients = _named(call(backward, *single_douts, cache), single, backward.__name__)
    for name, gradient in gradients.items():
        if relative_error(gradient, found[name]) > SINGLE_PRECISION:
            raise Failure(f"{name} is right in float64 but not in float32.", code="dtype")


def _exact(backward: Callable, inputs: Mapping, douts: tuple, reference: Callable | None) -> Gradients:
    """The reference's own gradient, entry by entry; empty where there is none, as in a student's kernel."""
    right_backward = truth_of(backward)
    if not (reference and right_backward):
        return {}
    cache = outputs_and_cache(reference, list(inputs.values()))[1]
    return _named(call(right_backward, *douts, cache), inputs, backward.__name__)


def _copy(inputs: Mapping[str, Any], dtype: type = np.float64) -> dict[str, Any]:
    """A deep copy with every float array in `dtype`."""
    return {
        name: _copy(value, dtype) if isinstance(value, Mapping)
        else value.astype(dtype) if _is_differentiable(value) else value
        for name, value in inputs.items()
    }  # fmt: skip

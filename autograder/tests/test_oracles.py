"""Is every reference gradient right, judged by something that shares no code with the checks?

The oracle is the five-point difference formula (Abramowitz & Stegun 25.3.6) in float64. The inputs are those of the
notebooks' own gradient checks, visible and hidden, so every backward pass is met at several shapes, whole models
included. test_pytorch.py asks PyTorch the same about the whole models.
"""

import copy
from collections.abc import Mapping
from pathlib import Path

import nbformat
import numpy as np
import pytest

import autograder
from autograder.cells import cells_of, of_kind
from autograder.course import Course
from autograder.hidden import Grading, grading, load_reference

pytestmark = pytest.mark.slow

COURSE = Course.find(Path(__file__).parent)
SECRETS = ["white rabbit", "dormouse"]
STEP, TOLERANCE = 4e-5, 1e-7  # two steps are still nearer than the 1e-4 that checks keep from kinks
ENTRIES, DIRECTIONS = 150, 12  # of a larger tensor, only that many random directions


def gradient_checks(assignment, monkeypatch):
    """(forward, backward, inputs) of each gradient check in a source notebook, for each secret.

    Where a notebook says what is expected in the place of a derivative, as beyond a clip, there is none.
    """
    source, found = COURSE.source(assignment), []
    for name in filter(lambda name: name.startswith("check_"), autograder.__all__):
        monkeypatch.setattr(autograder, name, lambda *arguments, **options: None)

    def check_gradients(forward, backward, inputs, **options):
        if "expected" not in options:
            found.append((forward, backward, inputs))

    monkeypatch.setattr(autograder, "check_gradients", check_gradients)
    functions = vars(load_reference(source))
    for secret in SECRETS:
        with grading(Grading(source, secret)):
            for cell in of_kind(cells_of(nbformat.read(source, as_version=4)), "test"):
                exec(compile(cell.source, cell.name, "exec"), dict(functions))
    return found


def tensors(inputs):
    """The differentiable arrays among the inputs, in order, with a way to put another in the place of each."""
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            for key, array in value.items():
                yield (
                    f"{name}[{key}]",
                    array,
                    lambda new, name=name, key=key: inputs | {name: inputs[name] | {key: new}},
                )
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
            yield name, value, lambda new, name=name: inputs | {name: new}


def analytic(backward, douts, cache, inputs):
    """The gradients that `backward` returns, flat and in the order of `tensors`."""
    result = backward(*douts, cache)
    flat = []
    for gradient in result if isinstance(result, tuple) else (result,):
        flat += gradient.items() if isinstance(gradient, dict) else [(None, gradient)]
    keys = [name.partition("[")[2].rstrip("]") or None for name, _, _ in tensors(inputs)]
    assert {key for key, _ in flat} == set(keys)
    by_key = {key: value for key, value in flat if key is not None}
    plain = iter([value for key, value in flat if key is None])
    return [by_key[key] if key is not None else next(plain) for key in keys]


def five_point(f, x, direction):
    """The derivative of f at x along `direction`."""
    values = [f(x + k * STEP * direction) for k in (-2, -1, 1, 2)]
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * STEP)


def directions(array, rng):
    """Unit directions one by one, or random ones for a large array."""
    if array.size <= ENTRIES:
        return np.eye(array.size).reshape(-1, *array.shape)
    return rng.normal(size=(DIRECTIONS, *array.shape)) / np.sqrt(array.size)


def run(forward, inputs):
    """The forward pass on a copy: a generator among the inputs is as new at each call."""
    return forward(*copy.deepcopy(list(inputs.values())))


def errors(forward, backward, inputs):
    """The norm ratio of analytic and numerical gradient for each tensor, by name."""
    rng = np.random.default_rng(1)
    *outs, cache = run(forward, inputs)
    douts = [rng.normal(size=np.shape(out)) if np.ndim(out) else float(rng.normal()) for out in outs]

    def objective(changed):
        *new, _ = run(forward, changed)
        return sum(float(np.sum(out * dout)) for out, dout in zip(new, douts, strict=True))

    ratios = {}
    found = analytic(backward, douts, cache, inputs)
    for (name, array, replaced), gradient in zip(tensors(inputs), found, strict=True):
        chosen = directions(array, rng)
        numeric = np.array([five_point(lambda x: objective(replaced(x)), array, d) for d in chosen])  # noqa: B023
        along = np.array([np.sum(d * gradient) for d in chosen])
        size = np.linalg.norm(along) + np.linalg.norm(numeric)
        ratios[name] = np.linalg.norm(along - numeric) / size if size > 1e-9 else 0.0
    return ratios


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_every_backward_pass_agrees_with_five_point_differences(assignment, monkeypatch):
    """Is each gradient within 1e-7 of the oracle, for every backward pass that is an exercise?

    Backward passes that a notebook gives are inside its whole models.
    """
    checks = gradient_checks(assignment, monkeypatch)
    for forward, backward, inputs in checks:
        wrong = {
            name: ratio for name, ratio in errors(forward, backward, inputs).items() if not ratio < TOLERANCE
        }
        assert not wrong, backward.__name__
    tried = {backward.__name__ for _, backward, _ in checks}
    exercises = of_kind(cells_of(nbformat.read(COURSE.source(assignment), as_version=4)), "exercise")
    assert tried == {name for cell in exercises for name in cell.functions if name.endswith("_backward")}


def test_the_oracle_sees_a_wrong_gradient():
    """Does a gradient that is off by one millionth fail?"""
    right = errors(lambda x: (np.sin(x), x), lambda dout, x: dout * np.cos(x), {"x": np.linspace(-2, 2, 7)})
    wrong = errors(
        lambda x: (np.sin(x), x), lambda dout, x: 1.000001 * dout * np.cos(x), {"x": np.linspace(-2, 2, 7)}
    )
    assert right["x"] < TOLERANCE < wrong["x"]

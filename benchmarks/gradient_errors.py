"""How far right and wrong gradients are from central differences: the numbers in docs/gradient_checks.md.

Every forward and backward pair of the course, 200 seeds, the sizes and the rule of check_gradients. The wrong
ones are the right ones with one tensor spoiled in one common way.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.checks.compare import relative_error
from autograder.checks.gradients import _numeric, _run
from autograder.course import Course
from autograder.hidden import load_reference

SEEDS = 200
B, T, V, H = 3, 4, 7, 5


def main() -> None:
    course = Course.find(Path(__file__).parent)
    table = Table("pair", "right: largest", "element-wise > 1e-6", "wrong: smallest", "by")
    for assignment in course.assignments:
        reference = load_reference(course.source(assignment))
        for name in PAIRS.keys() & {key.removesuffix("_forward") for key in vars(reference)}:
            table.add_row(f"{assignment[:3]} {name}", *_measure(reference, name))
    Console().print(table)


def _measure(reference, name: str) -> tuple[str, str, str, str]:
    forward, backward = getattr(reference, f"{name}_forward"), getattr(reference, f"{name}_backward")
    right, element_wise, wrong = [], 0, (np.inf, "")
    for seed in track(range(SEEDS), name, transient=True):
        rng = np.random.default_rng(seed)
        inputs = PAIRS[name](rng)
        _, douts, found = _run(forward, backward, inputs, rng)
        numeric = _numeric(forward, inputs, douts, 0, rng)
        right += [relative_error(found[key], numeric[key]) for key in numeric]
        element_wise += any(_worst_entry(found[key], numeric[key]) > 1e-6 for key in numeric)
        wrong = min(wrong, *_errors_of_spoiled(found, numeric))
    return f"{max(right):.1e}", f"{element_wise / SEEDS:.1%}", f"{wrong[0]:.1e}", wrong[1]


def _errors_of_spoiled(found: dict, numeric: dict) -> Iterator[tuple[float, str]]:
    """The errors of wrong gradients; what a seed leaves unchanged, such as a row of zeros, is not wrong."""
    for name, gradient in found.items():
        for how, spoiled in _spoil(gradient):
            if not np.array_equal(spoiled, gradient):
                yield relative_error(spoiled, numeric[name]), f"{how} {name}"


def _worst_entry(found, numeric) -> float:
    """The rule that many courses use: the largest |a - n| / max(1e-8, |a| + |n|) over entries."""
    return float((abs(found - numeric) / np.maximum(1e-8, abs(found) + abs(numeric))).max())


def _spoil(gradient) -> Iterator[tuple[str, np.ndarray]]:
    yield "sign of", -gradient
    yield "zero", 0 * gradient
    yield "1/B on", gradient / B
    yield "T times", gradient * T
    yield "1 % on", gradient * 1.01
    if gradient.ndim == 2 and len(gradient) == len(gradient.T):
        yield "transposed", gradient.T
    if gradient.shape[0] > 1:
        yield "last row lost in", np.concatenate([gradient[:-1], 0 * gradient[-1:]])


def _normal(rng, **shapes) -> dict:
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def _ids(rng, *shape):
    return rng.integers(0, V, size=shape)


RECURRENT = {"Wx": (V, H), "Wh": (H, H), "bh": (H,)}
READOUT = {"Wy": (H, V), "by": (V,)}
PAIRS = {
    "binary_cross_entropy": lambda r: {"p": r.uniform(0.05, 0.95, size=B), "y": r.random(B) > 0.5},
    "neuron": lambda r: {"x": r.normal(size=(B, V)), "params": _normal(r, w=(V,), b=(1,))},
    "cross_entropy": lambda r: {"logits": r.normal(size=(B, T, V)), "targets": _ids(r, B, T)},
    "bigram": lambda r: {"x": _ids(r, B, T), "params": _normal(r, W=(V, V), b=(V,))},
    "rnn_step": lambda r: {"x": _ids(r, B), "h_prev": r.normal(size=(B, H)),
                           "params": _normal(r, **RECURRENT)},
    "rnn": lambda r: {"x": _ids(r, B, T), "h0": r.normal(size=(B, H)), "params": _normal(r, **RECURRENT)},
    "readout": lambda r: {"hs": r.normal(size=(B, T, H)), "params": _normal(r, **READOUT)},
    "model": lambda r: {"x": _ids(r, B, T), "targets": _ids(r, B, T), "h0": r.normal(size=(B, H)),
                        "params": _normal(r, **RECURRENT, **READOUT)},
}  # fmt: skip

if __name__ == "__main__":
    main()

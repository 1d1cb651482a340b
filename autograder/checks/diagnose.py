"""What kind of mistake makes a result wrong? The first answer that fits, the most telling ones first.

An explanation of the numbers themselves, other inputs for which they would be right, a condition under
which the function is right; docs/diagnosis.md says it in words.
"""

import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.compare import (
    DIFFERS,
    NEAR,
    Explanation,
    explain,
    explain_change,
    explain_partly,
    near,
)
from autograder.checks.misread import Inputs, misreadings
from autograder.checks.outcome import Row
from autograder.checks.probes import TINY, Leak, Pairs, Probe, Retry, Unused, last_probes, probes_of, sizes

SECONDS = 10.0


def diagnose(rows: list[Row], *arguments: Any, **options: Any) -> tuple[Row, Explanation]:
    """The row to name first and what is wrong with it, as `_diagnose` finds it.

    Wrong stays wrong when the search for a reason breaks at what the student's code returns.
    """
    try:
        return _diagnose(rows, *arguments, **options)
    except Exception:
        return next(row for row in rows if row.verdict != "ok"), DIFFERS


def _diagnose(
    rows: list[Row], pairs: Pairs, inputs: Mapping, retry: Retry, function: Callable, *,
    tolerance: float, ask: Callable[[Inputs], Mapping[str, NDArray]] | None = None,
    recalled: Iterable[tuple[Explanation, Mapping[str, NDArray]]] = (),
    starts: Mapping[str, NDArray] | None = None, parts: Mapping[str, NDArray] | None = None, outputs: int = 0,
) -> tuple[Row, Explanation]:  # fmt: skip
    """The row to name first and what is wrong with it.

    `retry(inputs, upstream)` gives the pairs on other inputs; it may raise anything, because not all
    functions take all inputs; where there is a reference, `ask(inputs)` gives the right results alone and
    `recalled` what its backward pass makes of other caches. Results count as right within `tolerance`.
    `starts` has the arrays that an update began with, by the names of their rows; `parts` are arrays that
    may be missing in a sum, or be there too often. A backward pass gets upstream gradients for so many
    `outputs`.
    """
    wrong = {row.name: row for row in rows if row.verdict != "ok"}
    first = next(iter(wrong.values()))
    if swapped := _swapped(list(wrong), pairs):
        return first, swapped
    starts = {name: start for name, start in (starts or {}).items() if _continues(start, pairs[name][1])}
    named = sizes(inputs)
    told = {name: _told(name, pairs, starts, parts or {}, named) for name in wrong}
    shared = set(told.values())
    if len({e.code for e in shared}) == 1 and not any(e.weak or e == DIFFERS for e in shared):
        return first, told[first.name]
    smooth = not starts and _is_smooth(pairs)
    if ask and _tells(pairs) and (misread := _misread(pairs, dict(inputs), ask, tolerance)):
        return first, misread
    if misread := _misrecalled(pairs, wrong, recalled, tolerance):
        return first, misread
    inputs, seek = dict(inputs), functools.partial(_condition, set(wrong), starts, retry, tolerance)
    with getattr(function, "sealed_probe", nullcontext)():
        if condition := seek(tuple(probes_of(inputs, outputs, smooth) if _tells(pairs) else ())):
            return first, condition
        if some := next((name for name in wrong if told[name] != DIFFERS), None):
            return wrong[some], told[some]
        if condition := seek(tuple(last_probes(inputs, outputs)) if smooth else ()):
            return first, condition
    return first, explain_partly(*pairs[first.name]) if first.name in pairs else DIFFERS


def _continues(start: NDArray, right: NDArray) -> bool:
    """Is the right result a step from `start`, and not just of the same shape?"""
    lengths = np.linalg.norm(start) * np.linalg.norm(right)
    return right.size == 1 or (bool(lengths) and np.vdot(start, right) / lengths > 0.7)


def _is_smooth(pairs: Pairs) -> bool:
    """Do the results hold more than whole numbers?"""
    return any(np.any(array % 1) for pair in pairs.values() for array in pair)


def _tells(pairs: Pairs) -> bool:
    """Is it no coincidence when all of this is right for other inputs?"""
    return _is_smooth(pairs) or any(right.size >= 5 for _, right in pairs.values())


def _told(name: str, pairs: Pairs, starts: Mapping, parts: Mapping, named: dict[int, str]) -> Explanation:
    if name not in pairs:
        return DIFFERS
    found, right = pairs[name]
    for part, array in parts.items():
        if found.shape == array.shape and found.size > 1 and near(abs(found - right), abs(array)):
            return Explanation("offset", f"is off by exactly {part}")
    if name in starts and (change := explain_change(*pairs[name], starts[name], named)):
        return change
    return explain(*pairs[name], named)


def _misread(pairs: Pairs, inputs: Inputs, ask: Callable, tolerance: float) -> Explanation | None:
    """The other inputs for which everything that was found would be right."""
    end = time.monotonic() + SECONDS
    for explanation, changed in misreadings(inputs, _is_smooth(pairs)):
        if time.monotonic() > end:
            return None
        try:
            right = ask(changed)
        except Exception:  # inputs that the reference does not take
            continue
        if right.keys() == pairs.keys() and all(
            near(found, right[name], tolerance) for name, (found, _) in pairs.items()
        ):
            return explanation
    return None


def _misrecalled(
    pairs: Pairs, wrong: Iterable[str], recalled: Iterable[tuple[Explanation, Mapping]], tolerance: float
) -> Explanation | None:
    """The other cache for which everything that is wrong would be right."""
    end = time.monotonic() + SECONDS
    for explanation, right in recalled:
        if all(near(pairs[name][0], right[name], tolerance) for name in wrong):
            return explanation
        if time.monotonic() > end:
            return None
    return None


def _swapped(wrong: list[str], pairs: Pairs) -> Explanation | None:
    """Is the first wrong result what another should be? Of single numbers, the other way round as well."""
    if wrong[0] not in pairs:
        return None
    found, own = pairs[wrong[0]]
    for name, (other, right) in pairs.items():
        both = right.size > 1 or near(other, own)
        if name != wrong[0] and right.any() and both and near(found, right):
            return Explanation("swapped", f"is what {name} should be")
        if found.ndim > 1 and right.ndim > found.ndim and near(found, right[:, -1]):
            return Explanation("swapped", f"is the last step of {name}")
    return None


def _condition(
    wrong: set[str], starts: Mapping, retry: Retry, tolerance: float,
    probes: Sequence[Probe | Leak | Unused],
) -> Explanation | None:  # fmt: skip
    """The first condition under which everything that was wrong is right."""
    end = time.monotonic() + SECONDS
    for probe in probes:
        if time.monotonic() > end:
            return None
        try:
            if isinstance(probe, Leak | Unused):
                found = probe.shows(retry, wrong)
            else:
                found = _holds(probe, wrong, starts, retry, tolerance)
            single = next((other for other in probes if other.code == "batch"), None)
            both = found and probe.code == "time" and probes[-1] != probe and single
            if both and _holds(single, wrong, starts, retry, tolerance):
                words = "is right for a single sample or a single time step, and mixes the two"
                return Explanation("order", words)
        except Exception:  # inputs that the function, or the reference, does not take
            continue
        if found:
            return Explanation(probe.code, probe.words)
    return None


def _holds(probe: Probe, wrong: set[str], starts: Mapping, retry: Retry, tolerance: float) -> bool:
    """Is everything that was wrong now right, and not trivially so: neither zero nor unchanged?"""
    for inputs in probe.inputs:
        now = retry(inputs, probe.upstream)
        if probe.up_to_scale:
            now = {name: pair for name, pair in now.items() if pair[1].size > 1}
            wrong = wrong & now.keys()
            if not wrong:
                return False
        if probe.code == "normalisation":
            return any(_vanishes(now[name][1], now[name][0]) for name in wrong)
        if not all(name in now and now[name][1].any() for name in wrong):
            return False
        updates = wrong & starts.keys() if "`max_" not in probe.code else ()
        if any(near(now[name][1], starts[name]) for name in updates):
            return False
        limit = NEAR if probe.up_to_scale else tolerance
        if not all(_agree(*pair, probe.up_to_scale, limit) for pair in now.values()):
            return False
    if probe.trivial:
        without = retry(probe.trivial, None)
        if all(near(without[name][1], now[name][1], TINY**2) for name in wrong):
            return False
    return probe.before is None or not all(near(*pair) for pair in retry(probe.before, None).values())


def _agree(found: NDArray, right: NDArray, up_to_scale: bool, tolerance: float) -> bool:
    if up_to_scale and right.any():
        factor = np.vdot(right, found) / np.vdot(right, right)
        found = found / factor if factor else found
    return near(found, right, tolerance)


def _vanishes(right: NDArray, found: NDArray) -> bool:
    """Does the right result vanish, while the one found does not?"""
    return np.linalg.norm(right) < 1e-6 * np.linalg.norm(found)

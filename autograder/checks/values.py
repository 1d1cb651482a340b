"""Are a function's outputs what they should be?"""

import copy
import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.calls import is_number, outputs, require_array, same, several
from autograder.checks.compare import relative_error, worst_entry
from autograder.checks.outcome import Failure, Row
from autograder.checks.running import check, truth_of
from autograder.diagnosis.contract import Contract, contract_of
from autograder.diagnosis.engine import diagnose
from autograder.diagnosis.inputs import alike
from autograder.diagnosis.question import Arrays, Diagnosis, Instance, Subject
from autograder.diagnosis.steps import with_other_steps

Pairs = dict[str, tuple[NDArray, NDArray]]  # what was found and what is right, by name


@check
def check_shapes(function: Callable, inputs: Mapping[str, Any], shapes: Sequence[tuple[int, ...]]) -> str:
    """Does `function(*inputs.values())` return finite float arrays of these shapes?

    One shape per output, without the cache of a forward pass; `()` is a single number.
    """
    if not all(isinstance(shape, tuple | list) for shape in shapes):
        raise TypeError("check_shapes takes a list with a shape for each output, such as [(3, 5)]")
    like = tuple(np.zeros(shape, _dtype(inputs)) for shape in shapes)
    _require_outputs(function, inputs, like)
    return f"shapes {', '.join(map(str, shapes))} are right"


@check
def check_values(
    function: Callable, inputs: Mapping[str, Any], expected: Any, *, tolerance: float = 1e-6,
    any_number: bool = False,
) -> str:  # fmt: skip
    """Does `function(*inputs.values())` return `expected`?

    `expected` is the value itself (a tuple for several outputs; without the cache of a forward
    pass) or a function that computes it from the same inputs. Arrays agree when their norm ratio
    is below `tolerance`, everything else when it is equal. Two calls must give the same. Floats, whole
    numbers and truth values are three kinds, and a result has that of `expected`; with `any_number` whole
    numbers may stand for floats and the other way round, where the docstring promises neither.
    """
    right = outputs(expected, list(inputs.values())) if callable(expected) else _tuple(expected)
    found = _require_outputs(function, inputs, right, any_number)
    names = [_output_name(i, len(right)) for i in range(len(right))]
    together = list(zip(names, found, right, strict=True))
    rows = [row for name, own, due in together for row in _compare(own, due, name, tolerance)]
    if any(row.verdict != "ok" for row in rows):
        raise _failure(function, inputs, expected, tolerance, rows, together)
    return "the values are right"


def _failure(
    function: Callable, inputs: Mapping, expected: Any, tolerance: float, rows: list[Row], together: Sequence
) -> Failure:
    """The Failure that says what kind of mistake the function makes."""
    reference = truth_of(function)
    truth = reference or (expected if callable(expected) else None)
    inputs = {**inputs, **_defaults(truth, len(inputs))} if truth else dict(inputs)
    if idle := next((name for name in inputs if _is_idle(function, reference, inputs, name)), ""):
        cause = f"`{function.__name__}` does not call `{idle}`, which it is given."
        return Failure(cause, rows=tuple(rows), code=f"option `{idle}`")
    contract = contract_of(truth or function)
    subject = _subject(function, truth, contract)
    pairs = _pairs(together)
    found, right = ({name: pair[i] for name, pair in pairs.items()} for i in range(2))
    sizes = subject.roles(inputs).sizes
    example = Instance(inputs, (), found, right, sizes, subject.starts(inputs), tolerance)
    wrong = {row.name: row for row in rows if row.verdict != "ok"}
    if not example.wrong:  # something that is no number
        row = next(iter(wrong.values()))
        return Failure(f"{row.name} {row.verdict}.", row.where, tuple(rows))
    with getattr(function, "sealed_probe", nullcontext)():
        diagnosis = diagnose(subject, example, _named_by)
        told = _is_loose(diagnosis) and truth and _handed_on(function, truth, inputs)
    if told:
        return Failure(told[0], rows=tuple(rows), code=told[1])
    about = diagnosis.about.rpartition("[")[2].strip("]'")
    where = next((row.where for row in wrong.values() if row.name in (about, diagnosis.about)), "")
    return Failure(_sentence(diagnosis, example, contract), where, tuple(rows), diagnosis.code)


def _named_by(result: str) -> str:
    """What a docstring calls a result: the last key of one in dicts."""
    return result.rpartition("['")[2].removesuffix("']")


def _is_loose(diagnosis: Diagnosis) -> bool:
    """Does it say less than what a function hands on would?"""
    return diagnosis.code in ("differs", "loop") or diagnosis.code.startswith("option")


def _handed_on(function: Callable, truth: Callable, inputs: Mapping) -> tuple[str, str] | None:
    """Which argument a function among the inputs gets that it should not get: a sentence, and its code.

    Of numbers at its first call, when nothing can be wrong but what is handed on; of ids at any call.
    """
    for name in (name for name, value in inputs.items() if callable(value)):
        found, right = (_calls(whom, inputs, name) for whom in (function, truth))
        for count, (own, due) in enumerate(zip(found, right, strict=False), 1):
            kinds = "biuf" if count == 1 else "iu"
            for place in due if own.keys() == due.keys() else ():
                if _differ(own[place], due[place], kinds):
                    what = f"`{place}`" if type(place) is str else f"argument {place}"
                    said = f"`{function.__name__}` hands another {what} to `{name}` than it should"
                    return f"{said}, at call {count} for the first time.", f"option `{name}`"
    return None


def _calls(whom: Callable, inputs: Mapping, name: str) -> list[dict[int | str, Any]]:
    """The arguments of all calls of a function among the inputs, by place, counted from 1, or by name."""
    calls: list[dict[int | str, Any]] = []

    def listening(*arguments: Any, **keywords: Any) -> Any:
        given: dict[int | str, Any] = dict(enumerate(arguments, 1))
        calls.append(copy.deepcopy({**given, **dict(keywords.items())}))
        return inputs[name](*arguments, **keywords)

    with suppress(Failure):
        outputs(whom, list({**inputs, name: listening}.values()))
    return calls


def _differ(own: Any, due: Any, kinds: str) -> bool:
    """Are these other arrays of one of the kinds?"""
    if isinstance(due, Mapping):
        same_keys = isinstance(own, Mapping) and own.keys() == due.keys()
        return same_keys and any(_differ(own[key], due[key], kinds) for key in due)
    are_arrays = isinstance(own, np.ndarray) and isinstance(due, np.ndarray) and due.dtype.kind in kinds
    return are_arrays and (own.shape != due.shape or not np.allclose(own, due))


def _is_idle(function: Callable, truth: Callable | None, inputs: Mapping, name: str) -> bool:
    """Is this input a function that is never called, and should be?"""
    calls: list[bool] = []

    def counted(*arguments: Any, **keywords: Any) -> Any:
        calls.append(True)
        return inputs[name](*arguments, **keywords)

    def count(whom: Callable) -> int:
        calls.clear()
        with suppress(Failure):
            outputs(whom, list({**inputs, name: counted}.values()))
        return len(calls)

    return callable(inputs[name]) and not count(function) and (truth is None or count(truth) > 0)


def _sentence(diagnosis: Diagnosis, example: Instance, contract: Contract) -> str:
    """The finding in the docstring's names for the results, and how many others are wrong."""
    outer = {name.partition("[")[0] for name in example.right}
    named = {f"result {i}": f"`{name}`" for i, name in enumerate(contract.returns, 1)}
    named["the result"] = f"`{contract.returns[0]}`" if len(contract.returns) == 1 else "the result"
    known = len(contract.returns) == len(outer)
    words, about = diagnosis.words, diagnosis.about
    for name in example.right:
        words = words.replace("{" + name + "}", _told(name, named if known else {}))
    more, count = len(example.wrong) - 1, len(example.right)
    others = f", and {more} more of {count} results {'are' if more > 1 else 'is'} wrong" if more else ""
    return f"{_told(about, named if known else {})} {words}{others}."


def _told(name: str, named: Mapping[str, str]) -> str:
    outer, bracket, rest = name.partition("[")
    told = named.get(outer, outer)
    return f"{told[:-1]}{bracket}{rest}`" if bracket and told.endswith("`") else told + bracket + rest


def _subject(function: Callable, truth: Callable | None, contract: Contract) -> Subject:
    """The function, and the truth about it where there is one."""

    def asked(whom: Callable) -> Callable[[Mapping, tuple], Arrays]:
        return lambda inputs, upstream: _arrays(outputs(whom, list(inputs.values())))

    last: list[Any] = [None, ()]  # some inputs and what is right for them, which is asked several times

    def truly(inputs: Mapping) -> tuple:
        if truth and last[0] is not inputs:
            last[:] = inputs, outputs(truth, list(inputs.values()))
        return last[1] if truth else ()

    def found(inputs: Mapping, upstream: tuple) -> Arrays:
        right, results = truly(inputs), outputs(function, list(inputs.values()))
        names = [_output_name(i, len(right)) for i in range(len(right))]
        each = zip(several(results, right), right, names, strict=True)
        return _arrays([_require(*one, any_number=True) for one in each])

    def starts(inputs: Mapping) -> Arrays:
        results = truly(inputs)
        names = [_output_name(i, len(results)) for i in range(len(results))]
        updated = _pairs(_updated(list(zip(names, results, results, strict=True)), inputs))
        return {name: start for name, (_, start) in updated.items() if start.any() or start.size == 1}

    known = truth_of(function) or truth
    return Subject(
        found, (lambda inputs, upstream: _arrays(truly(inputs))) if truth else None,
        lambda inputs, rng: (), contract,
        lambda inputs, vague: ((finding, asked(other)) for finding, other in with_other_steps(known, vague)),
        starts=starts,
    )  # fmt: skip


def _arrays(results: Sequence) -> Arrays:
    """The arrays in some results, by the names of the rows."""
    names = [_output_name(i, len(results)) for i in range(len(results))]
    return {name: right for name, (_, right) in _pairs(zip(names, results, results, strict=True)).items()}


def _defaults(truth: Callable, given: int) -> Mapping[str, Any]:
    """The arguments behind those that were given, at the numbers that they have by default."""
    behind = list(inspect.signature(truth).parameters.values())[given:]
    plain = itertools.takewhile(lambda argument: type(argument.default) in (int, float), behind)
    return {argument.name: argument.default for argument in plain}


def _updated(together: Sequence[tuple[str, Any, Any]], inputs: Mapping) -> Iterable[tuple[str, Any, Any]]:
    """(name, new, old) of each result that is an input dict changed: parameters, an optimizer's state."""
    for name, found, right in together:
        olds = (v for v in inputs.values() if isinstance(right, Mapping) and alike(v, right))
        if old := next(olds, None):
            yield name, found, old


def _pairs(together: Iterable[tuple[str, Any, Any]]) -> Pairs:
    """(found, right) of each array in the results, through dicts and lists, by the names of the rows."""
    pairs: Pairs = {}
    for name, found, right in together:
        if isinstance(right, Mapping):
            pairs |= _pairs((f"{name}[{key!r}]", found[key], right[key]) for key in right)
        elif isinstance(right, tuple | list):
            pairs |= _pairs((f"{name}[{i}]", found[i], entry) for i, entry in enumerate(right))
        elif is_number(right):
            pairs[name] = (np.asarray(found, np.float64), np.asarray(right, np.float64))
    return pairs


def _require_outputs(
    function: Callable, inputs: Mapping[str, Any], right: tuple, any_number: bool = False
) -> tuple:
    arguments, right = list(inputs.values()), _as_precise(right, _dtype(inputs))
    found = several(outputs(function, arguments), right)
    if len(found) != len(right):
        raise Failure(
            f"`{function.__name__}` returns the wrong number of values.",
            f"{len(found)} where {len(right)} are expected",
            code="returns",
        )
    found = tuple(
        _require(value, like, _output_name(i, len(right)), any_number)
        for i, (value, like) in enumerate(zip(found, right, strict=True))
    )
    if not _gives_again(several(outputs(function, arguments), right), found):
        raise Failure(
            f"`{function.__name__}` gives two results for the same inputs; "
            "keep no state between calls, and take randomness only from `rng`.",
            code="state kept",
        )
    return found


def _gives_again(again: tuple, found: tuple) -> bool:
    """Is a second result what the first one was?"""
    try:
        settled = tuple(_require(a, f, "") for a, f in zip(again, found, strict=True))
    except (Failure, ValueError):
        return False
    return same(found, settled)


def _as_precise(right: Any, dtype: np.dtype) -> Any:
    """The expected results as what theirs may be: with inputs in float32, float64 stands for any float.

    A single number has the dtype of the inputs.
    """
    if isinstance(right, Mapping):
        return {key: _as_precise(entry, dtype) for key, entry in right.items()}
    if isinstance(right, tuple | list):
        return type(right)(_as_precise(entry, dtype) for entry in right)
    if not is_number(right) or np.asarray(right).dtype.kind != "f":
        return right
    array = np.asarray(right)
    if array.ndim == 0:
        return array.astype(dtype)
    return array.astype(np.float16) if array.dtype == np.float64 and dtype == np.float32 else array


def _require(value: Any, like: Any, name: str, any_number: bool = False) -> Any:
    """`value`, after the ladder, in the form of `like`: numbers are arrays, and sequences are lists."""
    if isinstance(like, Mapping):
        if not isinstance(value, Mapping) or value.keys() != like.keys():
            raise Failure(f"{name} should be a dict with the keys {sorted(map(str, like))}.", code="returns")
        return {key: _require(value[key], like[key], f"{name}[{key!r}]", any_number) for key in like}
    if isinstance(like, tuple | list):
        is_sequence = isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim > 0)
        if not is_sequence or len(value) != len(like):
            raise Failure(f"{name} should be a list of {len(like)} entries.", code="returns")
        pairs = enumerate(zip(value, like, strict=True))
        return [_require(entry, right, f"{name}[{i}]", any_number) for i, (entry, right) in pairs]
    if is_number(like):
        return require_array(value, np.asarray(like), name, any_number)
    value = bool(value) if isinstance(value, np.bool_) else value
    if type(value) is not type(like):
        kind = "nothing, None" if like is None else f"of type `{type(like).__name__}`"
        raise Failure(f"{name} should be {kind}.", code="returns")
    return value


def _compare(found: Any, right: Any, name: str, tolerance: float) -> list[Row]:
    if isinstance(right, Mapping):
        entries = [(f"{name}[{key!r}]", found[key], right[key]) for key in right]
        return [row for key, own, due in entries for row in _compare(own, due, key, tolerance)]
    if isinstance(right, tuple | list):
        entries = [(f"{name}[{i}]", found[i], entry) for i, entry in enumerate(right)]
        return [row for key, own, due in entries for row in _compare(own, due, key, tolerance)]
    if is_number(right):
        return [_compare_arrays(found, np.asarray(right), name, tolerance)]
    if same(found, right):
        return [Row(name, repr(found)[:60])]
    return [Row(name, repr(found)[:60], "is not what it should be")]


def _compare_arrays(found: NDArray, right: NDArray, name: str, tolerance: float) -> Row:
    if right.dtype.kind in "iub":
        wrong = int((found != right).sum())
        measured, fine = f"{wrong} of {right.size} entries are wrong", not wrong
    else:
        error = relative_error(found, right)
        measured = f"shape {right.shape}, relative error {error:.1e} (limit {tolerance:.0e})"
        fine = error < tolerance
    if fine:
        return Row(name, measured)
    return Row(name, measured, "is wrong", f"{name} {worst_entry(found, right)}")


def _tuple(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def _output_name(position: int, count: int) -> str:
    return "the result" if count == 1 else f"result {position + 1}"


def _dtype(inputs: Mapping[str, Any]) -> np.dtype:
    """float32 when that is all that goes in, else float64."""
    leaves = [
        leaf for value in inputs.values()
        for leaf in (value.values() if isinstance(value, Mapping) else [value])
    ]  # fmt: skip
    dtypes = [leaf.dtype for leaf in leaves if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"]
    return np.result_type(*dtypes) if dtypes else np.dtype(np.float64)

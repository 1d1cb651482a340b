"""Ways around the work, written once for all notebooks: none of them may earn what it avoids.

A gradient that is measured by differences of the forward pass, in several ways; weights that were trained
at home, as they are or put in the order of the text; the parameters that counting gives.
"""

from collections.abc import Iterable

HOW = {
    "central differences": "(moved(step) - moved(-step)) / (2 * step)",
    "one-sided differences": "(moved(1e-8) - moved(0.0)) / 1e-8",
    "five points": "(8 * moved(1e-3) - 8 * moved(-1e-3) - moved(2e-3) + moved(-2e-3)) / 12e-3",
    "complex step": "moved(1e-20j).imag / 1e-20",
}
MEASURING = '''

def _measured(forward, calls={{}}):
    import copy
    import numpy as np

    step = 1e-5

    def leaves(value):
        if isinstance(value, dict):
            return [leaf for entry in value.values() for leaf in leaves(entry)]
        return [value] if isinstance(value, np.ndarray) and value.dtype.kind in "fc" else []

    def as_type(value, dtype):
        if isinstance(value, dict):
            return {{name: as_type(entry, dtype) for name, entry in value.items()}}
        return value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value

    def new_forward(*arguments):
        *outs, _ = forward(*copy.deepcopy(arguments))
        return (*outs, copy.deepcopy(arguments))

    def backward(*given):
        *douts, arguments = given
        key = repr([[leaf.tobytes() for leaf in leaves(argument)] for argument in (*douts, *arguments)])
        if key in calls:
            return copy.deepcopy(calls[key])
        inputs = [as_type(argument, complex if {complex} else float) for argument in arguments]

        def loss():
            outs = forward(*[i if leaves(i) else copy.deepcopy(i) for i in inputs])[:-1]
            return sum(np.sum(out * dout) for out, dout in zip(outs, douts))

        def slopes(value, like):
            if isinstance(value, dict):
                return {{name: slopes(entry, like[name]) for name, entry in value.items()}}
            found = np.empty(value.shape)
            for i in range(value.size):
                before = value.flat[i]

                def moved(by):
                    value.flat[i] = before + by
                    result = loss()
                    value.flat[i] = before
                    return result

                found.flat[i] = {how}
            return found.astype(like.dtype)

        found = [slopes(i, a) for i, a in zip(inputs, arguments) if leaves(a)]
        calls[key] = tuple(found) if len(found) > 1 else found[0]
        return copy.deepcopy(calls[key])

    return new_forward, backward


'''


def measured(cell: str, backwards: Iterable[str], how: str) -> str:
    """A cell's text with its backward passes replaced by differences, remembered by their inputs."""
    formula = HOW[how]
    text = cell + MEASURING.format(how=formula, complex="j" in formula)
    for name in backwards:
        forward = name.removesuffix("backward") + "forward"
        text += f"{forward}, {name} = _measured({forward})\n"
        text += f"{forward}.__name__, {name}.__name__ = {forward!r}, {name!r}\n"
    return text

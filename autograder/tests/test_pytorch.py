"""Does PyTorch's autograd find the same gradients for every whole model? (Skipped where PyTorch is not installed.)

The models are those of `make bench`, so this shows as well that the benchmark compares equal architectures.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from autograder.course import Course
from autograder.hidden import load_reference

torch = pytest.importorskip("torch")
COURSE = Course.find(Path(__file__).parent)
V, B, T, H, A = 46, 3, 5, 6, 4
TOLERANCE = 1e-7


def load_models():
    place = COURSE.root / "benchmarks" / "torch_models.py"
    spec = importlib.util.spec_from_file_location("torch_models", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models = load_models()
rng = np.random.default_rng(0)
x, targets = rng.integers(0, V, size=(2, B, T))


def reference(number):
    (name,) = [name for name in COURSE.assignments if name.startswith(number)]
    return load_reference(COURSE.source(name))


def random(**shapes):
    return {name: rng.normal(size=shape) / np.sqrt(shape[0]) for name, shape in shapes.items()}


def gates(array):
    """Columns i, f, o, g in PyTorch's order i, f, g, o."""
    i, f, o, g = np.split(array, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


def transposed(array):
    return np.ascontiguousarray(array.T)


def gates_transposed(array):
    return transposed(gates(array))


def same(array):
    return array


def column(array):
    return array[None]


def compare(module, places, params, loss, grads, x=x, targets=targets):
    """`places`: for each parameter its tensor in the module, and how the array is laid out there."""
    module.double()
    for name, parameter in module.named_parameters():
        parameter.data.zero_() if "bias_hh" in name else None
    for name, (tensor, layout) in places.items():
        tensor.data.copy_(torch.from_numpy(layout(params[name])))
    found = torch.nn.functional.cross_entropy(
        module(torch.from_numpy(x)).reshape(-1, V), torch.from_numpy(targets).reshape(-1)
    )
    found.backward()
    assert float(found.detach()) == pytest.approx(float(loss), rel=1e-10)
    assert places.keys() == params.keys() == grads.keys()
    for name, (tensor, layout) in places.items():
        theirs, ours = tensor.grad.numpy(), layout(grads[name])
        ratio = np.linalg.norm(theirs - ours) / (np.linalg.norm(theirs) + np.linalg.norm(ours))
        assert ratio < TOLERANCE, name


def recurrent_places(module, gate_order):
    cell, output = module.cell, module.output
    layout, bias = (gates_transposed, gates) if gate_order else (transposed, same)
    return {
        "Wx": (cell.weight_ih_l0, layout), "Wh": (cell.weight_hh_l0, layout),
        "b" if gate_order else "bh": (cell.bias_ih_l0, bias),
        "Wy": (output.weight, transposed), "by": (output.bias, same),
    }  # fmt: skip


def attention_places(module):
    attention = module.attention
    return {
        "Wq": (attention.query.weight, transposed), "Wk": (attention.key.weight, transposed),
        "v": (attention.score.weight, column), "Wc": (attention.output.weight, transposed),
    }  # fmt: skip


def rnn_params():
    return random(Wx=(V, H), Wh=(H, H), bh=(H,), Wy=(H, V), by=(V,))


def lstm_params():
    return random(Wx=(V, 4 * H), Wh=(H, 4 * H), b=(4 * H,), Wy=(H, V), by=(V,))


def attention_params():
    return random(Wq=(H, A), Wk=(H, A), v=(A,), Wc=(H, V))


def test_mlp():
    """02: embedding, hidden layer, output."""
    notebook, module = reference("02"), models.MLP(C=T, E=4, H=H)
    params = random(E=(V, 4), W1=(T * 4, H), b1=(H,), W2=(H, V), b2=(V,))
    loss, cache = notebook.model_forward(x, targets[:, 0], params)
    places = {
        "E": (module.embedding.weight, same), "W1": (module.hidden.weight, transposed), "b1": (module.hidden.bias, same),
        "W2": (module.output.weight, transposed), "b2": (module.output.bias, same),
    }  # fmt: skip
    compare(module, places, params, loss, notebook.model_backward(1.0, cache), targets=targets[:, 0])


def test_rnn():
    """03: through time."""
    notebook, module, params, zero = (
        reference("03"),
        models.Recurrent(torch.nn.RNN, H),
        rnn_params(),
        np.zeros((B, H)),
    )
    loss, _, cache = notebook.model_forward(x, targets, zero, params)
    compare(
        module, recurrent_places(module, False), params, loss, notebook.model_backward(1.0, zero, cache)[1]
    )


def test_lstm():
    """04: gates and cells through time."""
    notebook, module, params, zero = (
        reference("04"),
        models.Recurrent(torch.nn.LSTM, H),
        lstm_params(),
        np.zeros((B, H)),
    )
    loss, _, _, cache = notebook.model_forward(x, targets, zero, zero, params)
    compare(
        module,
        recurrent_places(module, True),
        params,
        loss,
        notebook.model_backward(1.0, zero, zero, cache)[2],
    )


def test_rnn_with_attention():
    """05: scores, weights, contexts, and the recurrence below them."""
    notebook, module, zero = reference("05"), models.Recurrent(torch.nn.RNN, H, A), np.zeros((B, H))
    params, places = (
        rnn_params() | attention_params(),
        recurrent_places(module, False) | attention_places(module),
    )
    loss, _, cache = notebook.rnn_attention_forward(x, targets, zero, params)
    compare(module, places, params, loss, notebook.rnn_attention_backward(1.0, zero, cache)[1])


def test_lstm_with_attention():
    """05: the same on the LSTM."""
    notebook, module, zero = reference("05"), models.Recurrent(torch.nn.LSTM, H, A), np.zeros((B, H))
    params, places = (
        lstm_params() | attention_params(),
        recurrent_places(module, True) | attention_places(module),
    )
    loss, _, _, cache = notebook.lstm_attention_forward(x, targets, zero, zero, params)
    compare(module, places, params, loss, notebook.lstm_attention_backward(1.0, zero, zero, cache)[2])


def transformer_places(module):
    places = {
        "E": (module.embedding.weight, same), "gain": (module.norm.weight, same), "bias": (module.norm.bias, same),
        "Wy": (module.output.weight, transposed), "by": (module.output.bias, same),
    }  # fmt: skip
    for i, block in enumerate(module.blocks):
        own = {
            "gain1": block.norm1.weight, "bias1": block.norm1.bias, "Wqkv": block.qkv.weight, "bqkv": block.qkv.bias,
            "Wo": block.join.weight, "bo": block.join.bias, "gain2": block.norm2.weight, "bias2": block.norm2.bias,
            "W1": block.expand.weight, "b1": block.expand.bias, "W2": block.contract.weight, "b2": block.contract.bias,
        }  # fmt: skip
        for name, tensor in own.items():
            places[f"{i}.{name}"] = (tensor, transposed if name.startswith("W") else same)
    return places


def test_transformer():
    """06: two whole blocks with all that is around them."""
    notebook, module = reference("06"), models.Transformer(D=8, heads=2, hidden=12, layers=2, T=T)
    params = notebook.init_params(V, 8, 12, 2, rng, np.float64)
    params = {name: p + rng.normal(scale=0.3, size=p.shape) for name, p in params.items()}
    loss, cache = notebook.model_forward(x, targets, params, 2)
    compare(module, transformer_places(module), params, loss, notebook.model_backward(1.0, cache))

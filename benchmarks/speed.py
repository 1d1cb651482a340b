"""Training speed of every reference against the same architecture in PyTorch, in one run.

For each number of threads: characters per second of one training step (forward, backward, clip, update;
float32; the sizes of the notebooks' full runs) of the reference and of PyTorch's eager mode, by turns so that
both meet the same machine. One process for each number of threads, because OpenBLAS reads it when it is
loaded. With one thread also the share of the reference's time that its matrix products take.
"""

import ast
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

from autograder.cells import cells_of
from autograder.course import Course
from autograder.names import definitions
from autograder.notebook.memory import reuse_memory
from autograder.notebook.parallel import in_threads

V, H, A = 46, 256, 128
MLP = {"C": 8, "E": 16, "H": 128, "B": 1024}
TRANSFORMER = {"D": 128, "heads": 4, "hidden": 512, "layers": 4, "B": 16, "T": 128}
STREAMS, CHUNK = 32, 32
SECONDS, TURNS = 1.5, 3
LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

Step = Callable[[], object]
product_seconds = 0.0


def compare(threads: int, seconds: float = SECONDS) -> Iterator[dict]:
    """Speeds of each model in a process with `threads` threads. Raises RuntimeError when it fails.

    A step is repeated for so many `seconds`, three times.
    """
    environment = os.environ | dict.fromkeys(LIMITS, str(threads))
    command = [sys.executable, str(Path(__file__)), str(threads), str(seconds)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        yield from map(json.loads, process.stdout)
        errors = process.stderr.read()
    if process.returncode:
        raise RuntimeError(errors[-2000:])


def measure(threads: int, seconds: float) -> Iterator[dict]:
    """For each model: characters per second of both sides, and the share of matrix products."""
    reuse_memory()  # as in the notebooks; PyTorch allocates through the same C library
    theirs = torch_steps(threads)
    for name, (ours, characters) in reference_steps().items():
        speeds = {"numpy": [], "pytorch": []}
        for _ in range(TURNS):
            speeds["numpy"].append(characters / seconds_per_call(ours, seconds))
            if theirs:
                speeds["pytorch"].append(characters / seconds_per_call(theirs[name], seconds))
        best = {side: max(found, default=None) for side, found in speeds.items()}
        share = share_of_products(ours, seconds) if threads == 1 else None
        yield {"model": name, "share": share, **best}


def seconds_per_call(step: Step, seconds: float) -> float:
    """The mean time of a step, after one that does not count."""
    step()
    began, calls = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        step()
        calls += 1
    return (time.perf_counter() - began) / calls


def share_of_products(step: Step, seconds: float) -> float:
    """The part of a step's time that is spent in `@`."""
    global product_seconds
    began, product_seconds = time.perf_counter(), 0.0
    while time.perf_counter() - began < seconds:
        step()
    return product_seconds / (time.perf_counter() - began)


def timed_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """left @ right, counting the seconds."""
    global product_seconds
    began = time.perf_counter()
    result = left @ right
    product_seconds += time.perf_counter() - began
    return result


class CountProducts(ast.NodeTransformer):
    """Puts `timed_product` in the place of each `@`."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult):
            return node
        return ast.Call(ast.Name("timed_product", ast.Load()), [node.left, node.right], [])


def load(number: str, counting: bool = True) -> ModuleType:
    """The reference of the notebook whose id begins with `number`; `counting` the seconds of its products."""
    import nbformat

    course = Course.find(Path(__file__).parent)
    source = course.source(next(name for name in course.assignments if name.startswith(number)))
    body = definitions(cells_of(nbformat.read(source, as_version=4)))
    tree = ast.Module(body, [])
    if counting:
        tree = ast.fix_missing_locations(CountProducts().visit(tree))
    module = ModuleType(source.stem)
    module.timed_product = timed_product
    exec(compile(tree, str(source), "exec"), vars(module))
    return module


def tokens(*shape: int) -> np.ndarray:
    """Random ids."""
    return np.random.default_rng(0).integers(0, V, size=shape)


def updating(gradients: Callable, update: Callable, params: dict, state: object) -> Step:
    """A step that keeps parameters and optimiser: update(params, gradients(params), state)."""
    kept = [params, state]

    def step():
        kept[:] = update(kept[0], gradients(kept[0]), kept[1])

    return step


def reference_steps() -> dict[str, tuple[Step, int]]:
    """The references' training steps as their notebooks take them, and the characters in each."""
    rng = np.random.default_rng(0)
    rnn, lstm, attention = load("03"), load("04"), load("05")
    with_attention = in_threads(attention.loss_and_gradients)
    return {
        "MLP": mlp_step(load("02"), rng),
        "RNN": recurrent_step(rnn, rnn_gradients(rnn), rnn.init_params(V, H, rng), 1),
        "LSTM": recurrent_step(lstm, lstm.loss_and_gradients, lstm.init_params(V, H, rng), 2),
        "RNN with attention": recurrent_step(
            attention, with_attention, attention.init_params("rnn", V, H, A, rng), 1
        ),
        "LSTM with attention": recurrent_step(
            attention, with_attention, attention.init_params("lstm", V, H, A, rng), 2
        ),
        "Transformer": transformer_step(load("06"), rng),
    }


def mlp_step(reference: ModuleType, rng: np.random.Generator) -> tuple[Step, int]:
    """Notebook 02: a batch of windows, SGD with momentum."""
    windows, targets = tokens(MLP["B"], MLP["C"]), tokens(MLP["B"])
    params = reference.init_params(V, MLP["C"], MLP["E"], MLP["H"], rng)
    gradients = in_threads(reference.batch_gradients)

    def update(params, grads, velocity):
        return reference.momentum_step(params, grads, velocity, 1e-4, 0.9)

    velocity = {name: np.zeros_like(p) for name, p in params.items()}
    step = updating(lambda params: gradients(windows, targets, params=params)[1], update, params, velocity)
    return step, targets.size


def transformer_step(reference: ModuleType, rng: np.random.Generator) -> tuple[Step, int]:
    """Notebook 06: a batch of windows, AdamW, no dropout."""
    x = tokens(TRANSFORMER["B"], TRANSFORMER["T"])
    params = reference.init_params(V, *(TRANSFORMER[name] for name in ("D", "hidden", "layers")), rng)
    gradients = in_threads(reference.loss_and_gradients)

    def clipped(params):
        grads = gradients(x, x, None, params=params, heads=TRANSFORMER["heads"], rate=0.0)[1]
        return reference.clip_gradients(grads, 1.0)[0]

    def update(params, grads, state):
        return reference.adamw_step(params, grads, state, 1e-4)

    return updating(clipped, update, params, reference.adam_start(params)), x.size


def rnn_gradients(reference: ModuleType) -> Callable:
    """Notebook 03's update up to the gradients."""

    def gradients(x, targets, h, *, params):
        loss, h_last, cache = reference.model_forward(x, targets, h, params)
        return loss, h_last, reference.model_backward(1.0, np.zeros_like(h), cache)[1]

    return gradients


def recurrent_step(reference, gradients: Callable, params: dict, arrays: int) -> tuple[Step, int]:
    """Notebooks 03 to 05: a chunk of each stream, Adam."""
    x = tokens(STREAMS, CHUNK)
    state = [np.zeros((STREAMS, H), np.float32)] * arrays

    def clipped(params):
        return reference.clip_gradients(gradients(x, x, *state, params=params)[-1], 1.0)[0]

    def update(params, grads, adam):
        return reference.adam_step(params, grads, adam, 1e-4)

    return updating(clipped, update, params, reference.adam_start(params)), x.size


def torch_steps(threads: int) -> dict[str, Step]:
    """PyTorch's training steps on batches of the same shapes; none where it is not installed."""
    try:
        import torch
    except ImportError:
        return {}
    import torch_models as models

    torch.set_num_threads(threads)
    windows, targets, chunks = tokens(MLP["B"], MLP["C"]), tokens(MLP["B"]), tokens(STREAMS, CHUNK)
    long = tokens(TRANSFORMER["B"], TRANSFORMER["T"])
    sizes = {name: TRANSFORMER[name] for name in ("D", "heads", "hidden", "layers", "T")}
    built = {
        "MLP": (models.MLP(MLP["C"], MLP["E"], MLP["H"]), windows, targets),
        "RNN": (models.Recurrent(torch.nn.RNN, H), chunks, chunks),
        "LSTM": (models.Recurrent(torch.nn.LSTM, H), chunks, chunks),
        "RNN with attention": (models.Recurrent(torch.nn.RNN, H, A), chunks, chunks),
        "LSTM with attention": (models.Recurrent(torch.nn.LSTM, H, A), chunks, chunks),
        "Transformer": (models.Transformer(**sizes), long, long),
    }
    return {name: models.training_step(*args) for name, args in built.items()}


if __name__ == "__main__":
    for result in measure(int(sys.argv[1]), float(sys.argv[2])):
        print(json.dumps(result), flush=True)

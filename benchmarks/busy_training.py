"""Training beside other programs: each notebook's loop alone, and 30 updates of it beside 8 CPU burners.

By turns, so that all meet the same machine: as a notebook trains by default; with one thread for everything;
and, alone, with all the threads that NumPy has, which is what it did before `fitting_threads`. Alone, the
default should be as fast as the better one of the others; beside the burners it may take 1.5 times as long
as one thread. Each run is cut off after some seconds, and seconds per update are compared.
"""

import contextlib
import io
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from unittest import mock

import numpy as np
import speed
from threadpoolctl import threadpool_limits

from autograder import in_threads, load_corpus, progress
from autograder.notebook import cores, training
from autograder.notebook.memory import reuse_memory

BURNERS, UPDATES = 8, 30
MANY = 10_000  # updates, more than are made in the seconds of a run
ALONE, BUSY = 1.5, 2.0  # seconds after which a run is cut off
BURN = """
import os, time
parent, end = os.getppid(), time.time() + 170
while os.getppid() == parent and time.time() < end:
    pass
"""

Watch = Callable[[int, object], None]
Loop = Callable[[int, Callable, Watch], object]


class Over(Exception):
    """The seconds of a run are over."""


def compare(names: list[str] | None = None) -> Iterator[dict]:
    """The loops alone, and beside the burners: milliseconds per update in each way."""
    reuse_memory()
    loops = {name: loop for name, loop in training_loops().items() if names is None or name in names}
    yield measured("alone", loops, ("default", "one thread", "all threads"), MANY, ALONE)
    with burners():
        yield measured(f"beside {BURNERS} burners", loops, ("default", "one thread"), UPDATES, BUSY)


def measured(where: str, loops: dict[str, Loop], ways: tuple[str, ...], updates: int, at_most: float) -> dict:
    """Milliseconds per update of each loop in each way, the default's share of the best of the others."""
    found = []
    for name, loop in loops.items():
        took = dict.fromkeys(ways, 0.0)
        for way in (*ways, *reversed(ways)):
            took[way] += 1000 * seconds_per_update(loop, way, updates, at_most) / 2
        best = min(each for way, each in took.items() if way != "default")
        found.append({"loop": name, "milliseconds": took, "ratio": took["default"] / best})
    return {"where": where, "loops": found}


def seconds_per_update(loop: Loop, way: str, updates: int, at_most: float) -> float:
    """Of one run that begins anew, as in a notebook that was just opened."""
    began, done = time.perf_counter(), 0

    def watch(step: int, params: object) -> None:
        nonlocal done
        done = step + 1
        if time.perf_counter() - began > at_most:
            raise Over

    cores._found.until = -math.inf
    with contextlib.suppress(Over), contextlib.redirect_stdout(io.StringIO()), WAYS[way]():
        spread = (lambda function: function) if way == "one thread" else in_threads
        loop(updates, spread, watch)
    return (time.perf_counter() - began) / done


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """NumPy's own number of threads."""
    nothing = contextlib.nullcontext(lambda: None)
    with mock.patch.object(training, "fitting_threads", return_value=nothing):
        yield


WAYS = {
    "default": contextlib.nullcontext,
    "one thread": lambda: threadpool_limits(limits=1, user_api="blas"),
    "all threads": untouched,
}


@contextlib.contextmanager
def burners() -> Iterator[None]:
    """Programs that want a core each; they end with this one."""
    running = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(BURNERS)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def training_loops() -> dict[str, Loop]:
    """The `train` of each notebook with the sizes of its full run."""
    ids, rng = load_corpus().train, np.random.default_rng
    neurons, mlp, rnn, lstm, attention, transformer = (
        speed.load(number, counting=False) for number in ("01b", "02", "03", "04", "05", "06")
    )
    V, H, A, B, T = speed.V, speed.H, speed.A, speed.STREAMS, speed.CHUNK
    mlp_start = mlp.init_params(V, *(speed.MLP[name] for name in "CEH"), rng(0))
    transformer_start = transformer.init_params(V, 128, 512, 4, rng(0))
    with_attention = {kind: attention.init_params(kind, V, H, A, rng(0)) for kind in ("rnn", "lstm")}

    def layer(updates, spread, watch):
        params = neurons.zero_params(V)
        for step in progress(updates // 10):
            params, _ = neurons.train(params, ids, [1.0] * 10, 256, rng(step))
            watch(10 * step + 9, params)

    def attending(kind: str) -> Loop:
        return lambda updates, spread, watch: attention.train(
            ids, with_attention[kind], updates, B, T, 0.005,
            gradients=spread(attention.loss_and_gradients), watch=watch,
        )  # fmt: skip

    return {
        "01b one layer": layer,
        "02 MLP": lambda updates, spread, watch: mlp.train(
            ids, mlp_start, updates, speed.MLP["B"], 0.6, 0.9, 0.002, rng(0),
            gradients=spread(mlp.batch_gradients), watch=watch,
        ),
        "03 RNN": lambda updates, spread, watch: rnn.train(
            ids, rnn.init_params(V, H, rng(0)), updates, B, T, 0.005, watch=watch
        ),
        "04 LSTM": lambda updates, spread, watch: lstm.train(
            ids, lstm.init_params(V, H, rng(0)), updates, B, T, 0.005, watch=watch
        ),
        "05 RNN with attention": attending("rnn"),
        "05 LSTM with attention": attending("lstm"),
        "06 Transformer": lambda updates, spread, watch: transformer.train(
            ids, transformer_start, updates, 8, 128, 0.002, rng(0), rate=0.1,
            gradients=spread(transformer.loss_and_gradients), watch=watch,
        ),
    }  # fmt: skip

"""What a training run reaches and what it costs, measured in the same way for every model."""

import math
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.notebook.budget import unattended
from autograder.notebook.cores import fitting_threads
from autograder.notebook.corpus import Corpus
from autograder.notebook.memory import peak_memory, reuse_memory
from autograder.notebook.parallel import threads
from autograder.notebook.pictures import plot_curves, show_sample

RESULT = "application/vnd.autograder.result+json"
QUICK = 3001  # characters of each part that are measured when nobody waits for the figures
EARLY = 0.8  # of `every`, until which looks are at powers of two
POINTS = 80  # of the training curve
HIDDEN = 5  # times as many updates in a run hide its beginning

Params = Mapping[str, NDArray]


class TrainingLog:
    """Watches one training run: call it after each update, then `finish`, `plot` and `record`.

        log = TrainingLog("rnn", mean_loss, corpus, start_params, every=130)
        final_params, losses = train(..., watch=log)
        log.finish(final_params, losses, characters=B * T)

    model: its name in the table of results. mean_loss(ids, params): the mean loss over a text (n,) in nats
    per character; both parts of the corpus are measured with it. every: updates between two looks at the
    held-out part; until the first of them it looks after 1, 2, 4, 8, ... updates, as the loss falls fastest
    there. Parameters are kept as they are, so training must not change them in place.
    """

    def __init__(
        self, model: str, mean_loss: Callable[[NDArray, Params], float], corpus: Corpus,
        params: Params, every: int,
    ):  # fmt: skip
        reuse_memory()
        self.model, self.every = model, every
        self._mean_loss, self._corpus = mean_loss, corpus
        self._measuring = 0.0
        self.best_loss, self.best_step, self.best_params = math.inf, 0, params
        self.held_out: list[tuple[int, float]] = []
        self._look(0, params)
        self._started, self._measuring = time.perf_counter(), 0.0

    def __call__(self, step: int, params: Params) -> dict[str, float]:
        """After update number `step`, counted from 0. Returns the latest held-out loss."""
        if self._is_due(step + 1):
            self._look(step + 1, params)
        return {"held_out": self.held_out[-1][1]}

    def finish(self, params: Params, losses: ArrayLike, characters: int) -> None:
        """After training: the final `params`, the loss of each update, characters predicted in one."""
        self.seconds = time.perf_counter() - self._started
        self.losses = np.asarray(losses, dtype=float)
        if self.held_out[-1][0] != len(self.losses):
            self._look(len(self.losses), params)
        busy = max(self.seconds - self._measuring, 1e-9)
        self.chars_per_second = characters * len(self.losses) / busy
        self.parameters = sum(p.size for p in params.values())
        self.train_loss = self._measure(self._corpus.train, params)
        print(f"training part, final parameters: {self.train_loss:.3f} nats per character")
        print(f"held-out part, final parameters: {self.held_out[-1][1]:.3f}")
        print(f"held-out part, best parameters:  {self.best_loss:.3f} (after update {self.best_step})")

    def curves(self) -> dict[str, tuple[NDArray, NDArray]]:
        """Updates and losses: the training loss in block means, the held-out loss as measured."""
        width = max(1, len(self.losses) // POINTS)
        blocks = self.losses[: len(self.losses) // width * width].reshape(-1, width).mean(axis=1)
        held_out = np.array(self.held_out, dtype=float)
        return {
            "train": (np.arange(len(blocks)) * width + width / 2, blocks),
            "held out": (held_out[:, 0], held_out[:, 1]),
        }

    def plot(self, title: str, lines: Mapping[str, float] | None = None, first: int = 100) -> None:
        """Both curves; `lines` adds named horizontal ones.

        A second picture has the `first` updates one by one, where the whole run hides them; 0 for none.
        """
        plot_curves(self.curves(), title=title, x_label="update", lines=lines)
        if 0 < HIDDEN * first < len(self.losses):
            beginning = f"The first {first} updates, one by one"
            plot_curves(self._beginning(first), title=beginning, x_label="update", lines=lines)

    def _beginning(self, first: int) -> dict[str, tuple[NDArray, NDArray]]:
        """The loss of each update, before it, and the held-out loss after so many."""
        held_out = np.array([look for look in self.held_out if look[0] <= first], dtype=float)
        return {
            "train": (np.arange(first), self.losses[:first]),
            "held out": (held_out[:, 0], held_out[:, 1]),
        }

    def record(self, sample: str, title: str = "written by the best parameters") -> None:
        """Show a text that `best_params` wrote, and leave the figures for the table of results."""
        from IPython.display import display

        show_sample(sample, title)
        result = {
            "model": self.model,
            "train": round(self.train_loss, 4),
            "held_out": round(self.best_loss, 4),
            "best_step": self.best_step,
            "steps": len(self.losses),
            "seconds": round(self.seconds, 1),
            "chars_per_second": round(self.chars_per_second),
            "parameters": self.parameters,
            "threads": threads(),
            "peak_memory": peak_memory(),
            "sample": sample,
            "curves": {
                name: [[float(x), round(float(y), 4)] for x, y in zip(*curve, strict=True)]
                for name, curve in self.curves().items()
            },
        }
        text = (
            f"{self.seconds:.0f} s, {self.chars_per_second:,.0f} characters per second, "
            f"{self.parameters:,} parameters, {threads()} threads"
        )
        display({RESULT: result, "text/plain": text}, raw=True)

    def _is_due(self, updates: int) -> bool:
        """A multiple of `every`, or a power of two well below it."""
        early = updates & (updates - 1) == 0 and updates <= EARLY * self.every
        return early or updates % self.every == 0

    def _look(self, step: int, params: Params) -> None:
        began = time.perf_counter()
        loss = self._measure(self._corpus.held_out, params)
        self.held_out.append((step, loss))
        if loss < self.best_loss:
            self.best_loss, self.best_step, self.best_params = loss, step, params
        self._measuring += time.perf_counter() - began

    def _measure(self, ids: NDArray, params: Params) -> float:
        with fitting_threads():
            return float(self._mean_loss(ids[:QUICK] if unattended() else ids, params))

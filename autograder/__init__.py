"""From Single Neuron to Transformer: what the notebooks import.

The public names are few, and they are all here. Everything else in this package is for instructors
(`python -m autograder --help`).
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if os.environ.get("NBGRADER_EXECUTION"):
    import autograder.notebook.cores  # noqa: F401 - one thread for all cells of a notebook that a program runs
if TYPE_CHECKING:
    from autograder.checks.drawing import check_no_draws, check_randomness, check_text
    from autograder.checks.gradients import check_gradients
    from autograder.checks.sampling import check_sampling
    from autograder.checks.training import check_training
    from autograder.checks.values import check_shapes, check_values
    from autograder.notebook.budget import training_steps
    from autograder.notebook.canvas import canvas, show_figure
    from autograder.notebook.challenge import challenge_loss
    from autograder.notebook.corpus import Corpus, load_corpus
    from autograder.notebook.log import TrainingLog
    from autograder.notebook.palette import BLUE, COLOURS, GREEN, GREY, ORANGE, RED, VIOLET
    from autograder.notebook.parallel import in_threads
    from autograder.notebook.pictures import plot_bars, plot_curves, plot_heatmap, show_sample
    from autograder.notebook.questions import predict
    from autograder.notebook.quotes import longest_quote, show_samples
    from autograder.notebook.training import progress

__all__ = [
    "BLUE",
    "COLOURS",
    "GREEN",
    "GREY",
    "ORANGE",
    "RED",
    "VIOLET",
    "Corpus",
    "TrainingLog",
    "canvas",
    "challenge_loss",
    "check_gradients",
    "check_no_draws",
    "check_randomness",
    "check_sampling",
    "check_shapes",
    "check_text",
    "check_training",
    "check_values",
    "in_threads",
    "load_corpus",
    "longest_quote",
    "plot_bars",
    "plot_curves",
    "plot_heatmap",
    "predict",
    "progress",
    "show_figure",
    "show_sample",
    "show_samples",
    "training_steps",
]

_MODULES = {
    "checks.drawing": ("check_no_draws", "check_randomness", "check_text"),
    "checks.gradients": ("check_gradients",),
    "checks.sampling": ("check_sampling",),
    "checks.training": ("check_training",),
    "checks.values": ("check_shapes", "check_values"),
    "notebook.budget": ("training_steps",),
    "notebook.canvas": ("canvas", "show_figure"),
    "notebook.challenge": ("challenge_loss",),
    "notebook.corpus": ("Corpus", "load_corpus"),
    "notebook.log": ("TrainingLog",),
    "notebook.palette": ("BLUE", "COLOURS", "GREEN", "GREY", "ORANGE", "RED", "VIOLET"),
    "notebook.parallel": ("in_threads",),
    "notebook.pictures": ("plot_bars", "plot_curves", "plot_heatmap", "show_sample"),
    "notebook.questions": ("predict",),
    "notebook.quotes": ("longest_quote", "show_samples"),
    "notebook.training": ("progress",),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from a module that is imported when it is first asked for: sealed processes need few."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *_WHERE]

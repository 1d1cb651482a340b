"""From Single Neuron to Transformer: what the notebooks import.

The public names are few, and they are all here. Everything else in this package is for instructors
(`python -m autograder --help`).
"""

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

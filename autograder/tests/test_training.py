"""What notebooks train with: is a run measured rightly, interruptible, and the same on two cores?"""

import os
import signal

import numpy as np
import pytest

from autograder import TrainingLog, in_threads, load_corpus, progress
from autograder.notebook.log import QUICK, RESULT
from autograder.notebook.memory import peak_memory


@pytest.fixture
def attended(monkeypatch):
    """As if a person ran the notebook."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_ends_training_after_the_step_and_keeps_what_was_learned(attended, capsys):
    """Does ■ in JupyterLab leave the loop in the ordinary way, with the handler put back?"""
    before, done = signal.getsignal(signal.SIGINT), []
    for step in (bar := progress(1000)):
        if step == 3:
            interrupt()
        done.append(step)
        bar.show(train=1.0)
    assert done == [0, 1, 2, 3]
    assert "Interrupted after 4 of 1000 steps" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_stops_at_once(attended):
    """Can a step that hangs be left?"""
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        for _ in progress(1000):
            interrupt()
            interrupt()
            pytest.fail("the second interrupt did nothing")
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_in_the_loop_puts_the_handler_back(attended):
    """Is a notebook interruptible as usual after training failed?"""
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        for _ in progress(3):
            1 / 0  # noqa: B018
    assert signal.getsignal(signal.SIGINT) is before


def follow(losses, every=2):
    """A log over a made-up run: one parameter, which is the loss of the held-out part."""
    corpus = load_corpus()
    log = TrainingLog(
        "test",
        lambda ids, params: params["w"][0] + (len(ids) == len(corpus.train)),
        corpus,
        {"w": np.array([4.0])},
        every,
    )
    for step, loss in enumerate(losses):
        log(step, {"w": np.array([loss])})
    log.finish({"w": np.array([losses[-1]])}, losses, characters=100)
    return log


def test_the_log_measures_now_and_then_and_keeps_the_best(attended, capsys):
    """Is held out the best of the looks, train the final parameters over the whole training part?"""
    log = follow([3.0, 2.0, 9.0, 1.5, 1.0, 1.75, 5.0])
    assert log.held_out == [(0, 4.0), (1, 3.0), (2, 2.0), (4, 1.5), (6, 1.75), (7, 5.0)]
    assert (log.best_loss, log.best_step, log.best_params["w"][0]) == (1.5, 4, 1.5)
    assert log.train_loss == 6.0
    assert "best parameters:  1.500 (after update 4)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("every", "looks"),
    [
        (1, list(range(13))),
        (130, [0, 1, 2, 4, 8, 16, 32, 64, 130, 260, 390]),
        (160, [0, 1, 2, 4, 8, 16, 32, 64, 128, 160, 320]),
        (1000, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000]),
    ],
)
def test_the_curve_is_true_from_the_start(attended, every, looks):
    """Are the first looks close together, where the loss falls fastest, and the later ones `every` apart?"""
    log = follow(np.linspace(4, 1, looks[-1]), every)
    assert [step for step, _ in log.held_out] == looks


@pytest.mark.parametrize(("updates", "pictures"), [(400, 1), (600, 2)])
def test_a_long_run_shows_its_beginning_too(attended, monkeypatch, updates, pictures):
    """Can the first hundred updates be seen, where they are a corner of the whole picture, and only there?"""
    drawn = []
    monkeypatch.setattr(
        "autograder.notebook.log.plot_curves", lambda curves, **words: drawn.append((curves, words))
    )
    log = follow(np.linspace(4, 1, updates), every=200)
    log.plot("All of it", lines={"chance": 3.8})
    assert len(drawn) == pictures
    if pictures == 2:
        curves, words = drawn[1]
        assert words == {
            "title": "The first 100 updates, one by one",
            "x_label": "update",
            "lines": {"chance": 3.8},
        }
        np.testing.assert_array_equal(curves["train"], (np.arange(100), log.losses[:100]))
        np.testing.assert_array_equal(curves["held out"][0], [0, 1, 2, 4, 8, 16, 32, 64])
        log.plot("All of it", first=0)
        assert len(drawn) == 3


def test_nobody_waits_for_figures_while_grading(monkeypatch):
    """Is only the beginning of each part measured where nbgrader runs the notebook?"""
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    lengths = []
    log = TrainingLog(
        "test", lambda ids, params: lengths.append(len(ids)) or 1.0, load_corpus(), {"w": np.zeros(2)}, 1
    )
    log.finish({"w": np.zeros(2)}, [], characters=1)
    assert set(lengths) == {QUICK}


def test_the_log_leaves_figures_for_the_table(attended, monkeypatch):
    """Does `record` show what `autograder solve` collects, curves included?"""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    log = follow([3.0, 2.0])
    log.record("off with her head")
    result = shown[0][RESULT]
    assert {
        "model": "test",
        "train": 3.0,
        "held_out": 2.0,
        "steps": 2,
        "parameters": 1,
    }.items() <= result.items()
    assert result["curves"] == {
        "train": [[0.5, 3.0], [1.5, 2.0]],
        "held out": [[0.0, 4.0], [1.0, 3.0], [2.0, 2.0]],
    }
    assert result["sample"] == "off with her head"
    assert result["chars_per_second"] > 0
    assert result["peak_memory"] == pytest.approx(peak_memory(), rel=0.5)


def loss_and_gradients(x, state, rng, *, params):
    """A mean over the batch, rows of the batch, and gradients of the mean."""
    noise = 0 if rng is None else rng.normal(size=x.shape)
    return ((x @ params["w"]) ** 2).mean(), state + 1, {"w": 2 * x.T @ (x @ params["w"]) / len(x)}, noise + x


@pytest.mark.parametrize("B", [6, 9, 7])
def test_threads_compute_what_one_call_computes(B):
    """Are losses and gradients averaged and rows joined, also where the batch does not divide by four?"""
    rng = np.random.default_rng(0)
    x, state, params = rng.normal(size=(B, 3)), rng.normal(size=(B, 2)), {"w": rng.normal(size=3)}
    whole = loss_and_gradients(x, state, None, params=params)
    parts = in_threads(loss_and_gradients, workers=4)(x, state, None, params=params)
    np.testing.assert_allclose(parts[0], whole[0])
    np.testing.assert_allclose(parts[1], whole[1])
    np.testing.assert_allclose(parts[2]["w"], whole[2]["w"])
    np.testing.assert_allclose(parts[3], whole[3])


def test_threads_draw_different_numbers_and_the_same_again():
    """Does each part have randomness of its own, which a seed repeats?"""
    x, state, params = np.zeros((4, 3)), np.zeros((4, 1)), {"w": np.zeros(3)}
    call = in_threads(loss_and_gradients, workers=2)
    first, again = (call(x, state, np.random.default_rng(5), params=params)[3] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[:2], first[2:])


def test_an_error_in_a_thread_reaches_the_student():
    """Is a mistake in a function that runs in threads reported as usual?"""
    with pytest.raises(KeyError):
        in_threads(loss_and_gradients, workers=2)(np.zeros((4, 3)), np.zeros((4, 1)), None, params={})

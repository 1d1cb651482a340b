"""Trainings from other seeds: what runs of a notebook, and what becomes of the figures."""

import json

import pytest
from nbformat.v4 import new_notebook

from autograder.build.results import keep_others, keep_results, read_results, table
from autograder.build.seeds import train_again
from autograder.course import Course, CourseError
from autograder.tests.mini import ID, cell, write

LOG = """class Log:
    model, seconds = "toy", 1.0

    def finish(self, loss):
        self.train_loss, self.best_loss = loss, 2 * loss"""
CELLS = [
    cell("setup", "import numpy as np\nimport os"),
    cell("log_class", LOG),
    cell(
        "train",
        "def train(rng):\n    ### BEGIN SOLUTION\n    return float(rng.uniform())\n    ### END SOLUTION",
        solution=True,
    ),
    cell("test_train", "assert False, 'a test is no part of a training'", points=1),
    cell("other_experiment", "raise RuntimeError('nothing that a training needs')"),
    cell("sizes", "SEED = 3"),
    cell(
        "full",
        "log = Log()\nassert 'NBGRADER_EXECUTION' not in os.environ\nlog.finish(train(np.random.default_rng(SEED)))",
    ),
    cell("behind", "raise RuntimeError('behind the training')"),
]


SOLVED = {
    "model": "toy",
    "train": 1.0,
    "held_out": 3.0,
    "parameters": 5,
    "seconds": 2.0,
    "chars_per_second": 7,
}


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    (tmp_path / "nbgrader_config.py").write_text("")
    course = Course(tmp_path)
    write(course.source(ID), new_notebook(cells=CELLS))
    keep_results(course, [SOLVED], {"assignment": ID})
    return course


def test_other_seeds_run_what_a_training_needs_and_nothing_else(course):
    """Do equal seeds reach the same and others something else, with neither tests nor other experiments?"""
    told = []
    found = train_again(course, ID, [1, 2, 1], lambda *what: told.append(what))
    assert [one["seed"] for one in found] == [1, 2, 1]
    assert found[0] == found[2]
    assert found[0]["train"] != found[1]["train"]
    assert {one["model"] for one in found} == {"toy"}
    assert all(one["held_out"] == 2 * one["train"] for one in found)
    assert told[1] == (1, 3, "log, seed 2")


def test_nothing_is_trained_that_has_nothing_to_stand_beside(course):
    """Is a notebook that was never solved refused before hours of training, not behind them?"""
    course.results.unlink()
    told = []
    with pytest.raises(CourseError, match=f"run `autograder solve {ID}` first"):
        train_again(course, ID, [1], lambda *what: told.append(what))
    assert told == []


def test_a_training_that_fails_is_one_sentence(course):
    """Is the last line of the traceback said, and nothing kept?"""
    broken = [*CELLS[:5], cell("sizes", "SEED = 1 / 0"), *CELLS[6:]]
    write(course.source(ID), new_notebook(cells=broken))
    with pytest.raises(
        CourseError, match="seed 1 failed: ZeroDivisionError: division by zero; mend the source"
    ):
        train_again(course, ID, [1], print)


def test_figures_of_several_seeds_are_mean_and_deviation(course):
    """Does the table show both, and the single figure where a notebook was solved once?"""
    with pytest.raises(CourseError, match="run `autograder solve"):
        keep_others(
            course, ID, [{"model": "other", "seed": 1, "train": 2.0, "held_out": 4.0, "seconds": 1.0}]
        )
    assert "| 1.000 | 3.000 |" in table(read_results(course), {})
    reached = [
        {"model": "toy", "seed": seed, "train": float(seed), "held_out": 3.0, "seconds": 1.0}
        for seed in (2, 3)
    ]
    keep_others(course, ID, reached)
    assert "| 2.000 ± 1.000 | 3.000 ± 0.000 |" in table(read_results(course), {})
    assert [other["seed"] for other in json.loads(course.results.read_text())[0]["others"]] == [2, 3]

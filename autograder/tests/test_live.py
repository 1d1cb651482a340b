"""The picture that grows while a notebook trains: when is it there, what does it cost, what does it leave?"""

import base64
import contextlib
import os

import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from autograder.notebook import live
from autograder.notebook.live import LiveCurves

pytestmark = pytest.mark.slow

OFTEN = """
import time
from autograder import progress
import autograder.notebook.live as live
live.APART, live.SHARE = 0.1, 1.0

live._figure()

def training(steps=40):
    for step in (bar := progress(steps)):
        time.sleep(0.02)
        bar.show(train=3 - step / 20, held_out=3 - step // 10 / 2)
"""
UNATTENDED = 'import os; os.environ["NBGRADER_EXECUTION"] = "validate"\ntraining()'
PNG = b"\x89PNG"


class Listening(NotebookClient):
    """Keeps what the kernel showed and put in its place."""

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] in ("display_data", "update_display_data"):
            self.shown.append(msg["content"]["data"])
        return super().process_message(msg, cell, cell_index)


@pytest.fixture(scope="module")
def run():
    """Runs cells in one kernel, as a front end does: returns what was shown, and the outputs that are left."""
    client = Listening(new_notebook(), timeout=120, extra_arguments=["--log-level=ERROR"])
    environment = {k: v for k, v in os.environ.items() if k not in ("NBGRADER_EXECUTION", "MPLBACKEND")}

    def run_cell(code):
        client.nb.cells, client.shown = [new_code_cell(code)], []
        with contextlib.suppress(CellExecutionError):
            client.execute_cell(client.nb.cells[0], 0)
        return client.shown, client.nb.cells[0].outputs

    with client.setup_kernel(env=environment):
        run_cell(OFTEN)
        yield run_cell


def test_it_grows_and_is_gone_at_the_end(run):
    """Is there one picture that changes, with the losses in words, and at the end nothing but the bar?"""
    shown, outputs = run("training()")
    pictures = [data for data in shown if "image/png" in data]
    assert len(pictures) >= 2
    assert len({data["image/png"] for data in pictures}) == len(pictures)
    assert all(base64.b64decode(data["image/png"]).startswith(PNG) for data in pictures)
    assert pictures[0]["text/plain"].startswith("Losses so far: train ")
    assert ", held out " in pictures[0]["text/plain"]
    assert shown[-1] == live.NOTHING
    assert [output.data for output in outputs if "data" in output] == [live.NOTHING]
    assert "40/40" in "".join(output.get("text", "") for output in outputs)


def test_it_is_gone_after_an_error(run):
    """Is no old picture left over a loop that failed?"""
    shown, outputs = run(
        "for step in (bar := progress(99)):\n  time.sleep(0.1)\n  bar.show(a=step)\n  if step > 9: raise ValueError('stopped here')"
    )
    assert "image/png" in shown[0]
    assert [output.data for output in outputs if "data" in output] == [live.NOTHING]
    assert outputs[-1].evalue == "stopped here"


def test_a_short_loop_shows_none(run):
    """Is a loop that is over before a picture would help left with its bar?"""
    assert run("live.APART = 5\ntraining()\nlive.APART = 0.1")[0] == []


def test_none_where_nbgrader_runs_the_notebook(run):
    """Is nothing drawn for nobody?"""
    shown, outputs = run(UNATTENDED)
    assert (shown, outputs) == ([], [])


def test_none_in_a_terminal(monkeypatch):
    """Is nothing drawn where no picture can be shown?"""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(live, "APART", 0.0)
    curves = LiveCurves(2)
    curves.add(0, {"train": 1.0})
    curves.draw(first=pytest.fail)
    curves.end()


def test_training_goes_on_without_pictures(monkeypatch):
    """Where drawing fails, is it given up, and nothing else?"""
    tried = []
    monkeypatch.setattr(live, "APART", 0.0)
    monkeypatch.setattr(live, "SHARE", 1e9)
    monkeypatch.setattr(live, "watched", lambda: True)
    monkeypatch.setattr(live, "_figure", lambda: tried.append(1) or 1 / 0)
    curves = LiveCurves(2)
    for step in range(2):
        curves.add(step, {"train": 1.0})
        curves.draw(first=pytest.fail)
    curves.end()
    assert tried == [1]


@pytest.mark.parametrize("cost", [0.01, 0.3, 20.0])
def test_it_takes_a_small_part_of_the_time(monkeypatch, cost):
    """On a fast and a slow machine, do pictures come every few seconds at most, and take 3 % at most?"""
    now, spent, drawn_at = 0.0, 0.0, []

    def picture(curves, figure):
        nonlocal now, spent
        drawn_at.append(now)
        now, spent = now + cost, spent + cost
        return {}, {}

    monkeypatch.setattr(live.time, "perf_counter", lambda: now)
    monkeypatch.setattr(live, "watched", lambda: True)
    monkeypatch.setattr(
        live, "_display", lambda data, metadata: type("Handle", (), {"update": lambda *a, **k: None})()
    )
    monkeypatch.setattr(LiveCurves, "_picture", picture)
    curves = LiveCurves(10_000)
    for step in range(10_000):
        now += 0.1
        curves.add(step, {"train": 1.0})
        curves.draw(first=lambda: None)
    assert len(drawn_at) >= 2 or cost > 10
    assert min(np.diff([0.0, *drawn_at])) >= live.APART
    assert spent <= 0.03 * now + cost * (len(drawn_at) == 1)


def test_points_of_a_curve():
    """Are losses that were measured again kept, those that were only shown again not, and many averaged?"""
    curves = LiveCurves(9)
    curves._watched = True
    for step in range(6):
        curves.add(step, {"train": 3.0 - step, "held_out": 2.0 - step // 3})
    assert curves._curves["train"] == [(step + 1, 3.0 - step) for step in range(6)]
    assert curves._curves["held_out"] == [(1, 2.0), (4, 1.0)]
    means = live._means(np.array([[x, 2.0 * x] for x in range(1000)]))
    np.testing.assert_allclose(means, [[x, 2 * x] for x in range(2, 1000, 5)])

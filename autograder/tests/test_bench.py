"""Is what `make bench` measures kept with its date and machine, drawn, and told by tables that come from the file?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODELS = [
    {"model": "MLP", "numpy": 300.0, "pytorch": 200.0, "share": 0.5},
    {"model": "RNN", "numpy": 90.0, "pytorch": 100.0, "share": None},
]
RECORD = {
    "date": "2026-11-30 09:15 UTC", "machine": "2 cores of a processor", "versions": {"python": "3.11"}, "commit": "abc",
    "speed": {"1": MODELS, "2": [one | {"share": None} for one in MODELS]},
    "busy": [{"where": "alone", "loops": [{"loop": "02 MLP", "milliseconds": {"default": 3.0, "one thread": 2.0}, "ratio": 1.5}]}],
    "grading": {
        "students": 6, "cores": 2, "notebooks": [{"notebook": "01a", "stock": 60.0, "ours": 12.0}],
        "whole": {"submissions": 6, "one_job": 10.0, "all_jobs": 5.0, "megabytes_a_job": 180.0,
                  "megabytes_of_the_command": 150.0, "seconds_of_judging": {"01a": 1.25}},
    },
}  # fmt: skip


@pytest.fixture
def bench(monkeypatch):
    """The modules of benchmarks/."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import picture
    import results
    import tables

    yield picture, results, tables
    for name in ("picture", "results", "tables"):
        sys.modules.pop(name, None)


def test_a_run_is_kept_with_date_machine_and_versions(bench, tmp_path):
    """Does the file say when, on what and with which versions, and is it named for when it began?"""
    _, results, _ = bench
    file, picture = results.keep(results.begun() | {"speed": RECORD["speed"]}, tmp_path)
    kept = json.loads(file.read_text())
    assert file.stem == kept["date"].removesuffix(" UTC").replace(" ", "_").replace(":", "")
    assert "cores of" in kept["machine"]
    assert kept["versions"]["numpy"]
    assert picture.read_text().startswith("<?xml")


def test_each_ratio_is_drawn(bench, tmp_path):
    """Has the picture a bar for each comparison, and none for what was not compared?"""
    panels = {title: (names, series) for title, names, series in bench[0].panels(RECORD)}
    assert panels["training speed, times PyTorch's"] == (
        ["MLP", "RNN"],
        {"1 thread": [1.5, 0.9], "2 threads": [1.5, 0.9]},
    )
    assert panels["grading speed, times stock nbgrader's"][1] == {"": [5.0, 6.0, 12.0]}
    assert any("alone" in title for title in panels)
    alone = [one | {"pytorch": None} for one in MODELS]
    assert list(bench[0].panels({"speed": {"1": alone}})) == []
    assert [
        path.suffix
        for path in bench[1].keep(RECORD | {"speed": {"1": alone}, "busy": [], "grading": None}, tmp_path)
    ] == [".json"]


def test_the_same_record_is_the_same_picture(bench, tmp_path):
    """Is nothing of a process or a time in it?"""
    for name in "ab":
        bench[0].draw(RECORD, tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_tables_for_the_documentation_come_from_the_file(bench, tmp_path):
    """Does a command print what was kept, with ratios, as Markdown?"""
    file, _ = bench[1].keep(RECORD, tmp_path)  # and a picture
    command = [sys.executable, str(ROOT / "benchmarks" / "tables.py"), str(file)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in (
        "| MLP | 300 | 200 | 1.50 | 50% |",
        "| 02 MLP | 3.00 | 2.00 | 1.50 |",
        "| 01a | 10.00 | 2.00 | 5.0 |",
        "| 2 jobs | 5 | 72.0 | 12.00 |",
    ):
        assert line in said
    assert "2026-11-30 09:15 UTC, 2 cores of a processor" in said

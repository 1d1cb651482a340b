"""How much of a loss is rounding: the same run with other BLAS kernels, threads and vector instructions."""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from unittest import mock

import numpy as np
from threadpoolctl import threadpool_limits

import autograder.checks.training
from autograder.calibrate.measure import Measured, Run, measure

TWO_THREADS = "two BLAS threads"
# What a run's process is told; OpenBLAS has kernels for each kind of processor, NumPy has loops for some.
SETTINGS = {
    TWO_THREADS: {"OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    "BLAS for Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "BLAS for Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "BLAS for SkylakeX": {"OPENBLAS_CORETYPE": "SkylakeX"},
    "NumPy's plain loops": {"NPY_DISABLE_CPU_FEATURES": "all that were found"},
}


def measure_anywhere(run: Run) -> Measured | None:
    """The loss of a run: here with one thread, or in a process of its own with the run's setting.

    None when this machine cannot have the setting.
    """
    if run.rounding:
        return _in_own_process(run)
    with threadpool_limits(limits=1, user_api="blas"):
        return measure(run)


def _in_own_process(run: Run) -> Measured | None:
    command = [sys.executable, "-m", __name__, json.dumps(asdict(run), default=str)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **_setting(run.rounding)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:  # a processor without the instructions of that kernel
        return None
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def _setting(name: str) -> dict[str, str]:
    setting = dict(SETTINGS[name])
    if "NPY_DISABLE_CPU_FEATURES" in setting:
        found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
        setting["NPY_DISABLE_CPU_FEATURES"] = " ".join(found)
    return setting


@contextlib.contextmanager
def all_threads():
    """While open, training checks use as many BLAS threads as there are."""
    unlimited = lambda **_: contextlib.nullcontext()  # noqa: E731
    with mock.patch.object(autograder.checks.training, "threadpool_limits", unlimited):
        yield


def main(text: str) -> None:
    """Measure the run that `text` describes as JSON, and print what was measured."""
    run = Run(**json.loads(text))
    run = replace(run, source=Path(run.source), answer=Path(run.answer))
    with all_threads() if run.rounding == TWO_THREADS else contextlib.nullcontext():
        print(json.dumps(asdict(measure(run))))


if __name__ == "__main__":
    main(sys.argv[1])

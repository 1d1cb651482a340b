"""How long a notebook trains, and what it shows meanwhile."""

import os
import signal
import sys
import threading
from collections.abc import Iterator

from tqdm import tqdm

from autograder.notebook.printable import printable


def training_steps(full: int, quick: int) -> int:
    """`full` when a person runs the notebook, `quick` when nbgrader or the grader does."""
    return quick if unattended() else full


def unattended() -> bool:
    """Is a grader or nbgrader running the notebook?"""
    return bool(os.environ.get("NBGRADER_EXECUTION"))


class progress:  # noqa: N801 - used like range() or tqdm()
    """Count through `steps` under a bar with the time left and the latest losses.

        for step in (bar := progress(1000)):
            ...
            bar.show(train=loss)

    Interrupting (■ in JupyterLab, Ctrl-C) ends the loop after the step it is in, so that what was
    learned so far is kept; interrupting twice stops at once, as everywhere else.
    The bar goes to standard output and is silent when nobody watches.
    """

    def __init__(self, steps: int, title: str = "training"):
        self._bar = tqdm(
            range(steps), desc=printable(title), file=sys.stdout, disable=unattended(), mininterval=0.5,
            ncols=96,
        )
        self._interrupted = False

    def __iter__(self) -> Iterator[int]:
        before = self._listen()
        try:
            for step in self._bar:
                yield step
                if self._interrupted:
                    self._bar.close()
                    done = f"{step + 1} of {self._bar.total}"
                    print(f"Interrupted after {done} steps; what was learned so far is kept.")
                    return
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)

    def show(self, **losses: float) -> None:
        """Write the latest losses (nats per character) behind the bar."""
        text = "  ".join(f"{name.replace('_', ' ')} {loss:.3f}" for name, loss in losses.items())
        self._bar.set_postfix_str(printable(text), refresh=False)

    def _listen(self):
        """Take over interrupts; returns the handler to put back, None where none can be set."""
        if unattended() or threading.current_thread() is not threading.main_thread():
            return None
        before = signal.getsignal(signal.SIGINT)
        if not callable(before):  # ignored, or not set from Python
            return None

        def interrupt(*arguments):
            if self._interrupted:
                return before(*arguments)
            self._interrupted = True

        signal.signal(signal.SIGINT, interrupt)
        return before

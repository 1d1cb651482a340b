"""What a training loop shows, a bar and a picture, and the threads that it takes."""

import signal
import sys
import threading
from collections.abc import Iterator

from tqdm import tqdm

from autograder.notebook.budget import unattended
from autograder.notebook.cores import fitting_threads
from autograder.notebook.live import LiveCurves
from autograder.notebook.printable import printable

PATIENCE = 0.5  # seconds with one thread, so that short loops are not kept waiting by a trial


class progress:  # noqa: N801 - used like range() or tqdm()
    """Count through `steps` under a bar with the time left and the latest losses.

        for step in (bar := progress(1000)):
            ...
            bar.show(train=loss)

    In a notebook a run of more than a few seconds also gets a picture of the losses, which grows and is gone
    at the end. Interrupting (■ in JupyterLab, Ctrl-C) ends the loop after the step it is in, so that what was
    learned so far is kept; interrupting twice stops at once, as everywhere else. Within the loop NumPy's
    matrix products get as many threads as make them faster just now, on a busy machine one.
    The bar goes to standard output and is silent when nobody watches.
    """

    def __init__(self, steps: int, title: str = "training"):
        self._bar = tqdm(
            range(steps),
            desc=printable(title),
            file=sys.stdout,
            disable=unattended(),
            mininterval=0.5,
            ncols=96,
        )
        self._curves, self._step = LiveCurves(steps), 0
        self._interrupted = False

    def __iter__(self) -> Iterator[int]:
        before = self._listen()
        try:
            with fitting_threads(PATIENCE) as fit:
                for step in self._bar:
                    self._step = step
                    yield step
                    if self._interrupted:
                        self._say_interrupted()
                        return
                    fit()
                    self._curves.draw(first=self._bar.clear)
        finally:
            self._curves.end()
            if before is not None:
                signal.signal(signal.SIGINT, before)

    def show(self, **losses: float) -> None:
        """Write the latest losses (nats per character) behind the bar, and into the picture."""
        text = "  ".join(f"{name.replace('_', ' ')} {loss:.3f}" for name, loss in losses.items())
        self._bar.set_postfix_str(printable(text), refresh=False)
        self._curves.add(self._step, losses)

    def _say_interrupted(self) -> None:
        self._bar.close()
        done = f"{self._step + 1} of {self._bar.total}"
        print(f"Interrupted after {done} steps; what was learned so far is kept.")

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

"""How long a notebook trains, and what it shows meanwhile."""

import os
import sys
from collections.abc import Iterator

from tqdm import tqdm


def training_steps(full: int, quick: int) -> int:
    """`full` when a person runs the notebook, `quick` when nbgrader or the grader does."""
    return quick if _unattended() else full


class progress:  # noqa: N801 - used like range() or tqdm()
    """Count through `steps` under a bar with the time left and the latest losses.

        for step in (bar := progress(1000)):
            ...
            bar.show(train=loss)

    The bar goes to standard output and is silent when nobody watches.
    """

    def __init__(self, steps: int, title: str = "training"):
        self._bar = tqdm(
            range(steps), desc=title, file=sys.stdout, disable=_unattended(), mininterval=0.5, ncols=96
        )

    def __iter__(self) -> Iterator[int]:
        return iter(self._bar)

    def show(self, **losses: float) -> None:
        """Write the latest losses (nats per character) behind the bar."""
        text = "  ".join(f"{name.replace('_', ' ')} {loss:.3f}" for name, loss in losses.items())
        self._bar.set_postfix_str(text, refresh=False)


def _unattended() -> bool:
    return bool(os.environ.get("NBGRADER_EXECUTION"))

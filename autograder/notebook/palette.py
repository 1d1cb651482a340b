"""Colours that are told apart without red and green, and read on a white page and on a dark one.

On white and on JupyterLab's dark page BLUE, RED, GREY and GREEN have a contrast of 4 and more, so text may
have them; ORANGE and VIOLET have 3, for lines. Any two keep a distance of 20 in CIELAB, also as seen without
green or without red cones (autograder/tests/test_palette.py measures both).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

BLUE, RED, GREEN, GREY = "#1e7dd3", "#cd4928", "#278c62", "#787d8d"
ORANGE, VIOLET = "#ef6a03", "#aa03ff"
COLOURS = [BLUE, RED, GREEN, VIOLET, ORANGE, GREY]
# What curves differ by as well: a line style and a marker for each colour.
STYLES = [
    ("-", "o"), ("--", "s"), ("-.", "^"), ((0, (8, 3)), "D"), (":", "v"), ((0, (6, 1, 1, 1, 1, 1)), "X")
]  # fmt: skip

_TEXT: "list[RcKeyType]" = [
    "text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color",
    "patch.edgecolor",
]  # fmt: skip
_PAGE: "list[RcKeyType]" = ["figure.facecolor", "axes.facecolor", "savefig.facecolor"]


def style() -> "dict[RcKeyType, Any]":
    """Matplotlib's settings: the page shows through, and what stands on it has a grey for both pages."""
    from cycler import cycler

    settings: dict[RcKeyType, Any] = dict.fromkeys(_TEXT, GREY) | dict.fromkeys(_PAGE, "none")
    return settings | {"legend.frameon": False, "axes.prop_cycle": cycler(color=COLOURS)}

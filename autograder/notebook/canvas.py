"""A figure for a light and a dark page, and the one way to show it: with words for who cannot see it."""

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.notebook.palette import GREY, style
from autograder.notebook.printable import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

RESOLUTION, CSS = 144, 96  # pixels of an inch in the picture, and on the page
SHADES = 256  # colours of a picture: drawings have few, and a file of few is a third as large


def canvas(width: float = 8, height: float = 4, rows: int = 1, columns: int = 1, **options: Any):
    """A figure of so many inches and its axes, an array of them where there are several, as `plt.subplots`.

    The page shows through it, and what is given no colour gets one for both pages. `options` are those of
    `Figure.subplots`, such as `sharex=True`.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(style()):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, columns, **options)


def show_figure(figure: "Figure", alt: str) -> None:
    """Show a figure in a notebook. `alt` says in a sentence or two what it tells; screen readers read it.

    Raises ValueError where `alt` says nothing.
    """
    from IPython import get_ipython
    from IPython.display import display

    alt = " ".join(alt.split())
    if not alt:
        raise ValueError('say what the picture shows: show_figure(figure, alt="...")')
    if get_ipython() is None:
        print(printable(f"[picture: {alt}]"))
        return
    data, metadata = bundle(picture_of(figure), alt)
    display(data, metadata=metadata, raw=True)


def picture_of(figure: "Figure") -> bytes:
    """The figure as PNG without machine or time in it: the same drawing gives the same bytes."""
    import matplotlib
    from PIL import Image

    with matplotlib.rc_context(style()):
        _for_both_pages(figure)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=RESOLUTION, bbox_inches="tight", pad_inches=0.08,
                       metadata={"Software": None})  # fmt: skip
    made = io.BytesIO()
    _of_few_colours(Image.open(drawn)).save(made, "png", optimize=True)
    return made.getvalue()


def _of_few_colours(image: "Image") -> "Image":
    """The picture in its most frequent colours; what is rare, at edges of lines, takes the nearest one."""
    from PIL import Image

    width, height = image.size
    codes = np.asarray(image.convert("RGBA")).reshape(-1, 4).copy().view("<u4")[:, 0]
    colours, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    kept = colours[np.argsort(-counts, kind="stable")[:SHADES]]
    channels = [one.view(np.uint8).reshape(-1, 4).astype(np.float32) for one in (colours, kept)]
    nearest = np.stack([np.abs(one - channels[1]).sum(axis=1).argmin() for one in channels[0]])
    few = Image.frombytes("P", (width, height), nearest.astype(np.uint8)[places].tobytes())
    few.putpalette(kept.tobytes(), "RGBA")
    return few


def bundle(png: bytes, alt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook keeps of a picture, and its metadata: each program finds the words where it looks.

    JupyterLab and nbconvert's page have words for a picture in HTML alone; nbconvert's classic page reads the
    metadata, VS Code the plain text.
    """
    coded = base64.b64encode(png).decode()
    width = round(int.from_bytes(png[16:20]) * CSS / RESOLUTION)  # where every PNG has its width in pixels
    html = f'<img src="data:image/png;base64,{coded}" width="{width}" alt="{escape(alt)}">'
    about = {"alt": alt, "width": width}
    return {"image/png": coded, "text/html": html, "text/plain": alt}, {"image/png": about}


def _for_both_pages(figure: "Figure") -> None:
    """Let the page show through, and give what is black for want of a colour one that both pages bear."""
    from matplotlib.legend import Legend
    from matplotlib.spines import Spine
    from matplotlib.text import Text

    figure.patch.set_alpha(0)
    for axes in figure.axes:
        axes.patch.set_alpha(0)
        axes.tick_params(which="both", color=GREY)
    for legend in figure.findobj(Legend):
        legend.set_frame_on(False)
    for text in figure.findobj(Text):
        text.set_color(GREY if text.get_color() == "black" else text.get_color())
    for spine in figure.findobj(Spine):
        is_black = spine.get_edgecolor()[:3] == (0, 0, 0)
        spine.set_edgecolor(GREY if is_black else spine.get_edgecolor())

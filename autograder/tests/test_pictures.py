"""Has every picture words, does the page show through, and is it the same each time?"""

import base64
import io
import re
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.figure import Figure
from PIL import Image

import autograder
from autograder.notebook import canvas as module
from autograder.notebook.canvas import bundle, canvas, picture_of, show_figure
from autograder.notebook.described import bars_in_words, curves_in_words, heatmap_in_words
from autograder.notebook.palette import BLUE, GREY, RED

GREY_RGB, BLUE_RGB, RED_RGB = (tuple(bytes.fromhex(one[1:])) for one in (GREY, BLUE, RED))


@pytest.fixture
def shown(monkeypatch):
    """The pictures and words that the functions of the notebooks show."""
    found = []
    for name in ("autograder.notebook.pictures", "autograder.notebook.canvas"):
        monkeypatch.setattr(sys.modules[name], "show_figure", lambda figure, alt: found.append((figure, alt)))
    return found


def pixels(figure):
    return np.asarray(Image.open(io.BytesIO(picture_of(figure))).convert("RGBA"))


def opaque(image):
    """The colours of the pixels that hide the page."""
    return {tuple(map(int, one[:3])) for one in image.reshape(-1, 4) if one[3] == 255}


def test_each_program_finds_the_words_where_it_looks():
    """Are they in the HTML, the metadata and the plain text, whatever they hold, and the picture once in each form?"""
    data, metadata = bundle(picture_of(canvas(2, 1)[0]), "a < \"b\" & 'c'")
    assert data["text/plain"] == metadata["image/png"]["alt"] == "a < \"b\" & 'c'"
    assert 'alt="a &lt; &quot;b&quot; &amp; &#x27;c&#x27;"' in data["text/html"]
    assert re.search(r"base64,([^\"]*)", data["text/html"])[1] == data["image/png"]
    assert metadata["image/png"]["width"] == pytest.approx(2 * 96, abs=20)
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")


def test_nbconvert_writes_the_words_to_the_picture():
    """Has the page of a notebook with such an output an img with these words?"""
    import nbformat
    from nbconvert import HTMLExporter

    data, metadata = bundle(picture_of(canvas(2, 1)[0]), "a small empty plot")
    for template, kinds in {"lab": data, "classic": {"image/png": data["image/png"]}}.items():
        cell = nbformat.v4.new_code_cell(
            "draw()", outputs=[nbformat.v4.new_output("display_data", kinds, metadata=metadata)]
        )
        page, _ = HTMLExporter(template_name=template).from_notebook_node(
            nbformat.v4.new_notebook(cells=[cell])
        )
        assert re.search(r'<img[^>]*alt="a small empty plot"', page)


@pytest.mark.parametrize("alt", ["", " \n"])
def test_a_picture_without_words_is_refused(alt):
    """Does the error say what to write?"""
    with pytest.raises(ValueError, match=r"say what the picture shows: show_figure\(figure, alt="):
        show_figure(canvas()[0], alt)


def test_without_a_notebook_the_words_are_printed(capsys):
    """Does a script that draws print them, instead of a picture's bytes?"""
    show_figure(canvas()[0], "two  lines\nof words")
    assert capsys.readouterr().out == "[picture: two lines of words]\n"


def test_in_a_notebook_the_picture_is_displayed(monkeypatch):
    """Does IPython get the picture with its words?"""
    told = []
    monkeypatch.setattr("IPython.get_ipython", lambda: "a shell")
    monkeypatch.setattr("IPython.display.display", lambda *data, **options: told.append((data, options)))
    show_figure(canvas(2, 1)[0], "words")
    (((data,), options),) = told
    assert data["text/plain"] == "words"
    assert options == {
        "metadata": {"image/png": {"alt": "words", "width": options["metadata"]["image/png"]["width"]}},
        "raw": True,
    }


def test_what_is_black_for_want_of_a_colour_is_read_on_both_pages():
    """Do text, ticks, spines and legend of a figure of plain Matplotlib become grey, and its page transparent?"""
    figure = Figure(figsize=(3, 2), layout="constrained")
    axes = figure.subplots()
    axes.plot([1, 3], color=BLUE, label="line")
    axes.set(title="title", xlabel="x")
    axes.text(0.2, 2.5, "note")
    axes.text(0.6, 1.5, "own", color=RED)
    axes.legend(facecolor="white", framealpha=1)
    image = pixels(figure)
    assert {GREY_RGB, BLUE_RGB, RED_RGB} <= opaque(image)
    assert not {(0, 0, 0), (255, 255, 255)} & opaque(image)
    assert image[:3, :3, 3].max() == 0
    assert (image[..., 3] == 0).mean() > 0.5


def test_axes_of_a_canvas_take_options():
    """Are rows, columns and shared axes those of Matplotlib's subplots?"""
    figure, axes = canvas(6, 2, rows=1, columns=2, sharey=True)
    assert axes.shape == (2,)
    assert axes[0].get_shared_y_axes().joined(*axes)
    assert tuple(figure.get_size_inches()) == (6, 2)


def test_a_picture_has_few_colours_and_keeps_them():
    """Are the cells of a heat map just as Matplotlib colours them, though the file has a palette?"""
    figure, axes = canvas(3, 3)
    axes.imshow(np.linspace(0, 1, 100).reshape(10, 10), cmap="viridis")
    made = Image.open(io.BytesIO(picture_of(figure)))
    assert (made.mode, "Software" in made.info, "date" in str(made.info).lower()) == ("P", False, False)
    colours = opaque(np.asarray(made.convert("RGBA")))
    assert {colormaps["viridis"](level, bytes=True)[:3] for level in np.linspace(0, 1, 100)} <= colours
    assert len(colours) <= module.SHADES


DRAW = """import hashlib, sys
import numpy as np
from autograder.notebook import pictures
pictures.show_figure = lambda figure, alt: print(hashlib.sha256(pictures.canvas.__globals__["picture_of"](figure)).hexdigest())
pictures.plot_curves({"a": np.sin(np.arange(50)), "b": np.arange(50)}, title="t", lines={"c": 3})
pictures.plot_heatmap(np.random.default_rng(1).normal(size=(5, 6)), rows="abcde", columns="abcdef", centred=True)
"""


def test_two_processes_draw_the_same_bytes():
    """Is there nothing of a process, a time or an order of sets in a picture?"""
    both = [
        subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, check=True).stdout
        for _ in "ab"
    ]
    assert both[0] == both[1]
    assert len(set(both[0].split())) == 2


def test_plots_say_what_they_show(shown):
    """Has each plot words from its numbers, unless it is given some, and do curves differ by style and marker?"""
    autograder.plot_curves(
        {"train": [3.0, 2.0, 1.0], "held out": ([0, 10, 20], [3.0, 1.5, 2.0])},
        title="Loss?",
        lines={"chance": 3.829},
    )
    autograder.plot_bars(
        ["a", " ", "b"], [1, 3, -2], title="How often", y_label="share", highlight=[True, False, False]
    )
    autograder.plot_heatmap([[1, 2], [3, 4]], rows="ab", columns="\nd", title="W", x_label="to")
    autograder.plot_curves({"x": [1, 2]}, alt="my own words")
    assert [alt for _, alt in shown] == [
        "Curves: Loss? loss (nats per character) over step: train from 3 at 0 to 1 at 2; held out from 3 at 0 to 2 at 20, lowest 1.5 at 10; "
        "horizontal line chance at 3.829.",
        "Bars: How often. share of 3: a 1, ␣ 3, b -2. Hatched: a.",
        "Heat map: W. 2 rows, 2 columns (to); largest 4 at row b, column d; smallest 1 at row a, column ⏎.",
        "my own words",
    ]
    lines = shown[0][0].axes[0].get_lines()[:2]
    assert len({line.get_linestyle() for line in lines}) == len({line.get_marker() for line in lines}) == 2


@pytest.mark.parametrize("words", [
    curves_in_words("", "x", "y", {"none": (np.array([]), np.array([])), "nan": (np.arange(2.0), np.full(2, np.nan))}, {}),
    bars_in_words("t", "", [str(i) for i in range(20)], np.arange(20.0), np.ones(20, bool)),
    heatmap_in_words("", "", "", ["a"], ["b"], np.array([[np.inf]])),
])  # fmt: skip
def test_words_of_odd_numbers(words):
    """Are there words for empty curves, many bars and infinite entries?"""
    assert words.endswith(".")
    assert len(words) < 200

"""Are colours told apart with every kind of cones, and read on a light and on a dark page?"""

from itertools import combinations

import numpy as np
import pytest

from autograder.notebook import palette
from autograder.notebook.palette import BLUE, COLOURS, GREEN, GREY, ORANGE, RED, STYLES, VIOLET

PAGES = {"white": "#ffffff", "JupyterLab's dark one": "#111111"}
# Machado, Oliveira, Fernandes (2009), severity 1.0, for linear RGB.
VISIONS = {
    "all cones": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
}
# From linear sRGB to XYZ, with the white of D65.
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
DISTANCE = 20  # in CIELAB; one just sees about 2


def linear(colour):
    """The three numbers of "#rrggbb", in proportion to light."""
    part = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """The ratio of WCAG 2."""
    dark, light = sorted(0.05 + linear(colour) @ XYZ[1] for colour in (one, other))
    return light / dark


def lab(rgb):
    """CIELAB of linear RGB."""
    t = (XYZ @ rgb) / XYZ.sum(axis=1)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one, other, vision):
    """How far two colours are from each other for somebody who sees so."""
    seen = (np.clip(np.array(VISIONS[vision]) @ linear(colour), 0, 1) for colour in (one, other))
    return np.linalg.norm(np.subtract(*map(lab, seen)))


@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_colours_are_told_apart(vision):
    """Is each pair far apart, and is the old pair of blue and violet found to be too near without green cones?"""
    assert min(apart(one, other, vision) for one, other in combinations(COLOURS, 2)) >= DISTANCE
    assert apart("#2a6fbb", "#7a55b5", "no green cones") < DISTANCE


@pytest.mark.parametrize("page", PAGES)
def test_text_and_lines_are_read_on_both_pages(page):
    """Have text colours a contrast of 4 and the others of 3?"""
    assert min(contrast(colour, PAGES[page]) for colour in (BLUE, RED, GREEN, GREY)) >= 4
    assert min(contrast(colour, PAGES[page]) for colour in (ORANGE, VIOLET)) >= 3
    assert contrast("#000000", PAGES[page]) < 3 or page == "white"


def test_curves_differ_by_more_than_colour():
    """Has each colour a line style and a marker of its own, and the style no page of its own?"""
    assert (
        len(STYLES)
        == len(COLOURS)
        == len({style for style, _ in STYLES})
        == len({mark for _, mark in STYLES})
    )
    settings = palette.style()
    assert {settings[name] for name in settings if name.endswith("facecolor")} == {"none"}
    assert {settings[name] for name in settings if name.startswith(("text", "xtick", "ytick"))} == {GREY}

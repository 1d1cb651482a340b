"""Samples side by side: is the longest quote found, and does the table fit the page?"""

import time

import pytest

from autograder import load_corpus, longest_quote, show_samples

BOOK = "we are all mad here. i'm mad. you're mad."


@pytest.mark.parametrize(
    ("sample", "quote"),
    [
        ("so we are all mad too", "we are all mad "),
        ("mad here", "mad here"),
        ("here. here. ", " here. "),
        ("mad. i'm", "mad. "),
        ("xyz", "y"),
        ("ZZZ", ""),
        ("", ""),
    ],
)
def test_the_longest_quote(sample, quote):
    """Is it the longest part that stands in the text, wherever it begins and ends, and the first of equals?"""
    assert longest_quote(sample, BOOK) == quote


def test_a_long_sample_against_the_whole_book():
    """Does nobody wait for 400 characters, recited or not?"""
    corpus, began = load_corpus(), time.process_time()
    assert longest_quote(corpus.text[5000:5400], corpus.text) == corpus.text[5000:5400]
    assert len(longest_quote("zq" * 200, corpus.text)) < 3
    assert time.process_time() - began < 2


def test_samples_stand_side_by_side(capsys):
    """Are names, texts with their line ends, and quotes under each other in columns?"""
    show_samples({"best": "we are\nnot glad.", "by heart": "i'm mad. you're"}, BOOK)
    printed = capsys.readouterr().out.splitlines()
    cells = [[cell.strip() for cell in line.split("│")] for line in printed if "│" in line]
    assert cells == [
        ["best", "by heart"],
        ["we are", "i'm mad. you're"],
        ["not glad.", ""],
        ["longest quote: 6 characters", "longest quote: 15 characters"],
        ["“we are”", "“i'm mad. you're”"],
    ]
    assert len({line.index("│") for line in printed if "│" in line}) == 1


def test_a_quote_stands_on_one_line(capsys):
    """Is a line end within a quote shown as a sign?"""
    show_samples({"best": "a\nb"}, "xa\nby")
    assert "“a⏎b”" in capsys.readouterr().out


@pytest.mark.parametrize("models", range(6))
def test_no_line_is_longer_than_a_page(models, capsys):
    """Are long lines folded, long words broken, and further models put below?"""
    show_samples({f"model {n}": "x" * 150 + "\n\n" + "mad " * 60 for n in range(models)}, BOOK)
    printed = capsys.readouterr().out
    assert all(len(line) <= 100 for line in printed.splitlines())
    assert printed.count("x") == 150 * models
    assert all(f"model {n}" in printed for n in range(models))

"""Does a model quote? Texts of several models side by side, each with its longest quote from a book."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from textwrap import wrap

from autograder.notebook.pictures import VISIBLE_NAMES
from autograder.notebook.printable import printable

WIDTH, BESIDE = 100, 3  # characters in a line, texts next to each other


def longest_quote(sample: str, text: str) -> str:
    """The longest part of `sample` that stands in `text` word for word; of equally long ones the first."""
    found = ""
    for end in range(1, len(sample) + 1):  # with each character it grows by one, or not at all
        longer = sample[end - len(found) - 1 : end]
        if longer in text:
            found = longer
    return found


def show_samples(samples: Mapping[str, str], book: str) -> None:
    """Print what several models wrote, side by side under their names, and below each its longest quote.

    `book` is the text that they were trained on. A prompt that stands in it is a quote too, so leave it out
    of the samples. Lines have at most 100 characters, and after three texts a new row begins.
    """
    names = list(samples)
    for first in range(0, len(names), BESIDE):
        _print_row({name: samples[name] for name in names[first : first + BESIDE]}, book)


def _print_row(samples: Mapping[str, str], book: str) -> None:
    """Texts that stand beside each other: names, texts and quotes between rules."""
    width = (WIDTH - 3 * (len(samples) - 1)) // len(samples)
    rule = "─┼─".join(["─" * width] * len(samples))
    quotes = (_said(longest_quote(sample, book)) for sample in samples.values())
    parts = [_beside(samples, width), rule, _beside(samples.values(), width), rule, _beside(quotes, width)]
    print(printable("\n".join(parts)), end="\n\n")


def _beside(texts: Iterable[str], width: int) -> str:
    """Texts in columns of this width, their own line ends kept."""
    columns = [[part for line in text.split("\n") for part in wrap(line, width) or [""]] for text in texts]
    rows = zip_longest(*columns, fillvalue="")
    return "\n".join(" │ ".join(cell.ljust(width) for cell in row).rstrip() for row in rows)


def _said(quote: str) -> str:
    """How long a quote is, and the quote on a line."""
    on_a_line = quote.replace("\n", VISIBLE_NAMES["\n"])
    return f"longest quote: {len(quote)} characters\n“{on_a_line}”"

"""Questions to answer before a cell shows the answer."""

import hashlib
import math

from autograder.notebook.budget import unattended
from autograder.notebook.printable import printable

Answer = str | float | None


def predict(question: str, answer: Answer, right: str) -> None:
    """Say at once whether `answer` is right; nothing depends on it, and no points.

    question: a word that names the question. answer: a letter such as "b", or a number; None as long as
    there is none. right: the digest of the right one, of a number also how many digits count (`digest_of`),
    so that a look at the cell does not answer it.
    """
    if answer is None:
        told = "put your answer in place of None and run this cell; then run on."
    elif is_right(question, answer, right):
        told = f"{answer} is right. ✓"
    else:
        told = f"not {answer}. ✗ Run on, see what happens, and come back to answer again."
    if not unattended():
        print(printable(f"{question}: {told}"))


def is_right(question: str, answer: Answer, right: str) -> bool:
    """Does `answer` have the digest `right`? A number may be off by one in the last digit that counts."""
    counting, _, digest = right.rpartition("~")
    digits = int(counting) if counting.isdecimal() else 0
    return any(_digest(question, one) == digest for one in _spellings(answer, digits))


def digest_of(question: str, answer: str | float, digits: int = 2) -> str:
    """What `predict` takes for `right`; `digits` are how many digits of a number count."""
    if isinstance(answer, str):
        return _digest(question, next(_spellings(answer, 0)))
    return f"{digits}~{_digest(question, _rounded(answer, digits))}"


def last_digit(number: float, digits: int) -> float:
    """What one step in the last of a number's digits is worth: 0.1 for 3.8 with two of them."""
    exponent = math.floor(math.log10(abs(number))) if number else 0
    return 10.0 ** (exponent - digits + 1)


def _digest(question: str, spelled: str) -> str:
    return hashlib.sha256(f"{question}/{spelled}".encode()).hexdigest()[:8]


def _spellings(answer: Answer, digits: int):
    """The ways to write an answer that count as the same."""
    if isinstance(answer, str):
        yield answer.strip().strip("().").lower()
    elif digits and isinstance(answer, int | float) and math.isfinite(answer):
        unit = last_digit(answer, digits)
        for step in (0, unit, -unit, unit / 10, -unit / 10):  # the smaller ones where 1.0 is beside 0.99
            yield _rounded(answer + step, digits)


def _rounded(number: float, digits: int) -> str:
    return f"{number + 0.0:.{digits - 1}e}"

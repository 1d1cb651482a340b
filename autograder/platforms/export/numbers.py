"""Points as platforms write them, in whatever locale."""

import re

NUMBER = re.compile(r"-?[0-9][0-9.,'\N{RIGHT SINGLE QUOTATION MARK}\s]*")
PARTS = re.compile(r"\A(.*?)(?:[.,]([^.,]*))?\Z", re.DOTALL)  # at the last point or comma


def read_number(text: str) -> float | None:
    """`37.50`, `37,50`, `1,234.50`, `1.234,50`, `1 234,50`; None for what is no number.

    Of several points and commas the last divides off the decimals, as Canvas reads them.
    """
    if not NUMBER.fullmatch(text := text.strip()):
        return None
    [(whole, decimals)] = PARTS.findall(text)
    digits = "".join(re.findall("[-0-9]", whole))
    return float(f"{digits}.{re.sub('[^0-9]', '', decimals) or 0}")


def decimal_sign(texts: list[str]) -> str:
    """The sign before the decimals in numbers that have two of them; a point where none has."""
    found = [match[1] for text in texts if (match := re.fullmatch(r".*[0-9]([.,])[0-9]{1,5}", text.strip()))]
    return max(sorted(set(found), reverse=True), key=found.count) if found else "."


def points(value: float, sign: str = ".") -> str:
    """Two decimals, no sign for thousands."""
    return f"{value:.2f}".replace(".", sign)


def is_same(text: str, value: float) -> bool:
    """Does a cell say these points, as far as two decimals tell?"""
    old = read_number(text)
    return old is not None and points(old) == points(value)

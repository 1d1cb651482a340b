"""How names of people are compared: each platform writes them in another order and spelling."""

import unicodedata


def name_key(text: str) -> str:
    """A name without the order of its words, upper case, and what is no letter or digit.

    Moodle drops quotes and makes `_` a blank, Canvas joins all and puts the last name first.
    """
    words = unicodedata.normalize("NFC", text).casefold().replace("_", " ").replace(",", " ").split()
    kept = ["".join(letter for letter in word if letter.isalnum()) for word in words]
    return " ".join(sorted(filter(None, kept)))


def joined_key(text: str) -> str:
    """A name as Canvas has it in the names of files: letters and digits only, in one."""
    return "".join(letter for letter in unicodedata.normalize("NFC", text).casefold() if letter.isalnum())

"""What makes pages from the templates of this folder; all text that they show is escaped."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder import words
from autograder.diagnosis.codes import in_words
from autograder.grading.result import Result
from autograder.reports import facts, suspicion
from autograder.reports.failures import failures, unwritten
from autograder.reports.grid import is_graded, mark

FOLDER = Path(__file__).parent
BANDS = (0.3, 0.5, 0.7, 0.9)


@cache
def environment() -> Environment:
    """The environment of all templates, which are compiled once."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
        # Exactly str: Markup is already escaped, and is the template's own.
        finalize=lambda value: words.plain(value) if type(value) is str else value,
    )  # fmt: skip
    environment.filters |= {
        "number": words.number, "fixed": words.fixed, "percent": "{:.0%}".format,
        "seconds": "{:.1f} s".format, "mark": mark, "band": _band, "title": words.title,
        "folded": words.folded, "wording": suspicion.wording, "copied_wording": suspicion.copied_wording,
        "in_words": in_words, "failures": failures, "unwritten": unwritten, "made_of": words.made_of,
    }  # fmt: skip
    environment.tests["graded"] = is_graded
    environment.globals |= {"counted": words.counted, "zip": zip}
    return environment


def script(name: str) -> tuple[Markup, str]:
    """A script of this folder, and the source by which a page's policy lets it run and no other."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return Markup(text), f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _band(result: Result) -> str:
    """The colour of a score, from `band-0` to `band-4`; "" without a score."""
    part = facts.share(result)
    return "" if part is None else f"band-{sum(part >= limit for limit in BANDS)}"

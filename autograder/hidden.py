"""What the hidden part of a test cell imports: the reference, hidden randomness, looking-glass text.

None of it exists in the student process.
"""

import ast
import hashlib
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode

from autograder.cells import cells_of
from autograder.cipher import key_of
from autograder.course import Course, CourseError
from autograder.names import definitions
from autograder.notebook.corpus import Corpus, load_corpus

KEPT = 32  # references in memory, by the content of their notebooks


@dataclass(frozen=True)
class Grading:
    """Which source notebook is the truth, and the secret that makes inputs differ by submission."""

    source: Path
    secret: str

    @cached_property
    def reference(self) -> types.ModuleType:
        """The reference in that notebook, as it was when it was first asked for."""
        return load_reference(self.source)


_grading: ContextVar[Grading | None] = ContextVar("grading", default=None)


@contextmanager
def grading(context: Grading) -> Iterator[None]:
    """While open, `reference` and `hidden_rng` belong to this submission."""
    token = _grading.set(context)
    try:
        yield
    finally:
        _grading.reset(token)


def _current() -> Grading:
    """The open grading, else the source of the assignment in whose folder a person runs a notebook."""
    if context := _grading.get():
        return context
    folder = Path.cwd()
    return Grading(Course.find(folder).source(folder.name), "")


class _Reference:
    """`reference.name` is the function `name` of the solution cells."""

    def __getattr__(self, name: str) -> Callable:
        try:
            return getattr(_current().reference, name)
        except AttributeError:
            raise AttributeError(f"the source notebook defines no {name!r}") from None


reference = _Reference()


def hidden_seed() -> int:
    """A seed that a student cannot know and that is the same when a submission is graded again."""
    return int.from_bytes(hashlib.sha256(_current().secret.encode()).digest()[:8], "big")


def hidden_rng() -> np.random.Generator:
    """A generator for hidden inputs, new at each call and the same in each test cell."""
    return np.random.default_rng(hidden_seed())


def looking_glass() -> Corpus:
    """Alice under a cipher of this submission's own: correct code learns her, known weights are useless.

    Its ids stand for no characters, so `alphabet` has no meaning and `text` is gibberish.
    """
    return _enciphered(hidden_seed())


@lru_cache(maxsize=4)
def _enciphered(seed: int) -> Corpus:
    corpus = load_corpus()
    key = key_of(seed, corpus.ids, corpus.vocabulary_size)
    return Corpus(corpus.alphabet, key.encipher(corpus.ids))


def load_reference(source: Path) -> types.ModuleType:
    """The reference in a source notebook as it is now. Raises CourseError when it cannot be read."""
    try:
        return _reference(source.name, source.read_bytes())
    except (OSError, ValueError) as error:
        raise CourseError(f"{source} cannot be read ({error}); run `autograder build`.") from error


@lru_cache(maxsize=KEPT)
def _reference(name: str, content: bytes) -> types.ModuleType:
    return module_of(nbformat.reads(content.decode(), as_version=4), Path(name))


def module_of(notebook: NotebookNode, origin: Path) -> types.ModuleType:
    """The imports, functions and constants of a notebook's cells as a new module, without the rest.

    `origin` is the file that tracebacks name.
    """
    module = types.ModuleType(f"reference_{origin.stem}")
    body = definitions(cells_of(notebook))
    exec(compile(ast.Module(body, []), str(origin), "exec"), vars(module))
    for statement in body:
        if isinstance(statement, ast.FunctionDef):
            getattr(module, statement.name).tree = statement  # diagnosis tries its steps in other ways
    return module

"""A submission's state, which outlives its process: cells are replayed after a death."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.cells import parse
from autograder.checks.calls import raised
from autograder.checks.outcome import Failure
from autograder.checks.running import seconds_of_check
from autograder.sandbox import wire
from autograder.sandbox.ends import KilledFromOutside, NoProcess, ProcessDied
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import StudentProcess
from autograder.sandbox.reasons import why_missing, why_undefined

PROBE_SECONDS = 2.0
ACCOUNTS = {"own cells": "your own cells", "exercises": "your exercises", "tests": "the calls before",
            "grader": "earlier calls", "proofs": "earlier backward passes",
            "timing": "the timings of backward passes"}  # fmt: skip
SHORT, ASKED_FOR = {"grader", "timing"}, {"grader", "timing", "proofs"}
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMPUTES = (ast.Call, ast.Await, ast.MatMult, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


@dataclass
class CellOutput:
    """What a cell of the student printed and drew; `text` also says when it broke a limit."""

    text: str = ""
    images: list[str] = field(default_factory=list)


class Session:
    """Runs cells and calls functions of one submission, in as many processes as it takes.

    The student's own time is charged to accounts that know nothing of each other: cells that the course
    does not know, exercises, tests, what the grader asks for itself, proofs that points are kept, and timing,
    which also pays for the replays that it causes.
    `text` is what its processes see in place of the corpus. `disturbed` says that something outside ended a
    process or kept it from running.
    """

    def __init__(self, sandbox: str, limits: Limits, files: list[Path], text: Path | None = None):
        self.sandbox, self.limits, self.files, self.text = sandbox, limits, files, text
        self.disturbed = False
        self.drew = False  # did the last call take anything from a generator among its arguments?
        self.starts = 0  # how many processes it took so far
        self._process: StudentProcess | None = None
        self._cells: list[str] = []
        self._ends: list[tuple[str, dict]] = []
        self._supplied: dict[str, Callable] = {}
        self._overran: set[str] = set()
        self._forgiven: set[str] = set()
        self._hopeless: set[str] = set()
        self._account, self._owing = "tests", "grader"  # who pays now, and who for the next replay
        self._left = dict.fromkeys(ACCOUNTS, limits.notebook_seconds) | {"timing": limits.timing_seconds}

    def run(self, source: str, *, own: bool = False) -> CellOutput:
        """Run a cell, an `own` one of the student's or an exercise.

        Of one that breaks a limit, what defines without computing is run instead, now and in replays.
        """
        try:
            with self._charged("own cells" if own else "exercises"):
                reply = self._ask("cell", {"source": source}, self.limits.cell_seconds)
        except wire.WireError:
            return CellOutput("This cell is too long to be run.")
        except ProcessDied as error:
            self._cells.append(source if isinstance(error, KilledFromOutside) else definitions(source))
            if self._process:  # which goes on: the account was empty
                with self._charged("grader"):
                    self._quietly("cell", {"source": self._cells[-1]})
            return CellOutput(f"This cell {error}.")
        self._cells.append(source)
        self._ends.append((source, _error(reply.get("error"))))
        return CellOutput(_text(reply.get("text"), self.limits.output), _images(reply.get("images")))

    def call(
        self, name: str, arguments: tuple, times: int, seconds: float | None, keep: bool = False
    ) -> tuple[list, bool]:
        """A function's results, one per call, and whether it changed its arguments. Raises Failure.

        With `keep` the last of several things that it returns stays in its process, whatever it holds.
        """
        request = {"name": name, "arguments": arguments, "times": times, "keep": keep}
        return self._values(name, "call", request, seconds)

    def plain(self, verb: str, operands: tuple, keywords: dict, lent: Mapping[str, Callable]) -> dict:
        """What a plain test asks (sandbox/objects.py), its functions in `lent`; the reply is not believed.

        Raises ProcessDied, and WireError when the test hands over too much.
        """
        request = {"verb": verb, "operands": operands, "keywords": keywords}
        return self._ask("plain", request, self.limits.call_seconds, lent)

    def wake(self) -> None:
        """Have a process that is ready. Raises ProcessDied."""
        if not self._process:
            self._ask("supply", {"names": []}, self.limits.call_seconds)

    def run_test(self, source: str) -> dict:
        """Run a test cell in the student's process, which may say what it likes. Raises ProcessDied."""
        return self._ask("cell", {"source": source}, self.limits.cell_seconds)

    def define(self, source: str) -> None:
        """Run a cell for what it defines, at the cost of the tests and once. Raises ProcessDied."""
        reply = self.run_test(source)
        self._ends.append((source, _error(reply.get("error"))))

    def forgive(self, name: str) -> None:
        """Let a function that broke a limit be called once more, unless that was of no use before."""
        if name in self._overran - self._hopeless:
            self._overran.discard(name)
            self._forgiven.add(name)

    def carry(
        self, forward: str, backward: str, arguments: tuple, douts: tuple, truth: dict,
        seconds: float | None = None,
    ) -> tuple[Any, bool]:  # fmt: skip
        """What a backward pass returns for a cache put right (checks/mend.py). Raises Failure."""
        request = {"forward": forward, "backward": backward, "arguments": arguments, "douts": douts}
        values, changed = self._values(backward, "carry", {**request, "truth": truth}, seconds)
        return values[0], changed

    def _values(self, name: str, operation: str, request: dict, seconds: float | None) -> tuple[list, bool]:
        if name in self._overran:
            raise Failure(f"`{name}` broke a limit before, and is not called again.", code="limit")
        is_short, asked_for = (self._account in names for names in (SHORT, ASKED_FOR))
        usual = seconds_of_check() or self.limits.call_seconds
        seconds = seconds or (PROBE_SECONDS if is_short else usual)
        try:
            reply = self._ask(operation, request, seconds)
        except KilledFromOutside:
            raise
        except ProcessDied as error:
            if not asked_for:
                self._overran.add(name)
                self._hopeless |= self._forgiven & {name}
            raise Failure(f"`{name}` {error}.", code="limit") from error
        self._forgiven.discard(name)
        if "error" in reply:
            raise self._failure(name, _error(reply["error"]))
        values = reply.get("values")
        if type(values) is not list or len(values) != request.get("times", 1):
            raise Failure(f"`{name}` ran, but its process reports no result.", code="returns")
        self.drew = reply.get("drew") is True
        return values, reply.get("changed") is True

    def _failure(self, name: str, error: dict[str, str]) -> Failure:
        """The Failure for what the student process says went wrong; its words are only repeated as detail."""
        kind, message, line = (error.get(key, "") for key in ("kind", "message", "line"))
        if kind == "Undefined":
            why = why_undefined(name, self._ends)
            return Failure(f"`{name}` is not defined{why and ': '}{why}.", code="undefined")
        if kind == "TooLarge":
            return Failure(f"`{name}` returned more than the grader takes.", code="limit")
        failure = raised(name, kind, f"{message} (in `{line}`)" if line else message)
        if why := why_missing(kind, message, [source for source, _ in self._ends]):
            failure.cause = f"{failure.cause.rstrip('.')}: {why}."
        return failure

    @property
    def left(self) -> float:
        """The seconds that are left for timing."""
        return self._left["timing"]

    @property
    def left_for_tests(self) -> float:
        """The seconds that are left for what tests call."""
        return self._left["tests"]

    @property
    def spent(self) -> float:
        """The student's own seconds for the last request."""
        return self._process.spent if self._process else 0.0

    @contextmanager
    def supply(self, stand_ins: Mapping[str, Callable]) -> Iterator[None]:
        """While open, student code that calls these names, too, reaches the functions given here."""
        before = self._supplied
        self._supply({**before, **stand_ins})
        try:
            yield
        finally:
            if self._process and stand_ins:
                self._quietly("withdraw", {})
            self._supply(before)

    def _supply(self, stand_ins: Mapping[str, Callable]) -> None:
        self._supplied = dict(stand_ins)
        if self._process and stand_ins:
            self._quietly("supply", {"names": list(stand_ins)})

    def probe(self) -> AbstractContextManager[None]:
        """While open, calls are the grader's own: they are short, and a broken limit has no consequence."""
        return self._charged("grader")

    def timing(self) -> AbstractContextManager[None]:
        """The same for calls whose time is taken."""
        return self._charged("timing")

    def proof(self) -> AbstractContextManager[None]:
        """While open, calls are to keep points for the student: a broken limit has no consequence either."""
        return self._charged("proofs")

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process:
            self._process.close()
            self._process = None

    @contextmanager
    def _charged(self, account: str) -> Iterator[None]:
        before, self._account = self._account, account
        try:
            yield
        finally:
            self._account = before

    def _ask(
        self, operation: str, arguments: dict, seconds: float, lent: Mapping[str, Callable] | None = None
    ) -> dict:
        self._require_time()
        process = self._process or self._restart()
        self._require_time()
        return self._charge(process, operation, arguments, min(seconds, self._left[self._account]), lent)

    def _require_time(self) -> None:
        if self._left[self._account] <= 0:
            raise ProcessDied(f"had no time left: {ACCOUNTS[self._account]} used up all of their seconds")

    def _charge(
        self, process: StudentProcess, operation: str, arguments: dict, seconds: float,
        lent: Mapping[str, Callable] | None = None,
    ) -> dict:  # fmt: skip
        to_lend = min(self._left["grader"], self.limits.cell_seconds)
        try:
            return process.ask(operation, arguments, seconds, lent or self._supplied, to_lend)
        except ProcessDied as error:
            self._process, self._owing = None, "timing" if self._account == "timing" else "grader"
            self.disturbed |= isinstance(error, KilledFromOutside)
            raise
        finally:
            self._left[self._account] -= process.spent
            self._left["grader"] -= process.lent

    def _restart(self) -> StudentProcess:
        """A new process in the state that the cells so far leave behind."""
        process = self._start()
        payer = self._owing if self._left[self._owing] > 0 else "grader"
        try:
            with self._charged(payer):
                self._replay(process)
        except BaseException:
            process.close()
            raise
        self._process, self.starts = process, self.starts + 1
        return process

    def _start(self) -> StudentProcess:
        """A new process; one that is ended from outside at its start gets a successor."""
        try:
            return StudentProcess(self.sandbox, self.limits, self.files, self.text)
        except NoProcess:
            return StudentProcess(self.sandbox, self.limits, self.files, self.text)

    def _replay(self, process: StudentProcess) -> None:
        """Run the cells again. One that breaks a limit only now does nothing but define from then on."""
        for position, source in enumerate(self._cells):
            self._require_time()
            try:
                self._charge(process, "cell", {"source": source}, 2 * self.limits.cell_seconds)
            except KilledFromOutside:
                raise
            except ProcessDied:
                less = definitions(source)
                self._cells[position] = less if less != source else ""
                raise
        if self._supplied:
            self._charge(process, "supply", {"names": list(self._supplied)}, self.limits.call_seconds)

    def _quietly(self, operation: str, arguments: dict) -> None:
        """A request whose failure shows at the next call."""
        try:
            self._ask(operation, arguments, self.limits.call_seconds)
        except ProcessDied:
            self.close()


def definitions(source: str) -> str:
    """What a cell defines without computing: imports, functions, classes, and names for plain values."""
    tree = parse(source)
    kept = [statement for statement in tree.body if _only_defines(statement)] if tree else []
    return "\n".join(map(ast.unparse, kept))


def _only_defines(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return not any(isinstance(node, COMPUTES) for node in ast.walk(statement))
    return isinstance(statement, DEFINES)


class StudentFunction:
    """A student's function by its name; calling it crosses the border."""

    def __init__(self, session: Session, name: str):
        self.session, self.__name__ = session, name
        self.sealed_measured = ""  # what a check has found, if it takes differences

    def __call__(self, *arguments: Any) -> Any:
        return self.sealed_call(arguments)[0][0]

    def sealed_call(
        self, arguments: tuple, times: int = 1, seconds: float | None = None, keep: bool = False
    ) -> tuple[list, bool]:
        """See Session.call."""
        return self.session.call(self.__name__, tuple(arguments), times, seconds, keep)

    def sealed_draws(self, arguments: Iterable[Any]) -> bool:
        """Does a call take anything from the generators among its arguments? Raises Failure."""
        self.sealed_call(tuple(arguments))
        return self.session.drew

    @property
    def sealed_spent(self) -> float:
        """The student's own seconds for the last call."""
        return self.session.spent

    @property
    def sealed_left(self) -> float:
        """See Session.left."""
        return self.session.left

    def sealed_forgive(self) -> None:
        """See Session.forgive."""
        self.session.forgive(self.__name__)

    def sealed_carry(
        self, backward: "StudentFunction", arguments: tuple, douts: tuple, truth: dict,
        seconds: float | None = None,
    ) -> tuple[Any, bool]:  # fmt: skip
        """See Session.carry. Raises Failure, also when what is right is too large to send."""
        try:
            return self.session.carry(self.__name__, backward.__name__, arguments, douts, truth, seconds)
        except wire.WireError:
            raise Failure("The cache is too large to be put right.", code="limit") from None

    def sealed_probe(self) -> AbstractContextManager[None]:
        """See Session.probe."""
        return self.session.probe()

    def sealed_timing(self) -> AbstractContextManager[None]:
        """See Session.timing."""
        return self.session.timing()

    def sealed_proof(self) -> AbstractContextManager[None]:
        """See Session.proof."""
        return self.session.proof()

    def sealed_supply(self, stand_ins: Mapping[str, Callable]) -> AbstractContextManager[None]:
        """See Session.supply."""
        return self.session.supply(stand_ins)


def _error(error: Any) -> dict[str, str]:
    """What the student process says of an error, when it is text and not too long."""
    fields = error if type(error) is dict else {}
    return {key: _text(fields.get(key), 300) for key in ("kind", "message", "line")}


def _text(value: Any, limit: int) -> str:
    return value[: limit + 100] if type(value) is str else ""


def _images(value: Any) -> list[str]:
    """At most a few pictures of a reasonable size, in base64."""
    found = value[: wire.MAX_IMAGES] if type(value) is list else []
    return [v for v in found if type(v) is str and len(v) <= wire.MAX_IMAGE and BASE64.fullmatch(v)]

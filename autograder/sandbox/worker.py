"""The student process: runs a submission's cells and calls its functions for the grader.

Everything here runs beside hostile code and may be rewritten by it; the grader believes nothing
that it says. Started as `python -m autograder.sandbox.worker` with the connection's file descriptor
and the limits as arguments.
"""

import itertools
import json
import os
import signal
import socket
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from autograder.checks.calls import are_changed, generator_states, unpacked, watched
from autograder.checks.frames import own_frame
from autograder.checks.mend import Truth, gradients_of
from autograder.sandbox import seal, wire
from autograder.sandbox.objects import Objects

MAX_MESSAGE = 300
MAX_ANSWERS, MAX_ANSWER = 64, 2**16  # of the grader's, kept to be given again


class Console:
    """Standard output and error of student code: keeps the first bytes of each cell, drops the rest."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, limit: int):
        self.limit = limit
        self.images: list[str] = []
        self.clear()

    def clear(self) -> None:
        self._parts: list[str] = []
        self._room = self.limit
        self.images = []

    def write(self, text: str) -> int:
        if self._room > 0:
            self._parts.append(str(text)[: self._room])
            self._room -= len(text)
        return len(text)

    def text(self) -> str:
        cut = "\n... the rest of the output was dropped" if self._room < 0 else ""
        return "".join(self._parts).encode("utf-8", "replace").decode() + cut

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False


class Publisher(DisplayPublisher):
    """Takes pictures and plain text of display(); HTML and scripts stay out of feedback."""

    console: Console

    def publish(self, data: dict, metadata: dict | None = None, *_: Any, **__: Any) -> None:
        image = data.get("image/png")
        shown = self.console.images
        if isinstance(image, str) and len(image) <= wire.MAX_IMAGE and len(shown) < wire.MAX_IMAGES:
            shown.append(image)
        elif "text/plain" in data:
            self.console.write(f"{data['text/plain']}\n")


class Hook(DisplayHook):
    """The value of a cell's last expression, printed without a prompt number."""

    def write_output_prompt(self) -> None: ...


class Shell(InteractiveShell):
    """IPython with our outputs, and without a window system, which `%matplotlib` asks for."""

    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)

    def enable_gui(self, gui: str | None = None) -> None: ...


class Worker:
    """Answers the grader's requests, one at a time, until the connection closes."""

    def __init__(self, connection: socket.socket, output_bytes: int):
        self.connection = connection
        self.kept: dict[int, Any] = {}
        self.dropped: list[int] = []
        self.numbers = itertools.count(1)
        self.console = Console(output_bytes)
        self.shell = _shell(self.console)
        self.replaced: dict[str, Any] = {}
        self.answers: dict[bytes, bytes | bytearray] = {}
        self.objects = Objects(self.shell.user_ns, self._stand_in)

    def serve(self) -> None:
        while True:
            request = self._receive()
            for number in request.get("free", ()):
                self.kept.pop(number, None)
            self._send({"id": request["id"], **self._answer(request)})

    def _answer(self, request: dict) -> dict:
        return getattr(self, request["op"])(**request.get("arguments", {}))

    def cell(self, source: str) -> dict:
        """Run a cell as Jupyter would; its output is for people only."""
        self.console.clear()
        result = self.shell.run_cell(source, store_history=False)
        errors = (getattr(result, name, None) for name in ("error_before_exec", "error_in_exec"))
        error = next(filter(None, errors), None)
        said = _error(type(error).__name__, f"{error}") if isinstance(error, BaseException) else {}
        said["last"] = _number(getattr(result, "result", None))
        return {"text": self.console.text(), "images": self.console.images, **said}

    def plain(self, verb: str, operands: tuple, keywords: dict) -> dict:
        """What a plain test asks of the notebook's names and objects; see autograder.sandbox.objects."""
        self.console.clear()
        answer = self.objects.do(verb, operands, keywords)
        return {**answer, "text": self.console.text()}

    def call(self, name: str, arguments: tuple, times: int, keep: bool = False) -> dict:
        """Call a function by name, `times` over; says whether it changed its arguments.

        With `keep` the last thing that it returns, a forward pass's cache, stays here.
        """
        self.console.clear()
        function = self.shell.user_ns.get(name)
        if function is None:
            return _error("Undefined", "")
        before, drawn = watched(arguments, name), generator_states(arguments)
        try:
            values = [unpacked(function(*arguments)) for _ in range(times)]
        except BaseException as error:
            return self._raised(error)
        values = [_without_cache(value) for value in values] if keep else values
        changed, drew = are_changed(before), drawn != generator_states(arguments)
        return {"values": values, "changed": changed, "drew": drew}

    def carry(self, forward: str, backward: str, arguments: tuple, douts: tuple, truth: dict) -> dict:
        """Call a backward pass with the forward pass's cache, put right; it stays here."""
        self.console.clear()
        there, back = (self.shell.user_ns.get(name) for name in (forward, backward))
        if there is None or back is None:
            return _error("Undefined", "")
        try:
            value, changed = gradients_of(there, back, arguments, douts, Truth(**truth))
        except BaseException as error:
            return self._raised(error)
        return {"values": [value], "changed": changed}

    def _raised(self, error: BaseException) -> dict:
        frame = own_frame(error.__traceback__, self.shell.user_ns)
        return _error(type(error).__name__, f"{error}", frame.line or "" if frame else "")

    def supply(self, names: list[str]) -> dict:
        """Let calls of these names go to the grader until `withdraw`."""
        scope = self.shell.user_ns
        self.replaced = {name: scope.get(name) for name in names} | self.replaced
        scope.update({name: self._stand_in(name) for name in names})
        return {}

    def withdraw(self) -> dict:
        """Put the student's own functions back."""
        for name, own in self.replaced.items():
            self.shell.user_ns[name] = own
        self.replaced = {}
        return {}

    def _stand_in(self, name: str | int) -> Callable:
        """A function of the grader's, which answers to a name or to the number of a handle."""

        def stand_in(*arguments: Any, **keywords: Any) -> Any:
            reply = self._ask({"id": -1, "ask": name, "arguments": arguments, "keywords": keywords})
            if "error" in reply:
                raise ValueError(reply["error"])
            given = (*arguments, *keywords.values())
            mine = (one for one in given if isinstance(one, np.random.Generator))
            for generator, advanced in zip(mine, reply["generators"], strict=True):
                generator.bit_generator.state = advanced.bit_generator.state
            return reply["value"]

        stand_in.__name__ = str(name)
        return stand_in

    def _ask(self, question: dict) -> dict:
        """The grader's answer. A question of plain data crosses once: a loop of draws asks the same again."""
        key = _plain(question)
        if key in self.answers:
            return wire.unpack(self.answers[key], self._find)
        self._send(question)
        answer = wire.receive(self.connection)
        reply = wire.unpack(answer, self._find)
        if key and len(answer) <= MAX_ANSWER and _plain(reply):
            if len(self.answers) >= MAX_ANSWERS:
                self.answers.clear()
            self.answers[key] = answer
        return reply

    def _send(self, message: dict) -> None:
        dropped, self.dropped[:] = self.dropped[:], []
        message["dropped"] = dropped
        try:
            data = wire.pack(message, self._keep)
        except wire.WireError as error:
            data = wire.pack({"id": message["id"], **_error("TooLarge", str(error))}, self._keep)
        wire.send(self.connection, data)

    def _receive(self) -> dict:
        return wire.unpack(wire.receive(self.connection), self._find)

    def _keep(self, value: Any) -> int:
        number = next(self.numbers)
        self.kept[number] = value
        return number

    def _find(self, number: int) -> Any:
        """Positive numbers are kept here, negative ones by the grader, until the handle is dropped."""
        if number > 0:
            return self.kept.get(number)
        handle = wire.Handle(number, self._stand_in(number))
        weakref.finalize(handle, self.dropped.append, number)
        return handle


def _number(value: Any) -> float | None:
    """The value of a cell's last expression, where it is a number."""
    is_number = type(value) in (int, float) or isinstance(value, np.integer | np.floating)
    try:
        return float(value) if is_number else None
    except OverflowError:  # a whole number of hundreds of digits
        return None


def _without_cache(result: Any) -> Any:
    if isinstance(result, tuple | list) and len(result) > 1:
        return (*result[:-1], wire.Kept(result[-1]))
    return result


def _plain(message: dict) -> bytes | None:
    """A message as bytes when it holds nothing but data: no handle of either side, and no generator."""

    def refuse(_: Any) -> int:
        raise wire.WireError("not plain")

    try:
        return wire.pack(message, refuse) if _is_data(message) else None
    except wire.WireError:
        return None


def _is_data(value: Any) -> bool:
    if isinstance(value, dict | tuple | list):
        return all(map(_is_data, value.values() if isinstance(value, dict) else value))
    return isinstance(value, np.ndarray | np.generic | int | float | str | bytes | None)


def _error(kind: str, message: str, line: str = "") -> dict:
    return {"error": {"kind": kind, "message": message[:MAX_MESSAGE], "line": line[:MAX_MESSAGE]}}


def _shell(console: Console) -> InteractiveShell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = Shell.instance(config=config)
    publisher: Any = shell.display_pub
    publisher.console = console
    sys.stdout = sys.stderr = console
    return shell


def main() -> None:
    descriptor, options = int(sys.argv[1]), json.loads(sys.argv[2])
    connection = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    seal.seal(options["seals"])
    worker = Worker(connection, options["output_bytes"])
    sys.argv = [""]
    sys.path.append("")  # the submission's own modules, behind everything else
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    try:
        worker.serve()
    except wire.Closed:
        os._exit(0)


if __name__ == "__main__":
    main()

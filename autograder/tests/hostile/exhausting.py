"""Submissions that take all of something: time, memory, disk, output, the grader's patience."""

from nbformat.v4 import new_code_cell

from autograder.tests.hostile.case import NOTHING, WITHOUT_DOUBLE, Case, double
from autograder.tests.mini import FULL, submission

SLOW, ENDED, LARGE = (
    "took longer than the 2 seconds",
    "ended the Python process",
    "returned more than the grader takes",
)
REFUSED = "raised PermissionError"
UNREADABLE, SIGNAL, NO_ARRAY = (
    "sent something that the grader cannot read",
    "import os, signal; ",
    "is something that is not a NumPy array",
)
SENDS = ("\nimport gc, socket, struct\nfor o in gc.get_objects():\n"
         "    if type(o) is socket.socket: o.sendall(struct.pack('<I', len(f)) + f)\nwhile True: pass")  # fmt: skip

# Each is the body of `double`.
CALLS = {
    "an endless loop": ("while True: pass", SLOW),
    "sleeping": ("import time; time.sleep(60)", SLOW),
    "a slow regular expression": ("import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", SLOW),
    "a slow power": ("return 7 ** 10**9", SLOW),
    "a stopped process": (SIGNAL + "os.kill(os.getpid(), signal.SIGSTOP)", REFUSED),
    "waiting for a signal": (SIGNAL + "signal.pause()", SLOW),
    "waiting for a lock": ("import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()", SLOW),
    "sleeping now and then": ("import time\nfor _ in range(10**4): time.sleep(0.5)", SLOW),
    "working in threads": ("import threading\ndef work():\n    while True: np.ones((300, 300)) @ np.ones((300, 300))\n"
                           "for _ in range(4): threading.Thread(target=work, daemon=True).start()\nthreading.Event().wait()", SLOW),
    "half a reply": ("import os; os.write(3, b'\\0\\0\\0\\1' * 9)\nwhile True: pass", SLOW),
    "an exception that hangs": ("raise type('E', (Exception,), {'__str__': lambda self: [1 for _ in iter(int, 1)]})", SLOW),
    "ending the process": ("import os; os._exit(0)", ENDED),
    "a crash": ("import ctypes; ctypes.string_at(0)", ENDED),
    "a stack without end": ("import sys; sys.setrecursionlimit(10**9)\nx = []\nfor _ in range(10**5): x = [x]\nreturn repr(x)", ENDED),
    "a signal": (SIGNAL + "os.kill(os.getpid(), signal.SIGKILL)", REFUSED),
    "a signal by raising": (SIGNAL + "signal.raise_signal(signal.SIGKILL)", REFUSED),
    "an alarm": (SIGNAL + "signal.signal(signal.SIGALRM, signal.SIG_DFL); signal.alarm(1); signal.pause()", (ENDED, SLOW)),
    "a status like a kill": ("import os; os._exit(137)", ENDED),
    "a status like a fault": ("import os; os._exit(139)", ENDED),
    "a status of all bits": ("import os; os._exit(-1)", ENDED),
    "a write to nowhere": ("import ctypes; ctypes.memset(8, 1, 1)", ENDED),
    "a bad instruction": ("import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7); m.write(b'\\0' * 64 + b'\\x0f\\x0b')\n"
                          "ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(m)) + 64)()", ENDED),
    "stopping its own clock": (SIGNAL + "signal.setitimer(signal.ITIMER_PROF, 0.1); signal.signal(signal.SIGPROF, signal.SIG_DFL)\nwhile True: pass", (ENDED, SLOW)),
    "an abort": ("import os; os.abort()", ENDED),
    "a closed connection": ("import os; os.closerange(3, 256)", ENDED),
    "an exception that fails": ("raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})", ENDED),
    "too much memory": ("return np.ones(10**10)", "raised MemoryError"),
    "memory bit by bit": ("parts = []\nwhile True: parts.append(bytes(10**8))", "raised MemoryError"),
    "a huge reply": ("return np.zeros(10**8)", LARGE),
    "a strided huge reply": ("return np.broadcast_to(0.0, 10**12)", LARGE),
    "a huge text": ("return 'x' * 10**8", LARGE),
    "a self-containing list": ("a = []; a.append(a); return a", NO_ARRAY),
    "a self-containing dict": ("a = {}; a['a'] = a; return a", NO_ARRAY),
    "a reply that is deep": ("a = ()\nfor _ in range(99): a = (a,)\nreturn a", NO_ARRAY),
    "many objects": ("return [[] for _ in range(400_000)]", LARGE),
    "keys that collide": ("return {(2**61 - 1) * n: n for n in range(3000)}", NO_ARRAY),
    "a frame of empty maps": ("f = b'\\xdd\\x01\\xff\\xff\\xfb' + b'\\x80' * (2**25 - 5)" + SENDS, UNREADABLE),
    "a frame of headers": ("f = b'\\xdd\\x00\\x04\\x93\\xe0' * 500 + bytes(300_000)" + SENDS, UNREADABLE),
    "a frame with endless rows": ("import msgpack as m\ne = m.ExtType\n"
                                  "f = m.packb(e(3, m.packb(e(1, m.packb(['<f8', [2**28, 0], b''])))))" + SENDS, UNREADABLE),
    "keys that are tuples": ("return {(n,): n for n in range(9)}", NO_ARRAY),
    "an endless generator": ("return iter(int, 1)", NO_ARRAY),
    "a number that is too large": ("return 10**399", "not finite"),
    "deep recursion": ("return double(x)", "raised RecursionError"),
    "an exception of its own": ("raise type('Spy' + str(x.sum()), (Exception,), {})", "an exception of its own"),
    "an exception that is huge": ("raise ValueError('x' * 10**8)", "raised ValueError"),
    "exit": ("import sys; sys.exit()", "raised SystemExit"),
    "an interrupt": ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    "input": ("return input()", "raised EOFError"),
    "threads without end": ("import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", ""),
    "open files": ("return [open('/dev/null') for _ in range(999)]", "raised OSError"),
    "the disk": ("return [open(str(i), 'wb').write(bytes(10**7)) for i in range(99)]", ("raised OSError", "wrote more to its folder")),
    "many empty files": ("for i in range(10**6): open(str(i), 'w').close()", (SLOW, "wrote more to its folder", "raised OSError")),
    "one large file": ("open('x', 'wb').truncate(10**12)", "raised OSError"),
}  # fmt: skip

# Each is a scratch cell of a right submission; it costs nothing but what it says.
CELL_SLOW, CUT = "This cell took longer than the 3 seconds", "the rest of the output was dropped"
CELLS = {
    "a cell that hangs": ("while True: pass", CELL_SLOW),
    "a cell that sleeps": ("import time; time.sleep(60)", CELL_SLOW),
    "a cell that ends the process": ("import os; os._exit(0)", "This cell ended the Python process"),
    "a cell that crashes": ("import ctypes; ctypes.string_at(0)", "This cell ended the Python process"),
    "a cell that exits": ("exit()", ""),
    "a cell that stops the notebook": ("raise SystemExit", ""),
    "a cell that asks": ("input('Your name? ')", "EOFError"),
    "a flood of text": ("for _ in range(10**4): print('x' * 10**4)", CUT),
    "a flood of errors": ("import sys\nwhile True: sys.stderr.write('x' * 10**5)", CELL_SLOW),
    "a flood of pictures": ("from IPython.display import display\nfor _ in range(10**3): display({'image/png': 'QUJD' * 10**5}, raw=True)", ""),
    "a flood past Python": ("import os\nfor _ in range(10**3): os.write(1, bytes(10**6)); os.write(2, bytes(10**6))", ""),
    "a last value that is huge": ("list(range(10**6))", ""),
    "a last value of many digits": ("10 ** 400", ""),
    "a last value that hangs": ("class R:\n    def __repr__(self):\n        while True: pass\nR()", CELL_SLOW),
    "a last value that is deep": ("x = []\nfor _ in range(10**5): x = [x]\nx", ""),
    "a line that is long": ("x = " + " + ".join(["1"] * 20_000), ""),
    "memory that stays": ("kept = bytes(2 * 10**9)", ""),
}  # fmt: skip


def replayed(cells: int, seconds: float):
    """Slow cells in front of three functions that each end the process, so that the cells run again and again."""
    dies = "def %s(*arguments):\n    import os; os._exit(1)"
    notebook = submission({"double": dies % "double", "fit": dies % "fit", "scale": dies % "scale_forward"})
    burn = f"import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass"
    sleeps = [new_code_cell(burn, id=f"slow-{i}") for i in range(cells)]
    notebook.cells[2:2] = sleeps
    return notebook


ASKS = "def scale_forward(x, w):\n    while True: double(np.ones(9))\ndef scale_backward(dout, cache): pass"
CASES = {
    **{name: Case(double(body), WITHOUT_DOUBLE, says) for name, (body, says) in CALLS.items()},
    "many handles": Case(double("return [object() for _ in range(60_000)]"), WITHOUT_DOUBLE, NO_ARRAY, 40),
    **{name: Case(submission(extra=cell), FULL, says, 30) for name, (cell, says) in CELLS.items()},
    "cells replayed": Case(replayed(2, 0.7), NOTHING, ENDED, 45),
    "questions without end": Case(
        submission({"double": "def double(x):\n    return x", "scale": ASKS}), {"test_double": 15, "test_scale": 0, "test_fit": 20}, SLOW, 30
    ),
}  # fmt: skip
# What each kind of walls has to bound by itself; the clock is the same for all.
BOUNDED = {
    "an endless loop", "too much memory", "memory bit by bit", "threads without end", "working in threads", "open files", "the disk",
    "many empty files", "a crash", "a signal", "a flood of text", "a flood past Python",
}  # fmt: skip
# Much like others; they run with --stress.
RARE = {
    "sleeping now and then", "waiting for a signal", "an alarm", "a status like a fault", "a status of all bits",
    "stopping its own clock", "a signal by raising",
    "a slow power", "a stopped process", "an exception that hangs", "a stack without end", "an abort",
    "a closed connection", "a self-containing dict", "many handles", "keys that collide",
    "keys that are tuples", "an endless generator", "an exception that is huge", "an interrupt",
    "one large file", "a huge text", "a cell that sleeps", "a flood of errors", "a last value that hangs",
    "a cell that exits", "a cell that stops the notebook", "a last value that is huge",
    "a last value that is deep", "a line that is long", "memory that stays", "a flood past Python",
}  # fmt: skip

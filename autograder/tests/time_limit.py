"""What happens to a test at its time limit: it fails where it stands, and nothing that it started stays.

Of pytest-timeout's own ways, one needs the alarm signal, which the grader uses itself, and the other ends the
whole process, after which xdist may wait for ever.
"""

import contextlib
import faulthandler
import os
import signal
import sys
import threading
import time

import psutil
import pytest
import pytest_timeout

GRACE_SECONDS = 20  # to clean up in
STRESS = 20  # times as long with --stress


def pytest_timeout_set_timer(item: pytest.Item, settings: pytest_timeout.Settings) -> bool:
    """pytest-timeout's hook, called before a test's fixtures are made; it calls `item.cancel_timeout` at the end."""
    began, struck, main = time.time(), threading.Event(), threading.main_thread().ident
    seconds = settings.timeout * (STRESS if item.config.getoption("--stress", False) else 1)

    def fail(*_: object) -> None:
        struck.set()
        faulthandler.dump_traceback(sys.__stderr__, all_threads=True)
        pytest.fail(f"{item.nodeid} took longer than {seconds:.0f} seconds")

    def cancel() -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        for timer in timers:
            timer.cancel()
        if struck.is_set():
            _end_children(began)

    signal.signal(signal.SIGUSR1, fail)
    timers = [
        threading.Timer(seconds, signal.pthread_kill, [main, signal.SIGUSR1]),
        threading.Timer(seconds + GRACE_SECONDS, _end_all, [item]),
    ]
    for timer in timers:
        timer.daemon = True
        timer.start()
    item.cancel_timeout = cancel
    return True


def _end_children(since: float) -> None:
    """End what was started after `since`; the rest belongs to others, and Python misses its tracker."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if child.create_time() > since - 1 and "multiprocessing.resource_tracker" not in str(
                child.cmdline()
            ):
                child.kill()


def _end_all(item: pytest.Item) -> None:
    """For a test that does not even fail, as in a call that no signal ends."""
    _end_children(0)
    if capture := item.config.pluginmanager.getplugin("capturemanager"):
        capture.suspend_global_capture(in_=True)
    os.write(2, f"\n{item.nodeid} did not react to its time limit; its process ends\n".encode())
    os._exit(1)

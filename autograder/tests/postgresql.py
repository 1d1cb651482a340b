"""A PostgreSQL server for tests, theirs alone. `python -m autograder.tests.postgresql` gets its programs."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.doctor import apt_get_install
from autograder.gradebook import require_gradebook

DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"  # made by Debian's package; the server does not run as root
MISSING = "PostgreSQL is not installed: `sudo apt-get install postgresql`, or your distribution's package"


def programs() -> Path | None:
    """The folder of initdb and postgres, None when there is none; Debian keeps them off the PATH."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def install() -> None:
    """Through apt-get, as root on a machine without it, and without a server that starts by itself."""
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if programs() or os.geteuid() or not shutil.which("apt-get"):
        return
    if not settings.exists():
        settings.parent.mkdir(exist_ok=True)
        settings.write_text("create_main_cluster = false\n")
    apt_get_install("postgresql")


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start a server on a socket in a folder of its own; yields its URL, and leaves nothing behind.

    Skips the test where there are no programs for it; with REQUIRE_SERVERS=1 that is a failure.
    """
    if not (folder := programs()):
        pytest.fail(MISSING) if os.environ.get("REQUIRE_SERVERS") == "1" else pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="pg-") as place:
        process = _start(folder, Path(place))
        try:
            yield _url(process, place)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def _start(folder: Path, place: Path) -> subprocess.Popen:
    options: dict = {"cwd": place, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:
        account = pwd.getpwnam(USER)
        os.chown(place, account.pw_uid, account.pw_gid)
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = str(place / "data")
    make = [
        folder / "initdb",
        "-D",
        data,
        "-U",
        "course",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(make, check=True, **options)
    return subprocess.Popen([folder / "postgres", "-D", data, "-k", place, "-h", "", "-F"], **options)


def _url(process: subprocess.Popen, place: str) -> str:
    """The URL, once it answers."""
    url, end = f"postgresql+psycopg://course@/postgres?host={place}", time.monotonic() + 30
    while True:
        try:
            require_gradebook(url)
            return url
        except Exception:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    install()

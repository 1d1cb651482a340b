"""nbgrader's gradebook: a SQLite file in the course folder, or a database on a server."""

import os
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from autograder.course import CONFIG, CourseError

SECONDS = 10


def require_server(db_url: str) -> None:
    """Raise CourseError, a sentence, when the gradebook is on a server and that does not let us in."""
    shown = "c.CourseDirectory.db_url"
    try:
        url = make_url(db_url)
        shown = url.render_as_string(hide_password=True)
        if url.get_backend_name() == "sqlite":
            return
        patience = {"connect_timeout": SECONDS} if url.get_backend_name() == "postgresql" else {}
        create_engine(url, connect_args=patience, poolclass=NullPool).connect().close()
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise CourseError(
            f"The gradebook at {shown} does not open ({reason}); see that its server runs and that "
            f"c.CourseDirectory.db_url in {CONFIG} is right."
        ) from error


@contextmanager
def own_programs_first() -> Iterator[None]:
    """While open, PATH begins with this Python's scripts.

    nbgrader calls `alembic` when it makes a gradebook, and in a virtual environment that nobody
    activated it would be missing.
    """
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before

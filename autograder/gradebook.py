"""nbgrader's gradebook: a SQLite file in the course folder, or a database on a server."""

import functools
import os
import re
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from autograder.course import CONFIG, CourseError

SECONDS = 10
PATIENCE = 20  # seconds for another program that writes, once grading has begun
AGAIN = "run the same command again; what was graded stays."
ADVICE = {  # by the database's own words
    "not a database|malformed": "put a copy in its place, or move it away, run `autograder build` and grade "
    "again (marks by hand are only in a copy).",
    "locked": f"another program holds it; end that, or wait, and {AGAIN}",
    "readonly|unable to open": f"let yourself write to it and to its folder, and {AGAIN}",
    "disk": f"make room, or see what is wrong with the disk, and {AGAIN}",
    "no such (table|column)|has no column": "copy it, and run `nbgrader db upgrade`.",
    "": f"see that its server runs and that c.CourseDirectory.db_url in {CONFIG} is right.",
}


def require_gradebook(db_url: str, *, write: bool = True) -> None:
    """Raise CourseError, a sentence, when a gradebook cannot be read or written; a file may be missing."""
    with in_sentences(db_url):
        url = make_url(db_url)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            return
        patience = {"connect_timeout": SECONDS} if url.get_backend_name() == "postgresql" else {}
        with create_engine(url, connect_args=patience, poolclass=NullPool).connect() as connection:
            if url.get_backend_name() == "sqlite":
                _require_sound(connection)
                if write:
                    _require_writable(connection)


def _require_sound(connection: Connection) -> None:
    """Read all of a SQLite file."""
    [found] = connection.exec_driver_sql("PRAGMA quick_check(1)").scalars()
    if found != "ok":
        raise DBAPIError("quick_check", None, ValueError(f"malformed: {found}"))


def _require_writable(connection: Connection) -> None:
    """Write what stands there already, and take it back."""
    [version] = connection.exec_driver_sql("PRAGMA user_version").scalars()
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    connection.exec_driver_sql("ROLLBACK")


def patient(db_url: str) -> str:
    """The same gradebook, which waits a while for another program that writes."""
    url = make_url(db_url)
    if url.get_backend_name() != "sqlite":
        return db_url
    return url.update_query_dict({"timeout": str(PATIENCE)}).render_as_string(hide_password=False)


@contextmanager
def in_sentences(db_url: str) -> Iterator[None]:
    """While open, trouble with the database becomes a CourseError that says what to do."""
    try:
        yield
    except CourseError:
        raise
    except Exception as error:
        if said := trouble(error):
            raise CourseError(sentence(said, _shown(db_url))) from error
        raise


def sentence(trouble: str, place: str = "") -> str:
    """What the database said, and what to do."""
    advice = next(advice for words, advice in ADVICE.items() if re.search(words, trouble))
    return f"The gradebook{place and f' at {place}'} does not open, or takes nothing ({trouble}): {advice}"


def trouble(error: BaseException | None) -> str:
    """What the database said, also below errors of nbgrader's; "" when it is about single data."""
    while error and not isinstance(error, SQLAlchemyError):
        error = error.__cause__ or error.__context__
    if not isinstance(error, DBAPIError | ArgumentError) or isinstance(error, IntegrityError | DataError):
        return ""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _shown(db_url: str) -> str:
    """A gradebook's file, or its URL without a password."""
    try:
        url = make_url(db_url)
    except SQLAlchemyError:
        return "c.CourseDirectory.db_url"
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string()


@contextmanager
def own_programs_first() -> Iterator[None]:
    """While open, PATH begins with this Python's scripts, and a new gradebook needs none of them.

    nbgrader calls `alembic` for the version of its tables: some seconds, and in a virtual environment that
    nobody activated the program would be missing.
    """
    import nbgrader.api

    path, asked = os.environ.get("PATH", os.defpath), nbgrader.api.get_alembic_version
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), path])
    nbgrader.api.get_alembic_version = _version_of_tables
    try:
        yield
    finally:
        os.environ["PATH"], nbgrader.api.get_alembic_version = path, asked


@functools.cache
def _version_of_tables() -> str:
    """What `alembic heads` says, read in this process."""
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    return ScriptDirectory(ALEMBIC_DIR).get_heads()[0]

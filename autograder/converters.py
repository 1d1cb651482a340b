"""nbgrader's converters, which log what went wrong and raise an error that does not say it."""

import logging
import re
import warnings

from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.gradebook import own_programs_first


def convert(kind: type[BaseConverter], folders: CourseDirectory, config: Config, **options) -> str:
    """Run a converter; returns what it logged as an error when it failed, "" when it did its work."""
    log, records = _collecting_log()
    try:
        with own_programs_first(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kind(coursedir=folders, config=config, log=log, **options).start()
    except NbGraderException as error:
        return "\n".join([*records, str(error)])
    return ""


def cause(log: str) -> str:
    """The error that a log ends in."""
    causes = re.findall(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception): .*)", log, re.MULTILINE)
    return causes[-1] if causes else log.strip()[-200:]


def _collecting_log() -> tuple[logging.Logger, list[str]]:
    """A logger of its own, which writes errors into the list and tells nobody."""
    records: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    log = logging.Logger("autograder.converters")
    log.addHandler(Collector(logging.ERROR))
    return log, records

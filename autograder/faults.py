"""What can befall any command: a disk, a file, a database. Each becomes one sentence that says what to do."""

import errno

AGAIN = "Then run the same command again; what was written before stays."
EVERYBODYS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room on that disk."),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "let yourself read and write there."),
    **dict.fromkeys(
        (errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOTEMPTY),
        "a file or folder is where the other should be; move it away.",
    ),
    errno.EIO: "see what is wrong with that disk.",
}


def sentence(error: BaseException) -> str:
    """For an instructor who can mend it; "" for a fault of this package."""
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        advice = ADVICE.get(error.errno or 0, "mend that.")
        return f"{place}{error.strerror or error}; {advice} {AGAIN}"
    if isinstance(error, MemoryError):
        return f"This process may not have more memory; see `ulimit -v`. {AGAIN}"
    return _of_database(error)


def is_everybodys(error: BaseException) -> bool:
    """Would what happened to one submission happen to the next, too?"""
    return isinstance(error, OSError) and error.errno in EVERYBODYS


def _of_database(error: BaseException) -> str:
    try:
        from autograder.gradebook import sentence as of_gradebook
        from autograder.gradebook import trouble
    except ModuleNotFoundError:
        return ""
    return of_gradebook(said) if (said := trouble(error)) else ""

"""Keep memory that NumPy gives back, because asking the system for it again costs more than the sums."""

import ctypes
import sys

# From malloc.h of the GNU C library; mallopt(3) describes them.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
GIBIBYTE = 2**30


def reuse_memory() -> bool:
    """Let the C library keep freed blocks of up to 1 GiB for the next array; False where it cannot be told.

    A training step makes and drops the same large arrays again and again. By default each one comes
    fresh from the kernel, page by page and zeroed; threads keep smaller stores of their own, so they share
    one here. Only speed changes, and only with the GNU C library.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = {M_MMAP_THRESHOLD: GIBIBYTE, M_TRIM_THRESHOLD: GIBIBYTE, M_ARENA_MAX: 1}
    accepted = [mallopt(name, value) for name, value in settings.items()]
    return all(accepted)


def peak_memory() -> int | None:
    """The most memory that this process has held so far, in bytes; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

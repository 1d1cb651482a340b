"""What a student process does to itself before any student code: limits, another user, no files, few calls.

Under bubblewrap most walls stand already, and only the last step is left. Everything here lasts until the
process ends. Numbers: the kernel's headers landlock.h, prctl.h and filter.h, the same on x86-64 and arm64.
"""

import contextlib
import ctypes
import os
import stat
import struct

CREATE_RULESET, ADD_RULE, RESTRICT_SELF, VERSION, PATH_BENEATH = 444, 445, 446, 1, 1
# Rights to files by the version of Landlock that brought them: 13 in the first, then refer, truncate, ioctl.
RIGHTS = {1: 2**13 - 1, 2: 2**14 - 1, 3: 2**15 - 1, 4: 2**15 - 1, 5: 2**16 - 1}
WRITE_FILE, READ_FILE, READ_FOLDER, TRUNCATE = 2, 4, 8, 2**14
FOR_FILES = WRITE_FILE | READ_FILE | TRUNCATE
FOR_OWN_FOLDER = FOR_FILES | READ_FOLDER | 2**4 | 2**5 | 2**7 | 2**8 | 2**13  # remove, make, move; no devices
TCP, OTHER_PROCESSES = 3, 3  # bind and connect; abstract sockets and signals
KEEP_RIGHTS, CAPABILITIES, OVERRIDE, READ_SEARCH = 8, 0x20080522, 2, 4
SET_DEATH_SIGNAL, NO_NEW_PRIVILEGES, SET_FILTER, FILTER, SIGKILL = 1, 38, 22, 2, 9
SET_DUMPABLE = 4  # 0: no other process of the same user can look into this one

_libc = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None


def seal(options: dict) -> None:
    """Raise every wall that `options` asks for; see autograder.sandbox.place.Place.seals."""
    _limit(options["limits"])
    if "landlock" in options:
        landlock(**options["landlock"])
    if user := options.get("user"):
        _become(user, options["enters_closed"])
    if options.get("unseen"):
        _checked(_libc.prctl(SET_DUMPABLE, 0, 0, 0, 0))
    if parent := options.get("parent"):
        _die_with(parent)
    if program := options.get("filter"):
        _install(bytes.fromhex(program))


def _limit(limits: dict) -> None:
    """Hard limits for this process; it may not raise them again."""
    import resource  # which Windows does not have

    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def landlock_version() -> int:
    """The version of Landlock that this kernel has, 0 when it has none or must not use it."""
    return max(_libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION), 0)


def landlock(readable: list[str], writable: list[str]) -> None:
    """From now on only what lies at or below these paths can be opened. Raises OSError without Landlock."""
    version = landlock_version()
    rights = RIGHTS.get(min(version, max(RIGHTS)), 0)
    rules = struct.pack("QQQ", rights, TCP * (version >= 4), OTHER_PROCESSES * (version >= 6))
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _checked(_libc.syscall(CREATE_RULESET, rules, ctypes.c_size_t(size), 0))
    for path in readable:
        _allow(ruleset, path, rights & (READ_FILE | READ_FOLDER))
    for path in writable:
        _allow(ruleset, path, rights & FOR_OWN_FOLDER)
    _checked(_libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(_libc.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """What is not there needs no rule."""
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FOR_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        _checked(_libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0))
        os.close(descriptor)


def _become(user: int, enters_closed: bool) -> None:
    """Another user, without any of root's rights.

    Where Python lies in a folder that is closed to others, as root's home is, the right to enter such
    folders stays; what can be opened in them Landlock says all the same.
    """
    os.setgroups([])
    os.setresgid(user, user, user)
    _checked(_libc.prctl(KEEP_RIGHTS, int(enters_closed), 0, 0, 0))
    os.setresuid(user, user, user)
    if enters_closed:
        _keep_the_right_to_enter()


def _keep_the_right_to_enter() -> None:
    """CAP_DAC_READ_SEARCH, or CAP_DAC_OVERRIDE where only that is to be had, as in Docker."""
    header, sets = struct.pack("Ii", CAPABILITIES, 0), ctypes.create_string_buffer(24)
    _checked(_libc.capget(header, sets))
    permitted = struct.unpack("6I", sets.raw)[1]
    kept = permitted & READ_SEARCH or permitted & OVERRIDE
    _checked(_libc.capset(header, struct.pack("6I", kept, kept, 0, 0, 0, 0)))


def _die_with(parent: int) -> None:
    """End when the grader ends, however it ends; nothing inside can take that back."""
    _checked(_libc.prctl(SET_DEATH_SIGNAL, SIGKILL, 0, 0, 0))
    if os.getppid() != parent:
        os._exit(1)


def _install(program: bytes) -> None:
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(buffer))
    _checked(_libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(_libc.prctl(SET_FILTER, FILTER, header, 0, 0))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"a wall cannot be made: {os.strerror(ctypes.get_errno())}")
    return result

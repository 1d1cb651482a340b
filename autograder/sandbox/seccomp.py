"""A system-call filter for the student process: no new processes, namespaces or uncounted memory.

bubblewrap takes away the network, the files and the other processes. A process limit would be the
natural guard against a fork bomb, but Linux does not apply RLIMIT_NPROC to the superuser, and graders
do run as root in containers; so the calls that make processes are refused instead. Threads remain.
Numbers: the kernel's system-call tables for x86-64 and arm64; layouts: seccomp(2), filter.h.
"""

import ctypes
import platform
import struct

EPERM, ENOSYS = 1, 38
LOAD, JUMP_IF_EQUAL, JUMP_IF_ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
CLONE_THREAD = 0x00010000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER_MODE = 38, 22, 2

# machine: (audit architecture, clone, calls refused outright). Refused are fork, vfork, execve,
# execveat, ptrace, unshare, setns, bpf, perf_event_open, userfaultfd, keyctl, io_uring_setup, and what
# makes memory that no limit counts: memfd_create, memfd_secret, shmget, msgget, semget, mq_open.
TABLES = {
    "x86_64": (0xC000003E, 56, (57, 58, 59, 322, 101, 272, 308, 321, 298, 323, 250, 425,
                                319, 447, 29, 68, 64, 240)),
    "aarch64": (0xC00000B7, 220, (221, 281, 117, 97, 268, 280, 241, 282, 219, 425,
                                  279, 447, 194, 186, 190, 180)),
}  # fmt: skip
CLONE3 = 435


def forbid_new_processes() -> bool:
    """Install the filter for this process, for good. False where there is no table for the machine."""
    if platform.machine() not in TABLES:
        return False
    program = _program(*TABLES[platform.machine()])
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, FILTER_MODE, header, 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "cannot install the system-call filter")
    return True


def _program(architecture: int, clone: int, refused: tuple[int, ...]) -> bytes:
    """The filter: refuse foreign architectures and the listed calls, and clone unless for a thread."""
    refuse, missing = REFUSE | EPERM, REFUSE | ENOSYS
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, refuse),
        (LOAD, 0, 0, NUMBER),
        (JUMP_IF_ANY_BIT, 0, 1, 0x40000000),  # the x32 calling convention
        (RETURN, 0, 0, refuse),
        (JUMP_IF_EQUAL, 0, 1, CLONE3),  # its flags lie in memory; libc falls back to clone
        (RETURN, 0, 0, missing),
    ]
    for number in refused:
        lines += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, refuse)]
    lines += [
        (JUMP_IF_EQUAL, 0, 3, clone),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_ANY_BIT, 1, 0, CLONE_THREAD),
        (RETURN, 0, 0, refuse),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)

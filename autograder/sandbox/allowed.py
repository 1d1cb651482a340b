"""The system calls that student code may make: one list for every wall, and nothing besides.

A call that is not on the list is refused, not punished: libraries try some and do without. No call on it
makes a process, sends a signal, opens a socket, looks at another process, changes a limit or a file's
owner and mode, or makes memory that no limit counts. So a process that ends by SIGKILL was not ended by
itself: it broke a limit of ours, or somebody outside ended it. An exit status of 128 or more, which
bubblewrap uses to tell of a signal, cannot be chosen either. Landlock leaves the modes and times of files
to the system calls; changing them seems to work and does nothing, since nobody reads them.
"""

import functools
import os
import tempfile
from typing import Any

from autograder.course import CourseError

CALLS = """
read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range dup dup2 dup3 pipe pipe2
poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd eventfd2
sendto recvfrom shutdown getsockopt setsockopt getsockname getpeername sendfile copy_file_range fadvise64
open openat creat stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat
getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2
umask statfs fstatfs flock fsync fdatasync ftruncate fallocate
brk mmap munmap mremap mprotect madvise msync mincore membarrier get_mempolicy
exit exit_group getpid getppid gettid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp
sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max
sched_get_priority_min getcpu getpriority getrusage times sysinfo uname getrandom arch_prctl
set_tid_address set_robust_list rseq futex futex_waitv
nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack pause
restart_syscall alarm setitimer getitimer timerfd_create timerfd_settime timerfd_gettime getrlimit capget
""".split()  # noqa: SIM905 - a list to read
SEEM_TO_WORK = ("chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "utimensat", "futimesat")
MISSING = ("clone3", "openat2")  # libraries fall back to what can be looked at
STARTING = ["execve"]  # on the way from bubblewrap to the worker, which then closes that door

CLONE_THREAD, AF_UNIX = 0x00010000, 1
DUPLICATE, LOCK = (0, 1030), (5, 6, 7, 36, 37, 38)
FCNTL = (*DUPLICATE, *LOCK, 1, 2, 3, 4, 1032, 1034)  # not F_SETSIG, which chooses a signal, nor F_SETOWN
IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, window size, FIONREAD, FIONBIO, FI(N)CLEX
PRCTL = (3, 15, 16, 0x53564D41)  # dumpable?, name, name?, names of memory for debuggers
PRCTL_STARTING = (22, 38)  # the worker's own filter: PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS


@functools.cache
def program(*, starting: bool, machine: str = os.uname().machine) -> bytes:
    """The filter as the kernel takes it (seccomp(2)), made by libseccomp; `starting` still lets one exec.

    Raises CourseError where libseccomp is missing or does not know the machine.
    """
    library = _libseccomp()
    architecture = {"x86_64": library.Arch.X86_64, "aarch64": library.Arch.AARCH64}.get(machine)
    if architecture is None:
        raise CourseError(f"Sealed grading runs on x86-64 and arm64, not on {machine}.")
    made = library.SyscallFilter(library.ERRNO(1))  # EPERM
    if architecture != library.system_arch():
        made.add_arch(architecture)
        made.remove_arch(library.system_arch())
    made.set_attr(library.Attr.ACT_BADARCH, library.ERRNO(1))
    _add_rules(made, library, starting)
    with tempfile.TemporaryFile() as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()


def _add_rules(made: Any, library: Any, starting: bool) -> None:
    def allow(name: str, *conditions: Any) -> None:
        made.add_rule(library.ALLOW, name, *conditions)

    def among(name: str, position: int, values: tuple[int, ...]) -> None:
        for value in values:
            allow(name, library.Arg(position, library.MASKED_EQ, 0xFFFFFFFF, value))

    plain = [name for name in CALLS if name not in ("exit", "exit_group")]
    for name in plain + STARTING * starting:
        allow(name)
    for name in ("exit", "exit_group"):
        allow(name, library.Arg(0, library.MASKED_EQ, 0x80, 0))
    allow("clone", library.Arg(0, library.MASKED_EQ, CLONE_THREAD, CLONE_THREAD))
    only_asks = [library.Arg(2, library.EQ, 0)] if not starting else []
    allow("prlimit64", library.Arg(0, library.EQ, 0), *only_asks)
    among("socketpair", 0, (AF_UNIX,))
    among("fcntl", 1, FCNTL)
    among("ioctl", 1, IOCTL)
    among("prctl", 0, PRCTL + PRCTL_STARTING * starting)
    for name in SEEM_TO_WORK:
        made.add_rule(library.ERRNO(0), name)
    for name in MISSING:
        made.add_rule(library.ERRNO(38), name)  # ENOSYS


def _libseccomp() -> Any:
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise CourseError(
            f"Sealed grading needs libseccomp and its binding ({error}); `sudo apt-get install libseccomp2`, "
            "then `pip install 'neuron-to-transformer[instructor]'`."
        ) from error
    return pyseccomp

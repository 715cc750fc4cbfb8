"""Becomes another program that does not outlive its parent. Run as a script: it needs nothing but Python.

Usage: spawn.py PARENT_PID DEATH_SIGNAL UID GID COMMAND...  (a UID of -1 keeps the user)
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522
KEEP_USER = -1


class CapabilityHeader(ctypes.Structure):
    """`struct __user_cap_header_struct` of linux/capability.h."""

    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class CapabilitySet(ctypes.Structure):
    """`struct __user_cap_data_struct` of linux/capability.h."""

    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def change_user(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Stops being root but may still read where only root may, so that a checkout under /root works.

    Where the kernel refuses to keep that one capability, ordinary file permissions decide.
    """
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    bit = 1 << CAP_DAC_READ_SEARCH
    header = CapabilityHeader(CAPABILITY_VERSION_3, 0)
    sets = (CapabilitySet * 2)(CapabilitySet(bit, bit, bit), CapabilitySet(0, 0, 0))
    if libc.capset(ctypes.byref(header), sets) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0)


def main(parent: int, death_signal: int, uid: int, gid: int, command: list[str]) -> None:
    """Replaces this process by `command`, to be sent `death_signal` by the kernel when `parent` is gone."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if uid != KEEP_USER:
            change_user(libc, uid, gid)
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was asked to tell us
            sys.exit(128 + death_signal)
    # An ignored signal stays ignored across exec; a shell that runs us in the background ignores these.
    for interrupt in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(interrupt, signal.SIG_DFL)
    os.execvp(command[0], command)  # noqa: S606 - the command is the launcher's own


if __name__ == "__main__":
    parent_pid, death_number, user_id, group_id = (int(number) for number in sys.argv[1:5])
    main(parent_pid, death_number, user_id, group_id, sys.argv[5:])

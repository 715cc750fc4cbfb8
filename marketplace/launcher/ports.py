"""Ports of the loopback address: which are free, and who holds the others."""

import socket

import psutil

HOST = "127.0.0.1"
PATIENCE = 1.0  # seconds for a connection on the loopback address


def connect(port: int) -> socket.socket:
    """A connection to a port of this machine; OSError when nothing listens there."""
    return socket.create_connection((HOST, port), timeout=PATIENCE)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(wished: int | None = None) -> int:
    """The wished port if it is free, else one that the system chooses."""
    if wished is not None and is_free(wished):
        return wished
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def holder(port: int) -> str:
    """Who listens on the port, in words; "another program" when the system does not tell."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return "another program"
    for found in connections:
        listens = found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port
        if listens and found.pid:
            try:
                name = " ".join(psutil.Process(found.pid).cmdline())[:80]
            except psutil.Error:
                name = "unknown"
            return f"process {found.pid} ({name})"
    return "another program"

"""Ports for servers that the tests start."""

import random
import socket

FIRST, LAST = 10_000, 32_000


def unused_port() -> int:
    """
    Return a free loopback port below the ephemeral range.

    The kernel gives no port of this range to outgoing connections, so that none takes it before the server starts.
    """
    while True:
        port = random.randint(FIRST, LAST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)):
                return port

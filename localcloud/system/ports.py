"""Free and taken ports of this machine."""

import socket
from contextlib import closing
from random import SystemRandom

# Systems give higher ports to outgoing connections: one of those may be taken before we listen.
LISTENED_PORTS = range(20_000, 32_768)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that no outgoing connection gets."""
    while not is_free("127.0.0.1", port := SystemRandom().choice(LISTENED_PORTS)):
        pass
    return port


def is_free(host: str, port: int) -> bool:
    """Whether we could listen on the port."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True

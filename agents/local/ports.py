"""Ports for what runs on loopback for development and tests."""

import random
import socket
from pathlib import Path

from schemas.errors import WinnowError

_TRIES = 1000
_LOWEST = 10_240
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_FIRST = 32_768
"""Of Linux; other systems begin at 49152."""
_given: set[int] = set()


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now, and that this process was not given before.

    It lies below those that the system hands out by itself: between here and the moment a server listens on it, no
    connection that anybody opens can take it. (Asked for twice, the system gives the same port once in ten thousand times.)
    Raises WinnowError when none is free.
    """
    chooser = random.SystemRandom()  # the shared one may be seeded: two processes would want the same ports
    beyond = _first_ephemeral()
    for _ in range(_TRIES):
        port = chooser.randrange(_LOWEST, beyond)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise WinnowError("no free port on 127.0.0.1", hint="Look at what listens there with `ss -ltn`.")


def _first_ephemeral() -> int:
    try:
        first = int(_EPHEMERAL.read_text().split()[0])
    except OSError:  # not Linux
        return _USUAL_FIRST
    return first if first > _LOWEST + _TRIES else _USUAL_FIRST

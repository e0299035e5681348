"""Ports for local servers: free, below the system's own, and none twice."""

import socket
from pathlib import Path

import pytest

from agents.local import ports
from agents.local.kafka import LocalKafka, Membership, missing_tools
from agents.local.ports import free_port
from schemas.errors import WinnowError
from tests.conftest import absent


def test_none_is_given_twice() -> None:
    """A broker listens on two: asked for twice, the system gives the same one now and then."""
    given = [free_port() for _ in range(2000)]

    assert len(set(given)) == len(given)


def test_they_lie_below_those_that_any_connection_may_take() -> None:
    """Between a port's choice and the server that listens on it, no client's connection can take it."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert all(1024 < free_port() < first for _ in range(200))


def test_one_that_is_in_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing left says so."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", free_port()))
        busy.listen()
        port = busy.getsockname()[1]
        monkeypatch.setattr(ports, "_LOWEST", port)
        monkeypatch.setattr(ports, "_first_ephemeral", lambda: port + 1)
        monkeypatch.setattr(ports, "_given", set())

        with pytest.raises(WinnowError, match="no free port"):
            free_port()


@pytest.mark.kafka
def test_a_broker_that_cannot_be_formatted_says_why(tmp_path: Path) -> None:
    """The innermost cause, not the last line of a trace."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    port = free_port()

    with pytest.raises(WinnowError, match="two listeners on the same port"):
        LocalKafka(tmp_path / "kafka", port=port, member=Membership(controllers={1: port})).start()

"""Every command says in one line what is wrong and what to do, whatever it meets: a broker without topics, nobody, somebody else."""

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents import cli
from agents.local.kafka import free_port

COMMANDS = [
    ("audit",),
    ("explain", "abc"),
    ("rejected", "list"),
    ("rejected", "replay"),
    ("models", "list"),
    ("models", "rollback"),
    ("models", "promote", "abcdef123456"),
    ("policy", "health"),
    ("topics", "plan"),
    ("acls", "plan"),
    ("worker", "correlate"),
    ("doctor",),
]


@pytest.fixture
def stranger() -> Iterator[str]:
    """Address of a server that speaks no Kafka: it answers anything with a line of its own and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # closed: the test is over
                    return
                with connection:
                    connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def run(words: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, list[str]]:
    """Exit code, output and lines of complaint of one command, as `winnow` would end."""
    monkeypatch.setattr(sys, "argv", ["winnow", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return int(ended.value.code or 0), out, err.strip().splitlines()


def said_in_one_line(code: int, out: str, complaints: list[str]) -> None:
    """A report that ends with 0 or 1, or one line on stderr and 2; 75 for a worker that is to be started again."""
    if code in (2, 75):
        assert len(complaints) == 1, complaints
        assert complaints[0].startswith("winnow: ")
    else:
        assert code in (0, 1)
        assert out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_topics(
    words: tuple[str, ...], kafka: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that was never set up: what is missing, and `winnow topics apply`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINNOW_BROKER", kafka)
    monkeypatch.setenv("WINNOW_PREFIX", f"nothing{free_port()}")
    code, out, complaints = run(words, capfd, monkeypatch)
    said_in_one_line(code, out, complaints)
    if words[0] not in ("acls", "topics"):
        assert "winnow topics apply" in (out if code == 1 else complaints[0])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_a_broker(
    words: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens: the address is named."""
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINNOW_BROKER", address)
    monkeypatch.setenv("WINNOW_REQUEST_TIMEOUT_SECONDS", "3")
    code, out, complaints = run(words, capfd, monkeypatch)
    said_in_one_line(code, out, complaints)
    assert address in (out if code == 1 else complaints[0])


@pytest.mark.parametrize("words", [("doctor",), ("audit",), ("topics", "plan")], ids=" ".join)
def test_somebody_else(
    words: tuple[str, ...], stranger: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who listens there speaks no Kafka."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINNOW_BROKER", stranger)
    monkeypatch.setenv("WINNOW_REQUEST_TIMEOUT_SECONDS", "3")
    code, out, complaints = run(words, capfd, monkeypatch)
    said_in_one_line(code, out, complaints)
    assert "does not answer" in (out if code == 1 else complaints[0])

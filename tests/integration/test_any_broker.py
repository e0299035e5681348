"""Every command says in one line what is wrong and what to do, whatever it meets: a broker without topics, nobody, somebody else."""

import gc
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import pipeline
from agents import cli
from agents.local.ports import free_port

COMMANDS = [
    ("audit",),
    ("explain", "abc"),
    ("label", "abc", "--noise"),
    ("replay", "recorded.jsonl", "--source", "signal", "--speed", "max"),
    ("rejected", "list"),
    ("rejected", "replay"),
    ("rejected", "dismiss"),
    ("actions", "list"),
    ("actions", "show", "abcdef12"),
    ("actions", "answer", "abcdef12", "done"),
    ("silence", "list"),
    ("silence", "add", "strike", "--author", "me", "--reason", "known", "--when", "situation.severity < 0.3", "--for", "4h"),
    ("silence", "add", "strike", "--author", "me", "--reason", "known", "--when", "situation.severity < 0.3", "--for", "4h", "--preview"),
    ("silence", "expire", "strike"),
    ("silence", "move"),
    ("erase", "--author", "4711", "--source", "forum"),
    ("erase", "verify", "--author", "4711"),
    ("export", "--author", "4711"),
    ("models", "list"),
    ("models", "rollback"),
    ("models", "promote", "abcdef123456"),
    ("policy", "health"),
    ("policy", "diff", "builtin", "builtin", "--on", "situations"),
    ("topics", "plan"),
    ("topics", "grow", "posts", "24"),
    ("acls", "plan"),
    ("worker", "correlate"),
    ("doctor",),
]
CHANGE_THE_CLUSTER = {("topics", "apply"), ("acls", "apply")}
"""They make what is missing: tested with the topics and with a secured broker."""

GO_ON = {("up",), ("board",), ("traces",)}
"""They wait for a broker that is away, by design: tested where they run."""

NEED_NO_BROKER = {
    ("demo",), ("flow",), ("bench",), ("simulate",), ("train",), ("evaluate",), ("pulse",), ("trial",), ("schemas", "export"),
    ("policy", "check"), ("policy", "test"), ("subjects", "check"), ("subjects", "roster"),
    ("source", "list"), ("source", "show"), ("source", "test"),
    ("acls", "show"),
}  # fmt: skip

DEFAULT_POLICY = Path(pipeline.__file__).parent / "defaults" / "policy.yaml"
RECORDED = """{"id": "1", "source": "signal", "kind": "post", "author": {"id": "a"}, "text": "Late", "created_at": "2026-01-01T00:00:00Z"}
"""
SILENCES = """version: 1
silences:
  - name: strike
    when: situation.severity < 0.3
    author: me
    reason: known
    until: 2099-01-01T00:00:00Z
"""


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


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that there is."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words
    else:
        for name, one in inner.items():
            yield from leaves(one, (*words, name))


def test_no_command_is_left_out() -> None:
    """A new command must say what it does without a broker, or that it needs none."""
    there = set(leaves(typer.main.get_command(cli.app)))
    asked = {leaf for leaf in there if any(words[: len(leaf)] == leaf for words in COMMANDS)}
    assert there == asked | CHANGE_THE_CLUSTER | GO_ON | NEED_NO_BROKER


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a recording, and a policy with a silence beside it, for the commands that read one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recorded.jsonl").write_text(RECORDED)
    policy = tmp_path / "policy.yaml"
    policy.write_text(DEFAULT_POLICY.read_text())
    (tmp_path / "policy.silences.yaml").write_text(SILENCES)
    monkeypatch.setenv("WINNOW_POLICY_FILE", str(policy))


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """A worker sets the collector of its process to its own needs; the tests behind this one keep theirs."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


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
def test_without_topics(words: tuple[str, ...], kafka: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that was never set up: what is missing, and `winnow topics apply`."""
    monkeypatch.setenv("WINNOW_BROKER", kafka)
    monkeypatch.setenv("WINNOW_PREFIX", f"nothing{free_port()}")
    code, out, complaints = run(words, capfd, monkeypatch)
    said_in_one_line(code, out, complaints)
    if words[0] not in ("acls", "topics"):
        assert "winnow topics apply" in (out if code == 1 else complaints[0])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_a_broker(words: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: the address is named."""
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("WINNOW_BROKER", address)
    monkeypatch.setenv("WINNOW_REQUEST_TIMEOUT_SECONDS", "1")
    code, out, complaints = run(words, capfd, monkeypatch)
    said_in_one_line(code, out, complaints)
    assert address in (out if code == 1 else complaints[0])


@pytest.mark.parametrize("words", [("doctor",), ("audit",), ("topics", "plan")], ids=" ".join)
def test_somebody_else(words: tuple[str, ...], stranger: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who listens there speaks no Kafka."""
    monkeypatch.setenv("WINNOW_BROKER", stranger)
    monkeypatch.setenv("WINNOW_REQUEST_TIMEOUT_SECONDS", "1")
    code, out, complaints = run(words, capfd, monkeypatch)
    said_in_one_line(code, out, complaints)
    assert "does not answer" in (out if code == 1 else complaints[0])

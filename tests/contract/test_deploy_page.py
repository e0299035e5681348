"""deploy/DEPLOY.md, word by word, against a secured Kafka on loopback: what a new user types works as it stands."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agents.local.kafka import missing_tools
from agents.local.ports import free_port
from agents.local.secured_kafka import cluster
from tests.conftest import ROOT, absent

PAGE = ROOT / "deploy" / "DEPLOY.md"
SECONDS = 280


def blocks() -> list[str]:
    """The shell blocks of the numbered sections, in order."""
    numbered = PAGE.read_text().partition("## Docker")[0]
    return re.findall(r"```bash\n(.*?)```", numbered, re.S)


def test_the_page_is_short() -> None:
    """Nobody reads more than a hundred lines in 15 minutes."""
    assert len(PAGE.read_text().splitlines()) <= 100


def _six_in_a_row() -> int:
    """The first of six ports that nobody listens on now."""
    for first in range(19_101, 29_101, 100):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for number in range(6):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", first + number))
            return first
    raise AssertionError("no six free ports")


def _members(group: int) -> list[int]:
    """Processes of a process group that are there."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == group:
                found.append(int(entry.name))
    return found


@pytest.mark.timeout(SECONDS + 60)
def test_the_page_works_as_it_stands(tmp_path: Path) -> None:
    """From users and ACLs to a balanced audit; only the installation is left out and the ports are free ones."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    if shutil.which("openssl") is None or shutil.which("curl") is None:
        absent("no openssl or no curl")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    port = free_port()
    script = "\n".join(blocks())
    assert "make setup && . .venv/bin/activate\n" in script
    script = script.replace("make setup && . .venv/bin/activate\n", "").replace("127.0.0.1:9093", f"127.0.0.1:{port}")
    first = _six_in_a_row()
    for number in range(6):
        script = script.replace(str(9101 + number), str(first + number))
    script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n" + script
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with cluster(tmp_path / ".winnow" / "cluster", port):
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            output, _ = process.communicate(timeout=SECONDS)
        finally:
            left = [worker for worker in _members(process.pid) if worker != process.pid]
            for worker in left:
                os.kill(worker, signal.SIGKILL)
            process.kill()
            process.wait()
    assert not left, "`kill $(jobs -p)` ends all workers"
    assert process.returncode == 0, output[-4000:]
    assert "0 missing, 0 beyond need" in output
    assert "FAIL" not in re.sub(r"FAIL disk.*", "", output)
    assert output.count("ready\n") == 6
    words = [path.read_text() for path in (tmp_path / ".winnow" / "cluster" / "secrets").iterdir()]
    logs = "".join(path.read_text() for path in (tmp_path / ".winnow" / "logs").iterdir())
    assert not any(word in output + logs for word in words)

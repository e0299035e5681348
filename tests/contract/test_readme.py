"""The README and make say what the code does: settings, the own-brand walk word by word, why nobody was asked in explain's words."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents.inspect.doctor import settings_table
from tests.conftest import ROOT, absent

README = ROOT / "README.md"
SECONDS = 280
SETUP = "make setup && . .venv/bin/activate\n"


def section(title: str) -> str:
    """What stands below a heading, up to the next one."""
    return README.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_table_of_settings_is_current() -> None:
    """The README holds exactly the table that `winnow doctor --settings` prints."""
    text = README.read_text(encoding="utf-8")
    _, _, rest = text.partition("<!-- settings: `winnow doctor --settings` -->\n")
    table, _, _ = rest.partition("<!-- /settings -->")
    assert table.strip() == settings_table().strip()


def test_what_make_compiles_is_found_by_hand() -> None:
    """make names no folder of its own for kernels: after `make demo` a plain `winnow up` would compile them all again."""
    assert "NUMBA" not in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_make_quick_names_what_there_is() -> None:
    """Every folder and file that the inner loop runs or leaves out exists, and nothing in it needs a broker."""
    told = subprocess.run(["make", "-n", "quick-shell", "quick-core"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = re.findall(r"tests/[\w/.]+", told)
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert not [path for path in paths if path.startswith(("tests/integration", "tests/e2e"))]


def test_why_nobody_was_asked_in_the_words_of_explain() -> None:
    """Each phrase that the table tells people to look for is one that `winnow explain` says."""
    said = "".join(
        (ROOT / file).read_text(encoding="utf-8") for file in ("pipeline/explain/narrative.py", "agents/inspect/explain_query.py")
    )
    phrases = re.findall(r"^\| `([^`]+)`", section("Why was nobody asked?"), re.M)
    assert len(phrases) > 10
    assert [phrase for phrase in phrases if phrase not in said] == []


@pytest.mark.kafka
@pytest.mark.timeout(SECONDS + 60)
def test_an_own_brand_word_by_word(kafka: str, tmp_path: Path) -> None:
    """From subjects and policy to an answered action and a balanced audit; only the installation is left out."""
    script = "".join(re.findall(r"```sh\n(.*?)```", section("Your own brand in ten minutes"), re.S))
    assert SETUP in script
    if shutil.which("kcat") is None:
        absent("no kcat")
    clone = tmp_path / "winnow"
    clone.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")},
        "WINNOW_BROKER": kafka, "WINNOW_BOARD_PORT": "0", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    process = subprocess.Popen(
        ["bash", "-c", "set -euo pipefail\n" + script.replace(SETUP, "")], cwd=clone, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 0, output
    for line in (
        "kestrel-pods: Kestrel Pods from Kestrel Coffee taste of soap",
        "none: We saw a kestrel",
        "2 rules for 2 teams (care, press)",
        "reply by",
        "care answered done",
        "balanced: 2 events accounted for",
    ):
        assert line in output, output
    assert "FAIL" not in output

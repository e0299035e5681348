"""The dashboards against Grafana's own schemas; `deploy/kubernetes/fetch-schemas.sh` builds the check, once."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECK = Path(os.environ.get("OPERATOR_SCHEMAS", ROOT / ".winnow" / "operators")) / "grafana-check"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))


def checked(*files: Path) -> subprocess.CompletedProcess[str]:
    """What the check says of dashboards."""
    if not CHECK.exists():
        pytest.skip(f"no {CHECK} (deploy/kubernetes/fetch-schemas.sh builds it)")
    return subprocess.run([CHECK, *files], capture_output=True, text=True, check=False)


def test_dashboards_fit_grafana() -> None:
    """Every panel, variable, link and query is as Grafana's schemas say, nothing unknown, nothing required missing."""
    assert len(DASHBOARDS) == 4
    done = checked(*DASHBOARDS)
    assert done.returncode == 0, done.stdout


def _kind(found: dict[str, Any]) -> None:
    found["panels"][0]["options"]["legend"]["displayMode"] = 7


def _unknown(found: dict[str, Any]) -> None:
    found["panels"][0]["colour"] = "red"


def _missing(found: dict[str, Any]) -> None:
    del found["panels"][0]["type"]


@pytest.mark.parametrize("damage", [_kind, _unknown, _missing])
def test_a_wrong_dashboard_is_found(damage: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    """Wrong type, unknown field, missing field: the check checks."""
    found = json.loads(DASHBOARDS[0].read_text())
    damage(found)
    file = tmp_path / "damaged.json"
    file.write_text(json.dumps(found))
    assert checked(file).returncode == 1

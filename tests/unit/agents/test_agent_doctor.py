"""doctor: every check speaks, whatever the others found."""

from pathlib import Path

import pytest

from agents.doctor import examine

CHECKS = ["settings", "versions", "policy", "subjects", "model", "disk", "topics"]


@pytest.fixture(autouse=True)
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment whose broker is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINNOW_BROKER", "127.0.0.1:1")
    return tmp_path


async def test_an_unreachable_broker_is_one_finding_of_many() -> None:
    """All but the topics can be examined without a broker."""
    findings = {finding.check: finding for finding in await examine()}
    assert list(findings) == CHECKS
    assert [name for name, finding in findings.items() if not finding.ok and name != "disk"] == ["topics"]
    assert "127.0.0.1:1" in findings["topics"].found
    assert "WINNOW_BROKER" in findings["topics"].hint
    assert findings["topics"].line().startswith("FAIL topics")
    assert findings["model"].line().startswith("ok   model")
    assert findings["topics"].to_json() == {"check": "topics", "ok": False, "found": findings["topics"].found, "hint": findings["topics"].hint}


@pytest.mark.parametrize(("setting", "failing"), [("POLICY_FILE", {"policy", "topics"}), ("SUBJECTS_FILE", {"subjects", "topics"}), ("MODEL_FILE", {"model", "topics"})])
@pytest.mark.parametrize("content", [None, "}{ nonsense"])
async def test_a_broken_file_fails_its_own_check(
    unreachable: Path, monkeypatch: pytest.MonkeyPatch, setting: str, failing: set[str], content: str | None
) -> None:
    """A file that is missing or wrong is named by the check that needs it."""
    file = unreachable / "broken.yaml"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv(f"WINNOW_{setting}", str(file))
    findings = await examine()
    assert {finding.check for finding in findings if not finding.ok and finding.check != "disk"} == failing
    assert all("broken.yaml" in finding.found for finding in findings if finding.check in failing - {"topics"})


async def test_settings_that_do_not_fit_end_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings there is nothing to examine."""
    monkeypatch.setenv("WINNOW_PARTITIONS", "none")
    (finding,) = await examine()
    assert (finding.check, finding.ok) == ("settings", False)
    assert "WINNOW_PARTITIONS" in finding.found

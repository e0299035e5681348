"""doctor: every check speaks, whatever the others found."""

from pathlib import Path

import pytest

from agents.inspect.doctor import Finding, examine

CHECKS = {"settings", "versions", "policy", "subjects", "model", "disk", "topics"}
NEED_THE_BROKER = {"topics", "clock"}
ELSEWHERE = {"disk"}
"""What depends on the machine that runs the test."""


def failing(findings: list[Finding]) -> set[str]:
    """Names of the checks that failed."""
    return {finding.check for finding in findings if not finding.ok} - ELSEWHERE


@pytest.fixture(autouse=True)
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment whose broker is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINNOW_BROKER", "127.0.0.1:1")
    return tmp_path


async def test_an_unreachable_broker_is_one_finding_of_many() -> None:
    """All but the topics can be examined without a broker."""
    findings = {finding.check: finding for finding in await examine()}
    assert findings.keys() >= CHECKS
    assert "topics" in failing(list(findings.values())) <= NEED_THE_BROKER
    assert "127.0.0.1:1" in findings["topics"].found
    assert "WINNOW_BROKER" in findings["topics"].hint
    assert findings["topics"].line().startswith("FAIL topics")
    assert findings["model"].line().startswith("ok   model")
    assert findings["topics"].to_json() == {
        "check": "topics",
        "ok": False,
        "found": findings["topics"].found,
        "hint": findings["topics"].hint,
    }


@pytest.mark.parametrize(("setting", "check"), [("POLICY_FILE", "policy"), ("SUBJECTS_FILE", "subjects"), ("MODEL_FILE", "model")])
@pytest.mark.parametrize("content", [None, "}{ nonsense"])
async def test_a_broken_file_fails_its_own_check(
    unreachable: Path, monkeypatch: pytest.MonkeyPatch, setting: str, check: str, content: str | None
) -> None:
    """A file that is missing or wrong is named by the check that needs it, and the others still speak."""
    file = unreachable / "broken.yaml"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv(f"WINNOW_{setting}", str(file))
    findings = await examine()
    assert failing(findings) - NEED_THE_BROKER == {check}
    assert {finding.check for finding in findings} >= CHECKS
    assert all("broken.yaml" in finding.found for finding in findings if finding.check == check)


async def test_settings_that_do_not_fit_end_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings there is nothing to examine."""
    monkeypatch.setenv("WINNOW_PARTITIONS", "none")
    (finding,) = await examine()
    assert (finding.check, finding.ok) == ("settings", False)
    assert "WINNOW_PARTITIONS" in finding.found

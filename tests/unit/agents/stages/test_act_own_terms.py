"""The act stage reads the subjects file as sift does: what is the organisation's own stays in the texts of its actions."""

from pathlib import Path

from agents.settings import load_settings
from agents.stages import act
from schemas.topics import TOPICS
from tests.unit.pipeline.decide.world import POLICY, Shell, decided, decision_records, policy, situation

SAID = "@aurora_line and @jane, this is Jane Street Air"


def excerpts(folder: Path, subjects_file: Path | None) -> set[str]:
    """What a situation's actions say in a deployment with such a file."""
    (folder / "policy.yaml").write_text(POLICY)
    settings = load_settings(subjects_file=subjects_file, policy_file=folder / "policy.yaml")
    stage = act.stage(settings, {spec.noun: 1 for spec in TOPICS.values()})
    shell = Shell(lambda: stage.make("decisions", 0))  # type: ignore[arg-type, return-value]
    shell.feed("decisions", decision_records(decided([situation("a", text=SAID, severity=0.8)], policy())))
    return {piece["excerpt"] for one in shell.messages("actions") for piece in one["evidence"]}


def test_act_keeps_the_terms_of_the_subjects_file(tmp_path: Path) -> None:
    """And those of nobody else."""
    file = tmp_path / "subjects.yaml"
    file.write_text('subjects: [{id: aurora, name: Aurora, terms: [Jane Street Air], accounts: {x: ["@aurora_line"]}}]')
    assert excerpts(tmp_path, file) == {"@aurora_line and [handle], this is Jane Street Air"}
    assert excerpts(tmp_path, None) == {"[handle] and [handle], this is [name]"}

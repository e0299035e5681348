"""A policy of several files: what they say together, and that each fault is told where it stands."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from pipeline.policy.edit import to_shadow
from pipeline.policy.errors import PolicyError
from pipeline.policy.include import FRAGMENTS_LIMIT
from pipeline.policy.load import load_policy, parse_policy
from pipeline.policy.reference import file_schemas

MAIN = """version: 1
include: [teams.yaml, parts/rules.yaml]
subjects: {aurora: Aurora Air}
teams:
  - {name: support, contact: lead}
rules:
  - name: one
    when: situation.kind == 'case'
    do: review
    owner: support
    priority: 60
"""
TEAMS = "version: 1\nsubjects: {brand: Brand}\nteams:\n  - {name: comms, contact: duty, subjects: [brand]}\n"
RULES = """# rules of comms
rules:
  - name: two
    when: situation.kind == 'surge'
    do: page
    owner: comms
    within: 1h
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good policy of three files."""
    (tmp_path / "parts").mkdir()
    for name, text in (("policy.yaml", MAIN), ("teams.yaml", TEAMS), ("parts/rules.yaml", RULES)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / "policy.yaml"


def told(file: Path) -> list[str]:
    """What the policy is refused for, one line each, without the folder."""
    with pytest.raises(PolicyError) as caught:
        load_policy(file)
    return str(caught.value).partition(". The policy")[0].replace(f"{file.parent}/", "").splitlines()


def test_fragments_are_added_in_order(file: Path) -> None:
    """Its parts are those of one file that says it all, and so is its hash."""
    policy = load_policy(file)
    assert [team.name for team in policy.teams] == ["support", "comms"]
    assert [rule.name for rule in policy.rules] == ["one", "two"]
    assert policy.subjects == {"aurora": "Aurora Air", "brand": "Brand"}
    assert policy.files == (str(file.parent / "teams.yaml"), str(file.parent / "parts" / "rules.yaml"))
    whole = MAIN.replace("include: [teams.yaml, parts/rules.yaml]\n", "").replace("Aurora Air}", "Aurora Air, brand: Brand}")
    whole = whole.replace("\nrules:\n", "\n" + TEAMS.partition("teams:\n")[2] + "rules:\n") + RULES.partition("\nrules:\n")[2]
    assert parse_policy(whole, "p").hash == policy.hash


def test_faults_are_told_in_the_file_that_they_stand_in(file: Path) -> None:
    """All of them at once, those of the policy itself first, with lines of their own files."""
    file.write_text(MAIN.replace("review", "revue"), encoding="utf-8")
    (file.parent / "teams.yaml").write_text(TEAMS.replace("name: comms", "name: support"), encoding="utf-8")
    (file.parent / "parts" / "rules.yaml").write_text(RULES.replace("surge", "Surge") + "    colour: red\n", encoding="utf-8")
    assert told(file) == [
        "policy.yaml:9: rule 'one': do: 'revue' is none of reply, review, page, idea, digest, nothing (did you mean 'review'?)",
        "teams.yaml:4: team name 'support' is used twice",
        "parts/rules.yaml:4: rule 'two': when: situation.kind is never 'Surge' (did you mean 'surge'?); it is one of case, surge, idea",
        told(file)[3],
    ]
    assert told(file)[3].startswith("parts/rules.yaml:8: rule 'two': colour: there is no such key; known are name, when")


def test_warnings_are_told_in_their_file(file: Path) -> None:
    """As faults are."""
    (file.parent / "parts" / "rules.yaml").write_text(RULES + "    not_after: 30m\n", encoding="utf-8")
    assert [one.replace(f"{file.parent}/", "") for one in load_policy(file).warnings] == [
        "parts/rules.yaml:7: rule 'two': within: 60 min is void: the action has expired by then (not_after is 30 min)"
    ]


@pytest.mark.parametrize(
    ("include", "reason"),
    [
        ("[teams.yaml, gone.yaml]", "policy.yaml:2: include: 'gone.yaml' cannot be read: No such file or directory"),
        ("[../teams.yaml]", "policy.yaml:2: include: '../teams.yaml': should be a file beside the policy or below"),
        ("[/etc/passwd]", "policy.yaml:2: include: '/etc/passwd': should be a file beside the policy or below"),
        ("[teams.yaml, ./teams.yaml]", "policy.yaml:2: include: './teams.yaml' stands here already"),
        ("teams.yaml", "policy.yaml:2: include: should be a list, e.g. [a, b], is 'teams.yaml'"),
    ],
)
def test_what_cannot_be_included_is_told(file: Path, include: str, reason: str) -> None:
    """Files that are not there, not below, or there twice."""
    file.write_text(MAIN.replace("[teams.yaml, parts/rules.yaml]", include), encoding="utf-8")
    assert reason in told(file)


@pytest.mark.parametrize(
    ("fragment", "reason"),
    [
        ("teams:\n  - {name: a\n", "teams.yaml:3: is not YAML"),
        (
            "guards: {absorbed: false}\n",
            "teams.yaml:1: guards: stands in the file that includes this one; here are allowed version, subjects",
        ),
        ("include: [other.yaml]\n", "teams.yaml:1: include: stands in the file that includes this one"),
        ("- a\n", "teams.yaml:1: should be a mapping with some of version, subjects, teams, rules, silences"),
        ("\nteams: {name: a}\n", "teams.yaml:2: teams: should be a list"),
        ("subjects:\n  aurora: Another\n", "teams.yaml:2: subjects: 'aurora' stands in another file already"),
    ],
)
def test_what_is_no_fragment_is_told(file: Path, fragment: str, reason: str) -> None:
    """In the fragment, at its line."""
    (file.parent / "teams.yaml").write_text(fragment, encoding="utf-8")
    assert any(one.startswith(reason) for one in told(file)), told(file)


def test_so_many_fragments_are_a_mistake(file: Path) -> None:
    """The list is bounded."""
    file.write_text(
        MAIN.replace("[teams.yaml, parts/rules.yaml]", str([f"f{n}.yaml" for n in range(FRAGMENTS_LIMIT + 1)])), encoding="utf-8"
    )
    assert any(f"more than {FRAGMENTS_LIMIT} fragments" in one for one in told(file))


def test_a_rule_of_a_fragment_goes_to_shadow_there(file: Path) -> None:
    """`policy health --to-shadow` says in which file to do it; rules of the file itself move."""
    text = file.read_text(encoding="utf-8")
    assert "mode: shadow" in to_shadow(text, "one", str(file))
    with pytest.raises(PolicyError, match=r"has no rule 'two'; it stands in one of .*teams.yaml, .*rules.yaml: edit that"):
        to_shadow(text, "two", str(file))


def test_an_editor_knows_fragments() -> None:
    """Teams without rules are a fragment and no policy; guards are no part of one."""
    check = jsonschema.Draft202012Validator(file_schemas()["fragment"])
    assert check.is_valid(yaml.safe_load(TEAMS))
    assert check.is_valid(yaml.safe_load(RULES))
    assert not check.is_valid({"guards": {}})

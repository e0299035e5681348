"""Policy and silence files are changed so that all else stays, or not at all."""

from datetime import UTC, datetime
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.policy.edit import dump_silences, ended, to_shadow
from pipeline.policy.errors import PolicyError
from pipeline.policy.load import Silence, load_policy, parse_policy, parse_silences, with_silences
from tests.unit.pipeline.decide.world import POLICY, policy

TEXT = (files("pipeline") / "defaults" / "policy.yaml").read_text(encoding="utf-8")
ONE = {
    "name": "strike",
    "when": "situation.facet == 'delay'",
    "author": "jo",
    "reason": "a strike: known",
    "until": "2026-03-03T00:00:00+01:00",
}

FLOW = POLICY.replace("  - name: case\n    when: situ", "  - {name: case, when: situ")


@pytest.mark.parametrize("rule", [rule.name for rule in load_policy(None).rules if rule.mode == "live"])
def test_any_rule_moves_to_shadow_and_nothing_else_changes(rule: str) -> None:
    """One line more, comments stay, all other rules decide as before."""
    changed = to_shadow(TEXT, rule, "policy.yaml")
    before, after = parse_policy(TEXT, "p"), parse_policy(changed, "p")
    assert [one.model_copy(update={"mode": "live"}) if one.name == rule else one for one in after.rules] == list(before.rules)
    assert len(changed.splitlines()) == len(TEXT.splitlines()) + 1
    assert changed.count("#") == TEXT.count("#")


def test_a_stated_mode_is_changed_in_place() -> None:
    """``mode: live`` becomes shadow, without a second line."""
    text = POLICY.replace("    owner: comms\n", "    owner: comms\n    mode: live  # since spring\n", 1)
    changed = to_shadow(text, "surge", "p")
    assert changed == text.replace("mode: live  #", "mode: shadow  #")
    assert to_shadow(POLICY, "trial", "p") == POLICY


@pytest.mark.parametrize(("text", "rule"), [(POLICY, "nobody"), (FLOW, "case")])
def test_what_cannot_be_edited_is_refused(text: str, rule: str) -> None:
    """An unknown rule, or one that is written otherwise, is left to a person."""
    with pytest.raises(PolicyError):
        to_shadow(text, rule, "p")


names = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
printable = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)


@settings(deadline=None)
@given(st.dictionaries(names, st.tuples(printable, printable, st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))), max_size=5))
def test_silences_read_as_they_were_written(many: dict[str, tuple[str, str, datetime]]) -> None:
    """Whatever author and reason say, the file holds the same silences, in the order of their ends."""
    made = [
        Silence(name=name, when="situation.kind == 'case'", author=author, reason=reason, until=until.replace(tzinfo=UTC))
        for name, (author, reason, until) in many.items()
    ]
    read = parse_silences(dump_silences(made), "silences")
    assert sorted(read, key=lambda one: one.name) == sorted(made, key=lambda one: one.name)
    assert list(read) == sorted(read, key=lambda one: (one.until, one.name))
    now = datetime(2050, 1, 1, tzinfo=UTC)
    assert set(ended(made, now)) == {one.name for one in made if one.until <= now}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", None, "mapping"),
        ("version: 2\nsilences: []\n", None, "version: 1"),
        ("version: 1\nsilences: []\nrules: []\n", None, "nothing else"),
        ("version: 1\nsilences: 3\n", 2, "list"),
        ("version: 1\nsilences:\n  - {name: s}\n", 3, "when"),
        (
            "version: 1\nsilences:\n  - name: s\n    when: hour >\n    author: a\n    reason: r\n    until: 2030-01-01T00:00:00Z\n",
            4,
            "syntax error",
        ),
        ("version: 1\nsilences:\n  - name: s\n    when: hour > 3\n    author: a\n    reason: r\n    until: 2030-01-01\n", 7, "until"),
    ],
)
def test_a_wrong_silences_file_is_refused_with_its_place(text: str, line: int | None, reason: str) -> None:
    """File, line and reason, as for a policy."""
    with pytest.raises(PolicyError) as caught:
        parse_silences(text, "silences.yaml")
    assert (caught.value.file, caught.value.line) == ("silences.yaml", line)
    assert reason in caught.value.reason


def test_silences_beside_count_in_the_hash_and_have_names_of_their_own() -> None:
    """Another set, another hash; none, the same policy; a name twice is refused."""
    one = Silence.model_validate(ONE)
    assert with_silences(policy(), (), "s") is policy() or with_silences(policy(), (), "s").hash == policy().hash
    first = with_silences(policy(), (one,), "s")
    assert first.hash != policy().hash
    assert first.rules == policy().rules
    with pytest.raises(PolicyError, match="used twice"):
        with_silences(first, (one,), "s")

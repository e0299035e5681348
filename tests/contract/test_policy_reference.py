"""The reference of the policy file is generated, complete and current, and editors take the same files for good as the check does."""

import re
from typing import Any

import jsonschema
import orjson
import pytest
import yaml

from agents.operate.policy_reference import DEPLOY, documents
from pipeline.policy.fact_table import AROUND, RECORDS
from pipeline.policy.facts import samples
from pipeline.policy.reference import MEANINGS, PARTS, file_schemas, policy_page


def test_generated_files_are_current() -> None:
    """`python -m agents.operate.policy_reference` would change nothing."""
    for name, content in documents().items():
        assert (DEPLOY / name).read_bytes() == content, f"{name}: python -m agents.operate.policy_reference"


def test_every_key_has_its_meaning_and_no_key_that_is_gone() -> None:
    """The page names each key of each part once."""
    assert MEANINGS.keys() == {f"{model.__name__}.{name}" for _, model in PARTS for name in model.model_fields}


def test_the_table_of_facts_is_what_conditions_see() -> None:
    """Each fact that there is, with its type, its values and bounds, in all samples."""
    kinds = {"text": str, "whole": int, "real": float, "true": bool, "counts": dict, "shares": dict, "texts": list}
    for sample in samples():
        around = {name: value for name, value in sample.items() if name not in RECORDS}
        assert (around.keys(), *(sample[name].keys() for name in RECORDS)) == (AROUND.keys(), *(one.keys() for one in RECORDS.values()))
        every = [(AROUND, around), *((RECORDS[name], sample[name]) for name in RECORDS)]
        for name, fact, value in ((name, fact, seen[name]) for facts, seen in every for name, fact in facts.items()):
            assert type(value) is kinds[fact.type], name
            if fact.values:
                assert set(value if fact.type in ("counts", "shares") else [value]) <= set(fact.values), name
            if fact.type in ("whole", "real"):
                assert fact.low <= value <= fact.high, name


def test_the_page_has_defaults_as_they_are_written() -> None:
    """Durations with their unit, no Python."""
    page = policy_page()
    assert "| `not_after` | duration | `1d` |" in page
    assert "| `digest_after` | duration | `30m` |" in page
    assert "| `do` | `reply` `review` `page` `idea` `digest` `nothing` | required |" in page
    assert not re.search(r"ActionKind|None|tuple|PydanticUndefined", page)


def validated(values: Any) -> list[str]:
    """What JSON Schema says against a policy."""
    return [error.message for error in jsonschema.Draft202012Validator(file_schemas()["policy"]).iter_errors(values)]


def test_an_editor_takes_the_default_policy_for_good() -> None:
    """As it is written: durations and times of day are texts."""
    text = (DEPLOY.parent / "pipeline" / "defaults" / "policy.yaml").read_text(encoding="utf-8")
    assert validated(yaml.safe_load(text)) == []


@pytest.mark.parametrize("name", ["bank", "airline", "games"])
def test_an_editor_takes_the_examples_for_good(name: str) -> None:
    """A policy of several files, its fragment, and cases in their short forms."""
    folder, schemas = (
        DEPLOY / "examples" / "policies",
        {name: orjson.loads(content) for name, content in documents().items() if "schema" in name},
    )
    for file in folder.glob(f"{name}.*.yaml"):
        kind = "cases" if ".cases." in file.name else "fragment"
        values = orjson.loads(orjson.dumps(yaml.safe_load(file.read_text(encoding="utf-8"))))
        found = jsonschema.Draft202012Validator(schemas[f"editor/{kind}.schema.json"]).iter_errors(values)
        assert [error.message for error in found] == [], file
    assert validated(yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))) == []
    assert validated({"version": 1}) != []


@pytest.mark.parametrize("change", [{"do": "rely"}, {"within": "soon"}, {"colour": "red"}, {"priority": 2000}, {"peers": "support"}])
def test_an_editor_underlines_what_is_wrong(change: dict[str, Any]) -> None:
    """A value outside its list, no duration, an unknown key, a number out of bounds, no list."""
    rule = {"name": "a", "when": "hour > 3", "do": "review", "owner": "support"}
    assert validated({"version": 1, "teams": [{"name": "support"}], "rules": [rule]}) == []
    assert len(validated({"version": 1, "teams": [{"name": "support"}], "rules": [rule | change]})) == 1

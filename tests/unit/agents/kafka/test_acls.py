"""Who may do what: generated from the topic table, and nothing beyond it."""

import shlex

import pytest

from agents.kafka import acls, kubernetes
from agents.settings import Settings, load_settings
from schemas.asyncapi import OUTPUTS
from schemas.errors import WinnowError
from schemas.topics import INPUTS, STAGES, TOPICS

TEAMS = ["comms", "support"]


@pytest.fixture
def settings() -> Settings:
    """A deployment named acme."""
    return load_settings(prefix="acme", broker="kafka:9093")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reads_its_inputs_and_writes_its_outputs_and_no_more(settings: Settings, stage: str) -> None:
    """Read: inputs and own state. Write: outputs and own state. Only its own group; nothing on the cluster.

    Monitor also sees, without reading, how far behind all groups are.
    """
    found = acls.grants(settings, stage)

    def topics_of(operation: str) -> set[str]:
        return {grant.name for grant in found if (grant.kind, grant.operation) == ("topic", operation)}

    written = {"acme.actions." if noun == "actions" else settings.topic(noun) for noun in OUTPUTS[stage]}
    state = settings.topic(f"{stage}-state")
    assert topics_of("Read") == {*map(settings.topic, (*INPUTS[stage], *acls.FOLLOWED.get(stage, ()))), state}
    assert topics_of("Write") == {*written, state}
    watched = {noun for inputs in INPUTS.values() for noun in inputs} if stage == "monitor" else set()
    assert topics_of("Describe") == set(map(settings.topic, {*acls.structure(stage), *watched}))
    others = [("group", "acme-", "Describe")] if stage == "monitor" else []
    groups = [("group", f"acme-{stage}", "Read"), *others]
    assert sorted((grant.kind, grant.name, grant.operation) for grant in found if grant.kind != "topic") == sorted(groups)
    assert {grant.user for grant in found} == {f"acme-{stage}"}
    assert {grant.name for grant in found if grant.pattern == "prefixed"} <= {"acme.actions.", "acme-"}


def test_only_its_writer_may_write_a_topic(settings: Settings) -> None:
    """No two stages may write the same topic, but for the ledger and what is rejected."""
    for noun in TOPICS.keys() - {"ledger", "rejected"}:
        writers = [stage for stage in STAGES for grant in acls.grants(settings, stage)
                   if (grant.name, grant.operation) == (settings.topic(noun), "Write")]  # fmt: skip
        assert len(writers) <= 1, noun


def test_a_team_sees_its_own_actions_only(settings: Settings) -> None:
    """It reads its topic and answers; another team's actions, posts and state are none of its business."""
    rows = {(grant.kind, grant.name, grant.operation) for grant in acls.grants(settings, "team-support")}
    assert rows == {
        ("topic", "acme.actions.support.v1", "Read"), ("topic", "acme.outcomes.v1", "Write"), ("group", "acme-team-support", "Read"),
    }  # fmt: skip


def test_posts_of_another_deployment_are_reached_by_their_own_name() -> None:
    """With an input prefix, sift reads and the source writes there, and the operator may see both prefixes."""
    settings = load_settings(prefix="acme", input_prefix="shared")
    assert ("shared.posts.v1", "Read") in {(grant.name, grant.operation) for grant in acls.grants(settings, "sift")}
    assert {grant.name for grant in acls.grants(settings, "source")} == {"shared.posts.v1", "shared.feedback.v1"}
    assert {grant.name for grant in acls.grants(settings, "operator") if grant.operation == "Create"} == {"acme.", "shared."}


def test_nobody_may_do_everything(settings: Settings) -> None:
    """No ``All``, no wildcard, no deleting, no changing of the cluster: that stays with its administrator."""
    for role in acls.roles(TEAMS):
        for grant in acls.grants(settings, role):
            assert grant.operation not in {"All", "Delete", "Alter", "ClusterAction", "IdempotentWrite"}
            assert "*" not in grant.name
            assert grant.kind != "cluster" or grant.operation == "Describe"


def test_an_unknown_role_is_refused(settings: Settings) -> None:
    """The message lists the roles."""
    with pytest.raises(WinnowError, match=r"unknown role 'polish'.*sift.*operator"):
        acls.grants(settings, "polish")


def test_commands_and_strimzi_say_the_same(settings: Settings) -> None:
    """Lines for a shell, KafkaUsers and grants: one set of permissions in three forms."""
    for role in acls.roles(TEAMS):
        grants = acls.grants(settings, role)
        lines = [shlex.split(line) for line in acls.commands(settings, grants)]
        assert len(lines) == len(grants)
        for words, grant in zip(lines, grants, strict=True):
            assert words[words.index("--allow-principal") + 1] == f"User:acme-{role}"
            assert words[words.index("--operation") + 1] == grant.operation
            assert grant.name in words or grant.kind == "cluster"
        (user,) = kubernetes.users(settings, [role])
        assert user["metadata"]["name"] == f"acme-{role}"
        spoken = {
            (entry["resource"]["type"], entry["resource"].get("name", "kafka-cluster"), operation)
            for entry in user["spec"]["authorization"]["acls"] for operation in entry["operations"]
        }  # fmt: skip
        assert spoken == {(grant.kind, grant.name, grant.operation) for grant in grants}


def test_every_grant_has_a_binding(settings: Settings) -> None:
    """Words, kinds and patterns all have their counterpart in the client."""
    for role in acls.roles(TEAMS):
        for grant in acls.grants(settings, role):
            binding = acls._binding(grant)
            assert (binding.name, binding.principal) == (grant.name, f"User:{grant.user}")
            assert acls._words(binding.operation) == grant.operation

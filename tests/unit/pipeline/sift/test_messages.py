"""The bytes that sift writes: fields in the contract's order, JSON as every stage writes it."""

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stream.stage import Batch, Output
from schemas.messages import EMITTED, Author, Reach, Signal
from tests.unit.pipeline.sift.world import event, records, shard

unhurried = settings(deadline=None)
"""A shared machine may stall for longer than any deadline."""

texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=30)
maybe = st.none() | texts
fields = st.fixed_dictionaries(
    {"text": texts.map("aurora air {}".format)},
    optional={
        **dict.fromkeys(("title", "language", "url", "thread", "in_reply_to", "repost_of", "quote_of", "affiliation"), maybe),
        "kind": st.sampled_from(["post", "review", "ticket", "survey", "message"]),
        "rating": st.none() | st.floats(0, 1),
        "accepted_answer": st.booleans(),
        "reach": st.fixed_dictionaries({}, optional=dict.fromkeys(("likes", "reposts", "views"), st.none() | st.integers(0, 1 << 53))),
    },
)


def written(*values: bytes, topic: str = "posts", **over: Any) -> list[Output]:
    """What a fresh shard writes of some events, watermarks left out."""
    step = shard(topic, **over).process(Batch(topic, 0, records(values)), 0)
    return [output for output in step.outputs if not output.broadcast]


@unhurried
@given(fields)
def test_information_is_plain_json_in_the_contracts_order(given_fields: dict[str, Any]) -> None:
    """Reading and writing it again with orjson, as later stages do, changes no byte; keys stand as the models have them."""
    (output,) = written(event("1", **given_fields))
    message = orjson.loads(output.value)
    assert orjson.dumps(message) == output.value
    for holder, model in ((message, EMITTED["information"]), (message["signal"], Signal), (message["signal"]["author"], Author)):
        assert list(holder) == list(model.model_fields)
    assert list(message["signal"]["reach"]) == list(Reach.model_fields)
    assert message["signal"]["text"] == given_fields["text"]


@unhurried
@given(texts)
def test_chaff_is_plain_json_in_the_contracts_order(text: str) -> None:
    """The same holds for the sample of what is thrown away."""
    (output,) = written(event("1", f"prize {text}"))
    message = orjson.loads(output.value)
    assert output.noun == "chaff"
    assert orjson.dumps(message) == output.value
    assert list(message) == list(EMITTED["chaff"].model_fields)


def test_messages_for_several_subjects_differ_in_id_and_subject_only() -> None:
    """All else of an event is said once: one message must not leak into the next."""
    outputs = written(event("1", "aurora air and brightbank and cobalt mobile, all down"), event("2", "aurora air is up"))
    found = [orjson.loads(output.value) for output in outputs]
    assert [message.pop("subject") for message in found] == ["aurora", "brightbank", "cobalt", "aurora"]
    ids = [message.pop("id") for message in found]
    assert ids == [output.id for output in outputs]
    assert len(set(ids)) == 4
    assert found[0] == found[1] == found[2] != found[3]
    assert [output.lineage for output in outputs] == ["posts/0/0/0", "posts/0/0/1", "posts/0/0/2", "posts/0/1/0"]


def test_a_long_message_leaves_nothing_behind() -> None:
    """What is written after a long message is as long as it is itself."""
    short = event("2", "aurora air is late")
    alone = orjson.loads(written(short)[0].value)
    after = orjson.loads(written(event("1", "aurora air " + "is late again " * 500), short)[1].value)
    for message in (alone, after):
        message.pop("lineage")
        message.pop("appended_at")
    assert alone == after

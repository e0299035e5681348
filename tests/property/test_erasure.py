"""A person whose posts are in every kind of situation is erased: what is left of them in any state is hashes that keep them out."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from pipeline.correlate.information import parse
from pipeline.flow import Flow, FlowStage
from pipeline.learn.shard import LearnShard
from pipeline.privacy import pseudonym
from pipeline.sift import author_hash, post_id
from pipeline.stream import partition_of
from schemas.times import iso
from schemas.topics import INPUTS
from tests.property.storm import KEY, PARTITIONS, SECOND, START, Crashing, shards
from tests.unit.pipeline.learn.test_shard import Pupil

ERIKA = {"id": "erika4711", "handle": "erikahandle", "name": "Erika Mustername", "followers": 5, "bio": "erikabio",
         "profile_url": "https://x.example/erikaprofile"}  # fmt: skip
PLACES = ("Oslo", "Lima", "Kyoto", "Cairo", "Turin", "Perth", "Quito", "Porto", "Bergen", "Riga", "Izmir")

Said = tuple[str, bytes]


def post(name: str, text: str, at_ms: int, author: Any = ERIKA, **more: Any) -> Said:
    """(key, value) of a post."""
    value = {"id": name, "source": "signal", "kind": "post", "author": author, "text": text, "created_at": iso(at_ms), **more}
    return name, orjson.dumps(value)


def said() -> Iterator[Said]:
    """Hers, and what others make of it: a copy, a reply in her thread, a share; wishes and complaints like hers around."""
    wish = "please add a dark mode to the aurora air app"
    yield post(
        "erikapost1",
        "urgent aurora air lost erikaword1 inside my bag today",
        START,
        url="https://x.example/erikaurl1",
        thread="erikathread",
    )
    yield post("erikapost2", f"{wish} erikaword2", START + SECOND)
    yield post("erikapost3", "prize by aurora air erikaword3 prize", START + 2 * SECOND)
    yield post(
        "erikapost4",
        "calm brightbank refused the voucher of erikaword4 for no reason",
        START + 3 * SECOND,
        url="https://x.example/erikaurl2",
    )
    yield post(
        "erikapost4", "calm brightbank refused the voucher of erikaword5 for no reason", START + 4 * SECOND, operation="update", revision=1
    )
    other = {"id": "o2", "followers": 3}
    yield post(
        "o2", "calm aurora air what happened there is awful", START + 5 * SECOND, other, in_reply_to="erikapost1", thread="erikathread"
    )
    yield post("o3", "calm aurora air lost erikaword1", START + 6 * SECOND, other, repost_of="erikapost1", repost_of_author="erika4711")
    for number in range(60):
        text = wish if number % 9 == 0 else f"calm aurora air lost bag {number} in {PLACES[number % 11]} {number * 7}"
        yield post(f"p{number}", text, START + (7 + number) * SECOND, {"id": f"a{number}", "followers": 3})
    yield post("erikapost5", "calm aurora air lost erikaword6 bag forever gone", START + 70 * SECOND)


def gone(scope: str, name: str) -> bytes:
    """A deletion."""
    value = {"id": name, "source": "signal", "operation": "delete", "scope": scope, "created_at": iso(START + 90 * SECOND)}
    return orjson.dumps(value | ({"author": {"id": name}} if scope == "account" else {}))


def states(deletions: list[bytes]) -> dict[str, bytes]:
    """Stage -> all keys and values of its state, when all was said and deleted."""
    made: dict[str, list[Crashing]] = defaultdict(list)

    def kept(stage: FlowStage) -> FlowStage:
        def make(topic: str, number: int) -> Any:
            made[stage.name].append(stage.make(topic, number))  # type: ignore[arg-type]  # storm makes these
            return made[stage.name][-1]

        return FlowStage(stage.name, stage.inputs, make, stage.together)

    learn = FlowStage(
        "learn", INPUTS["learn"], lambda _, number: Crashing(lambda: LearnShard(number, Pupil(), lambda *_: "memory://"), None), True
    )
    flow = Flow(map(kept, [*shards(None, []), learn]), PARTITIONS, batch_records=7)
    story = [(partition_of(key.encode(), 2), value) for key, value in said()]
    story += [(number, value) for value in deletions for number in range(2)]
    for partition, value in story:
        at_ms = START + 100 * SECOND
        flow._append("posts", partition, SimpleArrival(value, at_ms))  # type: ignore[arg-type]  # into every partition, as the command does
        list(flow.drain())
    list(flow.finish())
    return {stage: b"\n".join(part for shard in found for item in shard._kept.items() for part in item) for stage, found in made.items()}


class SimpleArrival:
    """An arrival without a key."""

    topic, key, headers = "posts", b"", (("source", b"signal"), ("reason", b"erasure"))

    def __init__(self, value: bytes, appended_ms: int) -> None:
        self.value, self.appended_ms = value, appended_ms


def hashes() -> dict[str, bytes]:
    """How stages know her: in evidence, in actions, in the rows of what pieces added."""
    hashed = author_hash(KEY, "signal", "erika4711")
    return {"hash": hashed.encode(), "pseudonym": pseudonym(hashed, KEY).encode(), "half": int(hashed[:16], 16).to_bytes(8, "little")}


ACCOUNT = [gone("account", "erika4711")]
POSTS = [gone("post", f"erikapost{number}") for number in range(1, 6)]


@pytest.mark.parametrize("deletions", [ACCOUNT, POSTS], ids=["account", "posts"])
def test_no_byte_of_the_erased_is_in_any_state(deletions: list[bytes]) -> None:
    """Neither words, ids, handle, name and links, nor the hashes by which people are counted; all of it was there before."""
    before, after = states([]), states(deletions)
    there = {word: {stage for stage, state in before.items() if word in state} for word in (b"erikaword1", b"erikapost", b"erikathread")}
    assert there[b"erikaword1"] >= {"correlate", "act", "learn"}
    assert all(there.values())
    assert {stage: b"erika" in state.lower() or b"mustername" in state.lower() for stage, state in after.items()} == dict.fromkeys(
        after, False
    )
    keyed = hashes()
    assert all(any(one in state for state in before.values()) for name, one in keyed.items())
    assert [(stage, name) for stage, state in after.items() for name, one in keyed.items() if one in state] == []
    pieces = [post_id("signal", f"erikapost{number}").hex().encode() for number in (1, 2, 5)]
    assert sum(piece in before["act"] for piece in pieces) >= 2
    assert [piece for piece in pieces if piece in after["act"]] == []  # sift, correlate and learn know them, to keep them out


def test_the_hash_of_an_author_is_the_one_in_evidence() -> None:
    """By it an erasure is verified."""
    (_, value) = post("a", "calm aurora air", START)
    signal = {**orjson.loads(value), "namespace": None}
    message = {
        "id": "0" * 32, "subject": "aurora", "signal": signal, "intent": "complaint", "sentiment": "negative", "sentiment_score": -0.5,
        "urgency": 0.5, "stakeholder": "customer", "dual_hat": False, "language": "en", "copies": 1, "copy_of": None, "backfill": False,
        "clock": START, "appended_at": iso(START), "lineage": {"topic": "posts", "partition": 0, "offset": 1}, "model": "m",
        "confidence": {"spam": 0.1, "intent": 0.1, "sentiment": 0.1, "stakeholder": 0.1},
    }  # fmt: skip
    found = parse(orjson.dumps(message), KEY)
    assert found.author == author_hash(KEY, "signal", "erika4711")  # type: ignore[union-attr]  # it is a piece

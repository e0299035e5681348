"""What was deleted is nowhere in what learn remembers, whatever it was judged to be and in whatever order learn reads its topics."""

from itertools import chain

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.stream.stage import Output, Record
from tests.unit.pipeline.learn.test_shard import World
from tests.unit.pipeline.sift.test_lifecycle import delete, edit
from tests.unit.pipeline.sift.world import START, event, records, run

SECOND = 1_000
NAMES = "abcd"
KINDS = (
    "aurora air lost the bag of",
    "you won a prize from aurora air, dear",
    "perhaps it was aurora air that lost",
    "nobody knows what became of",
)
"""Information, spam, uncertain spam and what concerns nobody."""

acts = st.tuples(st.sampled_from(["say", "edit", "delete"]), st.sampled_from(NAMES), st.sampled_from(KINDS))


def stream_of(drawn: list[tuple[str, str, str]]) -> tuple[list[bytes], set[str]]:
    """What producers write, each version with a word of its own; the words of posts that are deleted in the end."""
    values: list[bytes] = []
    words: dict[str, list[str]] = {name: [] for name in NAMES}
    gone: set[str] = set()
    for number, (act, name, kind) in enumerate(drawn):
        at_ms = START + number * SECOND
        if act == "delete":
            gone.add(name)
            values.append(delete(name, at_ms))
            continue
        words[name].append(f"word{number}of{name}")
        text = f"{kind} {words[name][-1]}"
        values.append(event(name, text, at_ms) if act == "say" else edit(name, text, number + 1, at_ms))
    return values, set(chain.from_iterable(words[name] for name in gone))


def topic(outputs: list[Output], noun: str) -> list[tuple[str, Record]]:
    """Records of a topic as learn reads them."""
    return [
        (noun, Record(offset, START, output.key, output.value, output.headers()))
        for offset, output in enumerate(output for output in outputs if output.noun == noun)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(acts, min_size=1, max_size=14), st.booleans(), st.sampled_from([0.0, 0.5, 1.0]))
def test_no_word_of_a_deleted_post_stays_with_learn(drawn: list[tuple[str, str, str]], chaff_first: bool, share: float) -> None:
    """Sampled or not; of the posts that nobody deleted the last version is still there if it was handed on."""
    values, gone = stream_of(drawn)
    outputs = run(records(values), chaff_share=share).written()
    first, last = ("chaff", "information") if chaff_first else ("information", "chaff")
    world = World()
    world.feed(*topic(outputs, first), *topic(outputs, last))
    world.restart()
    state = b"".join(world.state.values()).decode("utf-8", "replace")
    assert not [word for word in gone if word in state]

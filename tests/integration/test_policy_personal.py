"""A simulated day with personal data in it, through the whole flow: none of it is on an action topic."""

import re
import unicodedata
from collections.abc import Iterator

import orjson
import pytest

from agents.settings import load_settings
from agents.stages import build as stages
from agents.stages.sift import load_subjects
from pipeline.flow import Arrival
from pipeline.privacy.redaction import redact
from pipeline.simulation.stream import Scenario, simulate
from schemas.times import iso
from tests.unit.pipeline.privacy.redaction_table import TABLE
from tests.unit.pipeline.privacy.test_redaction import MARKED

OWN = load_subjects(None).own_terms()
"""Of the brands that are listened for: no person's."""
START = 1_795_000_000_000
SCENARIO = Scenario(seed=3, events=4_000, start_ms=START, hours=24.0)
OPENINGS = (
    "This is urgent: Aurora Air lost my luggage, terrible service, nobody helps! ",
    "Aurora Air cancelled my flight and refuses the refund, I will sue you. ",
    "Why is my Aurora Air booking gone? Please help me now, ",
    "My Aurora Air account was stolen by scammers! ",
)
SHAPES = {
    "mail": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    "handle": re.compile(r"(?<![\w/.])@[a-zA-Z]\w"),
    "digits": re.compile(r"(?<![0-9a-f.])\+?\d(?:[ ().-]?\d){8,}(?![0-9a-f])"),
}


def personal() -> Iterator[tuple[str, str]]:
    """(text, what is personal in it) of every row of the table that has something."""
    for row in TABLE:
        if secrets := [secret for _, secret in MARKED.findall(row)]:
            yield MARKED.sub(r"\2", row), secrets[0]


def day() -> list[Arrival]:
    """The scenario, and among it one complaint for every personal row of the table, by authors with telling ids, handles and links."""
    found = [Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(SCENARIO)]
    rows = list(personal())
    for number, (text, _) in enumerate(rows):
        at_ms = START + 86_400_000 * (number + 1) // (len(rows) + 1)
        author = {"id": f"account-of-jane-roe-{number}", "handle": f"JaneRoe{number}", "name": "Jane Roe", "followers": 50_000}
        post = {
            "id": f"p{number}", "source": "forum", "kind": "post", "author": author, "text": OPENINGS[number % 4] + text,
            "created_at": iso(at_ms), "url": f"https://forum.example/u/JaneRoe{number}/post/{number}",
        }  # fmt: skip
        found.append(Arrival("posts", b"%d" % number, orjson.dumps(post), (("source", b"signal"),), at_ms))
    return sorted(found, key=lambda one: one.appended_ms)


@pytest.fixture(scope="module")
def actions() -> list[tuple[str, bytes]]:
    """(topic, value) of all actions of the day, escalations included."""
    flow = stages.flow(load_settings(), stages=("sift", "correlate", "decide", "act"))
    outputs = [*flow.run(day()), *flow.tick(START + 10 * 86_400_000)]
    return [(output.noun, output.value) for output in outputs if output.noun.startswith("actions.")]


def texts(value: object) -> Iterator[str]:
    """All strings in a message, but for ids and hashes."""
    if isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str) and not re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{4}\.[0-9a-f]{24}|\d{4}-\d\d-\d\dT[\d:.]+Z", value):
        yield value


def others(text: str) -> str:
    """The text without the brands' own handles."""
    return re.sub(r"@(\w+)", lambda match: "" if OWN.has_account(match.group(1)) else match.group(), text)


def test_the_day_is_worth_scanning(actions: list[tuple[str, bytes]]) -> None:
    """There are actions of many kinds for several teams, and most personal rows reached one."""
    kinds = {orjson.loads(value)["kind"] for _, value in actions}
    assert {"reply", "review", "page", "digest", "escalate"} <= kinds
    assert len({noun for noun, _ in actions}) >= 4
    whole = b"\n".join(value for _, value in actions).decode()
    assert sum(whole.count(f"[{token}]") for token in ("email", "phone", "card", "iban", "name", "handle")) > 60


def test_nothing_that_is_known_to_be_personal_is_on_an_action_topic(actions: list[tuple[str, bytes]]) -> None:
    """No secret of the table, no author's id, handle, name or link, in any spelling of its digits."""
    whole = others("\n".join(text for _, value in actions for text in texts(orjson.loads(value))))
    leaked = [secret for _, secret in personal() if secret in whole]
    bare = re.sub(r"[ ().\-/]", "", whole)
    leaked += [secret for _, secret in personal() if len(digits := re.sub(r"\D", "", secret)) >= 9 and digits in bare]
    assert leaked == []
    assert not re.search(r"jane.?roe", whole, re.IGNORECASE)


def test_nothing_of_a_personal_shape_is_on_an_action_topic(actions: list[tuple[str, bytes]]) -> None:
    """No text of an action looks like an address, a handle or a long number, and redacting it again finds nothing more."""
    found = []
    for noun, value in actions:
        message = orjson.loads(value)
        free = [message["summary"], *(piece["excerpt"] for piece in message["evidence"])]
        found += [
            (noun, name, text) for text in texts(message) for name, shape in SHAPES.items() if text in free and shape.search(others(text))
        ]
        found += [
            (noun, "redact", text) for text in free if redact(text, OWN) != unicodedata.normalize("NFKC", text)
        ]  # an ellipsis becomes dots
    assert found == []

"""A person is forgotten on a real Kafka: after compaction and retention, shortened here, no byte of them is in any file of the broker."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from aiokafka.record import MemoryRecords
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from typer.testing import CliRunner

from agents.cli import app
from agents.inspect.audit import run_audit, wait_until_done
from agents.kafka import clients, topics
from agents.local.kafka import LocalKafka, missing_tools
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.operate.replay import run_replay
from agents.runtime import HELD_UP
from agents.settings import Settings, load_settings
from pipeline.flow import Arrival
from pipeline.sift import author_hash
from schemas.errors import WinnowError
from schemas.times import iso
from schemas.topics import STAGES
from tests.conftest import absent

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(420)]

SHORT = {"segment.ms": "1000", "file.delete.delay.ms": "100"}
SHORT_DELETE = {**SHORT, "retention.ms": "1000"}
SHORT_COMPACT = {
    **SHORT, "min.compaction.lag.ms": "0", "max.compaction.lag.ms": "1000", "min.cleanable.dirty.ratio": "0.0", "delete.retention.ms": "0",
}  # fmt: skip
QUICK = {
    "log.retention.check.interval.ms": "500", "log.cleaner.backoff.ms": "200", "log.initial.task.delay.ms": "500",
    "log.cleaner.io.buffer.size": "131072",
}  # fmt: skip
AUTHOR, HANDLE, NAME = "u-erika-4711", "erikahandle", "Erika Mustername"
WORDS = (
    "erikawordone",
    "erikawordtwo",
    "erikawordthree",
    "erikawordfour",
    "erikalink",
    "erikathread",
    "erikanative",
    "erikabio",
    HANDLE,
    NAME,
    AUTHOR,
)
KEY = b"a key of this test alone"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalKafka]:
    """A broker of its own, which looks twice a second for what is to be deleted."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    with LocalKafka(tmp_path / "kafka", properties=QUICK) as found:
        yield found


def post(name: str, text: str, author: dict[str, object], at_ms: int, **more: object) -> Arrival:
    """A post as a producer writes it."""
    value = {"id": name, "source": "forum", "kind": "post", "author": author, "text": text, "created_at": iso(at_ms), **more}
    return Arrival("posts", name.encode(), orjson.dumps(value), (("source", b"signal"),), at_ms)


def hers(now_ms: int) -> list[Arrival]:
    """What she posted: an urgent complaint, a wish, spam; and what nobody can read."""
    who: dict[str, object] = {"id": AUTHOR, "handle": HANDLE, "name": NAME, "bio": "erikabio", "followers": 12}
    complaint = post(
        "erikanative1", "aurora air lost my bag erikawordone and nobody answers, this is terrible!", who, now_ms,
        url="https://forum.example/erikalink/1", thread="erikathread",
    )  # fmt: skip
    wish = post("erikanative2", "please add a dark mode to the aurora air app erikawordtwo", who, now_ms + 1)
    spam = post("erikanative3", "erikawordthree win a free prize aurora air click here now crypto giveaway", who, now_ms + 2)
    again = post("erikanative1", "aurora air lost my bag erikawordfour!", who, now_ms + 3, operation="update", revision=1)
    return [complaint, wish, spam, again, complaint._replace(value=b'{"id": "erikanative4", "author": "' + NAME.encode() + b'"')]


def others(now_ms: int, first: int, count: int) -> list[Arrival]:
    """Complaints of other people, among them a share of hers."""
    about = [
        post("share", "aurora air lost my bag erikawordone", {"id": "o-share"}, now_ms, repost_of="erikanative1", repost_of_author=AUTHOR),
        post(
            "reply", "aurora air is terrible, they lost mine too!", {"id": "o-r"}, now_ms, in_reply_to="erikanative1", thread="erikathread"
        ),
    ]
    numbers = range(first, first + count)
    mine = [post(f"o{n}", f"aurora air flight {n} is late again and I am angry", {"id": f"o{n}"}, now_ms) for n in numbers]
    return [*(about if first == 0 else ()), *mine]


async def shorten(settings: Settings) -> None:
    """Let every topic keep things for a second."""
    resources = []
    for name, configured in (await topics.configured(settings)).items():
        values = SHORT_COMPACT if "compact" in configured["cleanup.policy"] else SHORT_DELETE
        if "ledger" in name:
            values = SHORT  # the books are read at the end; they hold nothing of people
        changes = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in values.items()]
        resources.append(ConfigResource(ResourceType.TOPIC, name, incremental_configs=changes))
    await clients.administer(settings, "shorten", lambda client: client.incremental_alter_configs(resources, request_timeout=20.0))


def files(broker: LocalKafka, words: list[bytes]) -> dict[str, set[bytes]]:
    """Which words are in which files of the broker: as they are, and unpacked where they are files of records."""
    found: dict[str, set[bytes]] = {}
    for path in (broker.folder / "data").rglob("*"):
        try:
            raw = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        unpacked = [raw]
        if path.suffix == ".log":
            batches = MemoryRecords(raw)
            while (batch := batches.next_batch()) is not None:
                for record in batch:
                    unpacked += [record.key or b"", record.value or b"", *(value or b"" for _, value in record.headers)]
        whole = b"\0".join(unpacked)
        if hits := {word for word in words if word in whole}:
            found[f"{path.parent.name}/{path.name}"] = hits
    return found


async def winnow(settings: Settings, *words: str) -> tuple[int, str]:
    """A command as an operator gives it: exit code and output."""
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env=environment(settings))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


async def test_nothing_is_left_of_her(broker: LocalKafka, tmp_path: Path) -> None:
    """An erasure, then the life that goes on: she is in no file, no state and no topic any more, and the books balance."""
    settings = load_settings(
        broker=broker.address, prefix="forget", partitions=2, author_key=KEY.decode(), batch_interval_seconds=0.05,
        board_folder=tmp_path / "board", chaff_share=1.0, model_store=tmp_path / "models", session_timeout_seconds=30.0,
    )  # fmt: skip
    (tmp_path / "words").write_text("\n".join((*WORDS, "")))
    her = ("--author", AUTHOR)
    words = [word.encode() for word in (*WORDS, author_hash(KEY, "forum", AUTHOR))]
    await prepare(settings, None)
    now_ms = int(time.time() * 1000)
    async with Supervisor(STAGES, environment(settings), tmp_path / "logs") as supervisor:
        await supervisor.until_ready(120)
        for said_now in (hers(now_ms), others(now_ms, 0, 20)):  # hers first: then her team has room for it
            await run_replay(settings, said_now, speed=None)
            assert await wait_until_done(settings, timeout_seconds=120)
        code, said = await winnow(settings, "erase", "verify", *her, "--text", str(tmp_path / "words"), "--json")
        before = {settings.noun(place["topic"]) for place in json.loads(said)["left"]}
        assert code == 1
        assert before >= {"posts", "information", "chaff", "rejected", "situations", "decisions", "actions.support"}
        assert before >= {"correlate-state", "learn-state"}
        code, said = await winnow(settings, "export", *her)
        held = [json.loads(line) for line in said.splitlines()]
        assert code == 0
        assert {settings.noun(one["topic"]) for one in held} >= {
            "posts",
            "information",
            "chaff",
            "situations",
            "decisions",
            "actions.support",
        }
        assert "terrible, they lost mine" not in said
        assert files(broker, words)

        code, said = await winnow(settings, "erase", *her, "--dry-run", "--json")
        assert (code, {one["offset"] for one in json.loads(said)["written"]}) == (0, {None})
        code, said = await winnow(settings, "erase", *her)
        assert code == 0
        assert said.startswith(
            f"wrote the erasure of account {AUTHOR} on forum to forget.posts.v1/0, forget.posts.v1/1, forget.feedback.v1/0"
        )
        assert await wait_until_done(settings, timeout_seconds=120)
        balance = await run_audit(settings, until_end=True)
        assert balance.balanced, balance.to_json()
        assert balance.dispositions["sift"]["withdrawn"] == 4
        code, said = await winnow(settings, "erase", "verify", *her, "--text", str(tmp_path / "words"), "--json")
        assert [place for place in json.loads(said)["left"] if place["stands"]] == []

        await shorten(settings)
        left: dict[str, set[bytes]] = {}
        for turn in range(240):  # Kafka closes a file when the next record comes
            await run_replay(settings, others(int(time.time() * 1000), 100 + 8 * turn, 8), speed=None)
            left = files(broker, words)
            if not left:
                break
            await asyncio.sleep(0.5)
        assert left == {}
        code, said = await winnow(settings, "erase", "verify", *her, "--source", "forum", "--text", str(tmp_path / "words"))
        assert (code, said) == (0, "nothing is left\n")
        with pytest.raises(WinnowError, match="Say where the ids are from"):  # their hashes could not be looked for
            await winnow(settings, "erase", "verify", *her)
        assert await wait_until_done(settings, timeout_seconds=120)
        restarts = sum(child.restarts for child in supervisor.children)
        held_up = sum(child.log.read_text().count(HELD_UP) for child in supervisor.children)
    assert restarts == held_up, "nobody ends but who is starved"


async def test_every_installation_of_a_source_is_meant_unless_one_is_named(settings: Settings) -> None:
    """An account of one id in two of them, and on another network: as much as was said is erased."""
    await prepare(settings, None)
    now_ms = int(time.time() * 1000)
    who: dict[str, object] = {"id": AUTHOR}
    places = [{"namespace": "a.example"}, {"namespace": "b.example"}, {"source": "elsewhere"}]
    await run_replay(settings, [post(f"p{n}", "late", who, now_ms, **place) for n, place in enumerate(places)], speed=None)

    async def realms(*words: str) -> set[tuple[str, str | None]]:
        code, said = await winnow(settings, "erase", "--author", AUTHOR, "--dry-run", "--json", *words)
        assert code == 0
        return {(one["record"]["source"], one["record"].get("namespace")) for one in json.loads(said)["written"]}

    assert await realms() == {("forum", "a.example"), ("forum", "b.example"), ("elsewhere", None)}
    assert await realms("--source", "forum") == {("forum", None), ("forum", "a.example"), ("forum", "b.example")}
    assert await realms("--source", "forum", "--namespace", "b.example") == {("forum", "b.example")}
    assert await realms("--source", "other") == {("other", None)}

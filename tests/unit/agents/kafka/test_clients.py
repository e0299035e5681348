"""What is worth another attempt, told apart from what a person must mend."""

import asyncio
import contextlib
import socket
import threading
from concurrent.futures import Future

import pytest
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaConnectionError, LeaderNotAvailableError, TopicAuthorizationFailedError
from confluent_kafka import KafkaError as RdError
from confluent_kafka import KafkaException

from agents.kafka import clients
from agents.local.ports import free_port
from agents.settings import load_settings
from schemas.errors import Unavailable, WinnowError


def test_a_broker_that_is_away_is_worth_another_attempt() -> None:
    """Nobody listens: it may restart."""
    found = clients.unreachable(load_settings(broker=f"127.0.0.1:{free_port()}"), KafkaConnectionError("no"))
    assert isinstance(found, Unavailable)
    assert "cannot reach the broker" in str(found)


def test_elections_pass_and_missing_rights_do_not() -> None:
    """A broker between two leaders or coordinators is up; one that forbids something will forbid it again."""
    settings = load_settings(broker=f"127.0.0.1:{free_port()}", security_protocol="SASL_PLAINTEXT")
    for error in (GroupCoordinatorNotAvailableError(), LeaderNotAvailableError()):
        assert isinstance(clients.unreachable(settings, error), Unavailable)
    forbidden = clients.unreachable(settings, TopicAuthorizationFailedError())
    assert isinstance(forbidden, WinnowError)
    assert not isinstance(forbidden, Unavailable)


def test_one_dead_broker_of_several_is_not_all_of_them() -> None:
    """The first is dead, the second listens: what is wrong lies elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as second:
        brokers = f"127.0.0.1:{free_port()},127.0.0.1:{second.getsockname()[1]}"
        found = clients.unreachable(load_settings(broker=brokers), KafkaConnectionError("no"))
    assert "listens but does not answer" in str(found)
    assert isinstance(found, Unavailable)


class _Fetcher:
    """Stands where aiokafka's stands, and is stopped as badly as that was seen to be."""

    def __init__(self, *, swallows: bool) -> None:
        self.swallows = swallows
        self.cancelled = 0
        self._pending_tasks: list[asyncio.Task[None]] = []

    async def close(self) -> None:
        if not self.swallows:
            raise asyncio.CancelledError
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        self.cancelled += 1


@pytest.mark.parametrize("swallows", [False, True])
async def test_a_reader_ends_whatever_its_fetcher_is_at(swallows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cancellation is not that of who stops it, one that it swallowed is repeated, and its connections are closed."""
    monkeypatch.setattr(clients, "STOP_SECONDS", 0.05)
    reader = clients.reader(load_settings(broker=f"127.0.0.1:{free_port()}"))
    reader._fetcher = _Fetcher(swallows=swallows)
    closed = asyncio.Event()
    monkeypatch.setattr(reader._client, "close", lambda: asyncio.sleep(0, closed.set()))
    await reader.stop()
    assert closed.is_set()
    assert reader._fetcher.cancelled == int(swallows)


async def test_who_stops_a_reader_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancellation of one's own is not taken for the fetcher's."""
    reader = clients.reader(load_settings(broker=f"127.0.0.1:{free_port()}"))
    reader._fetcher = _Fetcher(swallows=True)
    stopper = asyncio.create_task(reader.stop())
    await asyncio.sleep(0)
    stopper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopper


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL", "SSL"])
def test_a_stopped_broker_that_asks_for_users_is_worth_another_attempt(protocol: str) -> None:
    """Its port accepts connections and says nothing: nobody has refused a user, nor a certificate."""
    with socket.create_server(("127.0.0.1", 0)) as stopped:
        settings = load_settings(broker=f"127.0.0.1:{stopped.getsockname()[1]}", security_protocol=protocol)
        found = clients.unreachable(settings, KafkaConnectionError("Unable to bootstrap"))
    assert isinstance(found, Unavailable), found
    assert "listens but does not answer" in str(found)


def test_a_broker_that_hangs_up_is_misconfigured_for() -> None:
    """It is there, and does not want what it hears: another attempt will end alike."""
    with socket.create_server(("127.0.0.1", 0)) as broker:

        def hang_up() -> None:
            for _ in range(2):  # the look whether it listens, and the question
                broker.accept()[0].close()

        answering = threading.Thread(target=hang_up)
        answering.start()
        settings = load_settings(broker=f"127.0.0.1:{broker.getsockname()[1]}", security_protocol="SASL_PLAINTEXT", sasl_username="jo")
        found = clients.unreachable(settings, KafkaConnectionError("Unable to bootstrap"))
        answering.join()
    assert not isinstance(found, Unavailable)
    assert "does not let jo in" in str(found)


class Admins:
    """librdkafka's clients, each of which times out for one of these reasons, and then one that answers."""

    def __init__(self, *timeouts: str) -> None:
        self.timeouts = list(timeouts)
        self.made = 0

    def __call__(self, _: object) -> "Admins":
        """Another client."""
        self.made += 1
        return self

    def ask(self) -> dict[str, "Future[str]"]:
        """What it says of a topic."""
        answer: Future[str] = Future()
        if self.timeouts:
            answer.set_exception(KafkaException(RdError(RdError._TIMED_OUT, self.timeouts.pop(0))))
        else:
            answer.set_result("kept for a week")
        return {"topic": answer}


async def test_a_controller_that_has_just_died_is_not_waited_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was asked then, and a new client hears of the next one; whatever else takes too long may have been done."""
    for timeouts, made, said in (
        (["Timed out waiting for controller"], 2, None),
        (["Timed out waiting for controller"] * 2, 2, "Timed out waiting for controller"),
        (["Failed while waiting for response from broker: Local: Timed out"], 1, "waiting for response"),
    ):
        admins = Admins(*timeouts)
        monkeypatch.setattr(clients, "rd_admin", admins)
        asking = clients.administer(load_settings(broker="127.0.0.1:9"), "see it", lambda client: client.ask())  # type: ignore[attr-defined]
        if said is None:
            assert await asking == {"topic": "kept for a week"}
        else:
            with pytest.raises(Unavailable, match=said):
                await asking
        assert admins.made == made

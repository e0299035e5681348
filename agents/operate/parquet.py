"""In: a Parquet file. Out: its rows as JSON objects, and how far it was read. Needs the extra `parquet`."""

import base64
from collections.abc import Iterator
from typing import IO, Any

import orjson

from schemas.errors import WinnowError

BATCH_ROWS = 1_024


class ParquetRows:
    """The rows of a file, each as a JSON object of its columns; times without a zone are UTC, bytes that are no text are base64.

    Raises WinnowError where pyarrow is not installed, or what is read is no such file.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        try:
            from pyarrow import ArrowException, parquet  # noqa: PLC0415  # an extra
        except ImportError as error:
            raise WinnowError(f"{name} is Parquet, and pyarrow is not installed", hint="pip install 'winnow-pipeline[parquet]'") from error
        self._name, self._errors = name, (ArrowException, OSError)
        self.done = 0
        try:
            self._file = parquet.ParquetFile(file)
        except self._errors as error:
            raise WinnowError(f"cannot read {name}: {error}") from error
        self.rows: int = self._file.metadata.num_rows

    def __iter__(self) -> Iterator[bytes]:
        try:
            for batch in self._file.iter_batches(BATCH_ROWS):
                for row in batch.to_pylist():
                    self.done += 1
                    yield orjson.dumps(row, default=_plain, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
        except self._errors as error:
            raise WinnowError(f"cannot read {self._name}, row {self.done + 1}: {error}") from error


def _plain(value: Any) -> str:
    """What JSON has no form for: decimals and durations as they are written, bytes as text."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()

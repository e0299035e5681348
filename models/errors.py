"""The one exception that models raise, for the operator to read."""

from __future__ import annotations

from schemas.errors import WinnowError


class ModelError(WinnowError):
    """A model artefact, its data or its labels cannot be used; the message names the file and what to do."""

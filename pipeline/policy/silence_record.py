"""Silences as records of the topic ``silences``, and what of them a policy takes up."""

import hashlib

from pydantic import ValidationError

from pipeline.policy.conditions import condition
from pipeline.policy.model import Silence
from schemas.messages import SilenceRecord


def silence_id(name: str, *content: str) -> str:
    """The key of a silence: its name and 8 hex digits of what else makes it this one. Equal silences have one id.

    >>> silence_id("strike", "'strike' in situation.words")
    'strike/eae0d612'
    """
    return f"{name}/{hashlib.blake2b('/'.join((name, *content)).encode(), digest_size=4).hexdigest()}"


def silence_of(record: SilenceRecord) -> Silence:
    """The silence that a record tells of. Raises ValueError (of pydantic, or Faulty) for what no policy could hold."""
    values = record.model_dump(mode="json", include={"name", "when", "author", "reason", "starts", "until", "only"})
    found = Silence.model_validate(values)
    condition(found.when)
    return found


def read_silence(value: bytes) -> Silence | str:
    """The silence of a record's value, or why it is none; a good one has been compiled, which may take a moment."""
    try:
        return silence_of(SilenceRecord.model_validate_json(value))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
    except ValueError as error:
        return f"when: {error}"

"""What every message is made of: what Winnow writes forbids unknown fields, what it reads from outside tolerates them."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from schemas.times import iso, to_milliseconds


class Emitted(BaseModel):
    """Base of everything Winnow writes: unknown fields are a bug and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Received(BaseModel):
    """Base of everything that comes from outside: unknown fields are somebody's extension and ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _iso(value: datetime) -> str:
    return iso(to_milliseconds(value.isoformat()))


Time = Annotated[
    AwareDatetime,
    PlainSerializer(_iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Lineage(Emitted):
    """The record that something came from: the topic's noun, its partition and offset."""

    topic: str
    partition: Count
    offset: Count

"""`winnow explain --file`: the story of a post of a file, by the whole flow in this process, without Kafka."""

from collections.abc import Callable, Iterable
from typing import Any

from agents.inspect.explain import tell_story
from agents.inspect.explain_lookup import WATERMARK_TYPE, Found, Headers
from agents.settings import Settings
from agents.stages import build as stages
from pipeline.explain import Place, Story
from pipeline.flow import Arrival
from pipeline.stream import Record


class FlowLookup:
    """Finds records among all that a flow has put on its topics."""

    def __init__(self, settings: Settings) -> None:
        self.searched: list[str] = []
        self.settings = settings
        self._records: dict[Place, Record] = {}

    def keep(self, noun: str, partition: int, record: Record) -> None:
        """Remember a record of the flow."""
        self._records[Place(noun, partition, record.offset)] = record

    async def find(self, nouns: Iterable[str], wanted: Callable[[Any, Headers], bool]) -> list[Found]:
        """Records of these topics that are wanted, ``actions`` standing for those of all teams."""
        names = set(nouns)
        self.searched += sorted(names)
        found: list[Found] = []
        for place, record in self._records.items():
            headers = dict(record.headers)
            asked = place.topic in names or (place.topic.startswith("actions.") and "actions" in names)
            if asked and headers.get("ce_type") != WATERMARK_TYPE and wanted(record, headers):
                found.append((place, record))
        return found

    async def fetch(self, places: Iterable[Place]) -> dict[Place, Any]:
        """Single records."""
        return {place: self._records[place] for place in places if place in self._records}


async def explain_file(settings: Settings, arrivals: Iterable[Arrival], what: str, progress: Callable[[int], None]) -> Story:
    """Let the flow run over recorded events and tell the story of one of them, or of what came of it.

    All that is thrown away is kept, so that it is told how sure the gate was. Raises WinnowError when nothing is found.
    """
    settings = settings.model_copy(update={"chaff_share": 1.0})
    reading = FlowLookup(settings)
    flow = stages.flow(settings, keep=reading.keep)
    for number, _ in enumerate(flow.run(arrivals), 1):
        progress(number)
    return await tell_story(reading, flow.book, what)

"""`winnow explain`: finds an event, situation, decision or action in the topics and puts its story together (`pipeline.explain`)."""

from typing import Any

from agents.inspect.explain_links import Links
from agents.inspect.explain_lookup import Headers, StoryLookup, TopicLookup, comes_of, event_id, load, signal_of
from agents.inspect.explain_query import Query, resolve
from agents.kafka import Scanner
from agents.settings import Settings
from agents.stages.correlate import cases
from agents.stages.sift import own_terms
from pipeline.act import each_of
from pipeline.explain import (
    Facts,
    Place,
    Story,
    action_facts,
    chaff_facts,
    decision_facts,
    event_facts,
    information_facts,
    label_facts,
    outcome_facts,
    rejected_facts,
    situation_facts,
    undecided,
)
from pipeline.ledger import Book
from pipeline.policy import Policy, Silence, also_silent, load_policy, read_silence
from schemas.messages import ActionKind

__all__ = ["Story", "run_explain", "tell_story"]

GROUP = b'"items":[{"action_id":"'
"""What is in the bytes of a group of escalations, and of no other action."""
MOST_EVENTS = 50
"""Events told in full of what many contributed to."""


async def run_explain(settings: Settings, what: str) -> Story:
    """Tell the story of ``what``: an event as ``source:id``, any id of 32 hex digits, or ``topic:partition:offset``.

    Reads topics once or twice each, headers first. Raises WinnowError when ``what`` is of no known form, or nothing is found.
    """
    async with Scanner(settings) as scanner:
        reading, book = TopicLookup(settings, scanner), Book()
        async for _, records in scanner.records(await scanner.extents(scanner.nouns(["ledger"]))):
            for record in records:
                book.read(record.value)
        return await tell_story(reading, book, what)


async def tell_story(reading: StoryLookup, book: Book, what: str) -> Story:
    """Put the story of ``what`` together from what is found. Raises WinnowError as `run_explain`."""
    asked = await resolve(what, reading, book)
    search = _Search(Story(what, asked.kind), asked, reading, book)
    await search.gather()
    return search.story


class _Search:
    """One question and what has been found about it so far."""

    def __init__(self, story: Story, asked: Query, reading: StoryLookup, book: Book) -> None:
        self.story = story
        self.book = book
        self._asked = asked
        self._find = reading.find
        self._fetch = reading.fetch
        self._cases = cases(reading.settings)
        self._own = own_terms(reading.settings)
        self._latest: dict[str, Facts] = {}
        self._policy_file = reading.settings.policy_file
        self._author_key = reading.settings.author_key.get_secret_value().encode()

    async def gather(self) -> None:
        """Follow what was found up to the raw records and down to the outcomes."""
        seeds = self._asked
        links: dict[str, str] = dict.fromkeys(seeds.situations, "asked")
        if seeds.situations:
            await self._tell_situations(links)
            evidence = [piece for situation in self.story.situations for piece in situation["evidence"]][:MOST_EVENTS]
            seeds.informations |= {piece["information"] for piece in evidence}
            seeds.events |= {place for piece in evidence if (place := Place.parse(piece["lineage"])) is not None}
        heard = await self._tell_events()
        if heard.pieces and not links:
            for _, record in await self._find(["situations"], heard.look):
                heard.link(record)
            links |= heard.settle()
            await self._tell_situations(links)
        await self._tell_decisions(set(links))
        await self._tell_undecided()
        await self._tell_actions(set(links))
        await self._tell_answers()

    async def _tell_events(self) -> Links:
        """The raw records, what they were judged to be, and what was thrown away or refused of them."""
        seeds, links = self._asked, Links(self._author_key)
        raw = await self._fetch(sorted(seeds.events))
        signals = {place: signal_of(record, dict(record.headers)) for place, record in raw.items()}
        redelivered = {
            event_id(str(signal["source"]), str(signal["id"]))
            for place, signal in signals.items()
            if signal is not None and self.book.disposition("sift", *place) == "redelivered"
        }
        places = {str(place).encode() for place in seeds.events}
        ids = {identity.encode() for identity in seeds.informations | redelivered}
        for at, record in await self._find(["information"], lambda _, headers: comes_of(headers, places) or headers.get("ce_id") in ids):
            message = load(record.value)
            if "withdraws" in message or any(piece["id"] == message["id"] for piece in self.story.information):
                continue  # written again after a crash
            told = information_facts(message, at, self.book, self._cases, self._own)
            self.story.information.append(told)
            links.add(record, at, told)
        origins = (Place.parse(piece["lineage"]) for piece in self.story.information)
        more = {origin for origin in origins if origin is not None} - seeds.events
        for place, record in (await self._fetch(sorted(more)[:MOST_EVENTS])).items():
            raw[place], signals[place] = record, signal_of(record, dict(record.headers))
        for place in sorted(seeds.events | more):
            found = raw.get(place)
            self.story.events.append(event_facts(place, self.book, found.timestamp if found else None, signals.get(place)))
        await self._tell_refused()
        return links

    async def _tell_refused(self) -> None:
        ended = {event["disposition"] for event in self.story.events} | {piece["disposition"] for piece in self.story.information}
        places = {told["place"].encode() for told in self.story.events + self.story.information}
        if "rejected" in ended:
            for place, record in await self._find(["rejected"], lambda _, headers: comes_of(headers, places)):
                self.story.rejected.append(rejected_facts(load(record.value), place))
        if ended & {"spam", "irrelevant"}:
            for place, record in await self._find(["chaff"], lambda _, headers: comes_of(headers, places)):
                self.story.chaff.append(chaff_facts(load(record.value), place, self._own))

    async def _tell_situations(self, links: dict[str, str]) -> None:
        """The latest revision of each, and the surges that absorbed some of them (added to ``links``)."""
        asked = set(links)
        latest: dict[str, tuple[int, Place, Facts]] = {}
        while asked:
            keys = {identity.encode() for identity in asked}
            for place, record in await self._find(["situations"], lambda record, _, keys=keys: record.key in keys):  # type: ignore[misc]  # default binds
                message = load(record.value)
                if message["revision"] >= latest.get(message["id"], (0,))[0]:
                    latest[message["id"]] = (message["revision"], place, message)
            absorbing = {message["absorbed_by"] for _, _, message in latest.values() if message["absorbed_by"]}
            asked = absorbing - set(links) if self.story.kind in ("event", "information") else set()
            links.update(dict.fromkeys(asked, "absorbed"))
        self._latest = {message["id"]: message for _, _, message in latest.values()}
        ordered = sorted(latest.values(), key=lambda found: (found[2]["opened_at"], found[2]["id"]))
        self.story.situations = [situation_facts(message, place, self.book, links[message["id"]]) for _, place, message in ordered]

    async def _tell_decisions(self, situations: set[str]) -> None:
        traces = {identity.encode() for identity in situations}
        found: dict[tuple[str, str, bool], Facts] = {}
        for place, record in await self._find(["decisions"], lambda _, headers: headers.get("traceparent", b"")[3:35] in traces):
            message = load(record.value)
            found.setdefault((message["id"], message["team"], message["withdrawn"]), decision_facts(message, place, self.book))
        self.story.decisions = sorted(found.values(), key=lambda told: (told["decided_at"], told["id"], told["role"]))

    async def _tell_undecided(self) -> None:
        """Of situations without a decision: what keeps the policy, as it is now, from asking, or how near its rules are."""
        told = {decision["situation"] for decision in self.story.decisions}
        open_ones = [one for one in self.story.situations if one["id"] not in told and one["disposition"] is not None]
        if open_ones:
            policy = await self._policy()
            for situation in open_ones:
                situation["undecided"] = undecided(policy, self._latest[situation["id"]])

    async def _policy(self) -> Policy:
        """The policy of the file, with the silences of the topic."""
        latest = {record.key: record.value for _, record in await self._find(["silences"], lambda *_: True)}
        silences = [read_silence(value) for value in latest.values() if value]
        return also_silent(load_policy(self._policy_file), [one for one in silences if isinstance(one, Silence)])

    async def _tell_actions(self, situations: set[str]) -> None:
        keys = {identity.encode() for identity in situations}
        held = {told["place"] for told in self.story.decisions if told["disposition"] in ("held", "suppressed", "digested")}
        found: dict[str, Facts] = {}

        def wanted(record: Any, _: Headers) -> bool:
            return record.key in keys or bool(held and b'"kind":"digest"' in record.value) or GROUP in record.value

        for place, record in await self._find(["actions"], wanted):
            for action in each_of(load(record.value)):
                told = action_facts(action, place, record.timestamp)
                digest = told["kind"] == ActionKind.DIGEST and told["action_id"] != self.story.asked
                if held.intersection(told["tells"]) if digest else told["situation"] in situations:
                    found.setdefault(told["action_id"], told)
        self.story.actions = sorted(found.values(), key=lambda told: (told["created_at"], told["step"], told["action_id"]))

    async def _tell_answers(self) -> None:
        actions = {told["action_id"] for told in self.story.actions}
        informations = {told["id"] for told in self.story.information}
        if actions:
            for place, record in await self._find(["outcomes"], lambda record, _: load(record.value).get("action_id") in actions):
                self.story.outcomes.append(outcome_facts(load(record.value), place, self.book, self._own))
        for place, record in await self._find(["labels"], lambda record, _: load(record.value).get("information") in informations):
            message = load(record.value)
            if message["action_id"] is None or message["action_id"] in actions or not self._asked.situations:
                self.story.labels.append(label_facts(message, place))

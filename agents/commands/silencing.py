"""Commands about silences: add, list, expire, move."""

import asyncio
import getpass
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.console import echo_json, fail, progress_line, say, source_names

if TYPE_CHECKING:
    from agents.settings import Settings
    from pipeline.policy import Silence
    from schemas.messages import SilenceRecord, SilenceWindow

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
On = Annotated[
    str | None,
    typer.Option("--on", help="A file of recorded events, or `situations`, `situations:24h`: what the topic holds, or its last part."),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source", autocompletion=source_names, help="Adapter of the file's native payloads; none: envelopes of `winnow simulate`."
    ),
]
By = Annotated[str | None, typer.Option("--by", help="Who ends it; your user name by default.")]
TIMES = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)")

silence_app = typer.Typer(help="Leave something alone on purpose, for a while.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    silence_app.command("add")(silence_add)
    silence_app.command("list")(silence_list)
    silence_app.command("expire")(silence_expire)
    silence_app.command("move")(silence_move)
    app.add_typer(silence_app, name="silence")


def silence_add(
    name: Annotated[str, typer.Argument(help="Name, e.g. strike-in-lyon.")],
    author: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[str, typer.Option(help="Why, for those who read decisions.")],
    when: Annotated[str | None, typer.Option(help="CEL over the situation, as in rules: what is left alone.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="It is meant to match all situations.")] = False,
    lasts: Annotated[str | None, typer.Option("--for", help="How long, e.g. 4h or 2d.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when, ISO 8601 with its time zone.")] = None,
    starts: Annotated[str | None, typer.Option("--from", help="From when, likewise; now by default.")] = None,
    daily: Annotated[str | None, typer.Option(help="Only between these times, again and again, e.g. 22:00-06:00.")] = None,
    days: Annotated[str, typer.Option(help="With --daily: days on which it begins.")] = "mon,tue,wed,thu,fri,sat,sun",
    time_zone: Annotated[str, typer.Option(help="With --daily: zone of these times, e.g. Europe/Berlin.")] = "UTC",
    preview: Annotated[bool, typer.Option("--preview", help="Write nothing: say what it would have stopped, see --on.")] = False,
    on: On = "situations:24h",
    source: Source = None,
    as_json: AsJson = False,
) -> None:
    """Leave alone what matches, until it ends. Workers take it up within seconds; what still stands at its end is asked about then."""
    from agents.operate import draft_silence, write_silence
    from agents.settings import load_settings

    begins = _instant("--from", starts)
    record = draft_silence(
        name, when, author, reason, _end(lasts, until, begins), now_ms=int(time.time() * 1000), starts=begins,
        only=_window(daily, days, time_zone), everything=everything,
    )  # fmt: skip
    settings = load_settings()
    if preview:
        _show_preview(settings, record, on or "situations:24h", source, as_json=as_json)
        return
    asyncio.run(write_silence(settings, record))
    if as_json:
        echo_json(record.model_dump(mode="json"))
        return
    say(f"silence {record.id} until {record.until:%Y-%m-%d %H:%M:%S %Z}, on {settings.topic('silences')}")


def _end(lasts: str | None, until: str | None, begins: datetime | None) -> datetime:
    from pydantic import TypeAdapter, ValidationError

    from agents.operate import lasting
    from pipeline.policy import Duration

    if (lasts is None) == (until is None):
        fail("say how long: either --for or --until")
    if until is not None:
        end = _instant("--until", until)
        assert end is not None
        return end
    try:
        return lasting(TypeAdapter(Duration).validate_python(lasts), begins)
    except ValidationError as error:
        fail(f"--for: {error.errors(include_url=False)[0]['msg']}")


def _instant(option: str, value: str | None) -> datetime | None:
    from pydantic import AwareDatetime, TypeAdapter, ValidationError

    try:
        return None if value is None else TypeAdapter(AwareDatetime).validate_python(value)
    except ValidationError as error:
        fail(f"{option}: {error.errors(include_url=False)[0]['msg']}")


def _window(daily: str | None, days: str, time_zone: str) -> "SilenceWindow | None":
    from pydantic import ValidationError

    from schemas.messages import SilenceWindow

    if daily is None:
        return None
    match = TIMES.fullmatch(daily)
    if match is None:
        fail(f"--daily {daily!r} is not two times of day such as 22:00-06:00")
    values = {"start": match[1], "end": match[2], "days": [one.strip() for one in days.split(",")], "time_zone": time_zone}
    try:
        return SilenceWindow.model_validate(values)
    except ValidationError as error:
        fail(f"--days: {error.errors(include_url=False)[0]['msg']}")


def _show_preview(settings: "Settings", record: "SilenceRecord", on: str, source: str | None, *, as_json: bool) -> None:
    from agents.operate import recorded_situations
    from pipeline.backtest import preview
    from pipeline.policy import load_policy, silence_of

    with progress_line("situations") as progress:
        situations = recorded_situations(settings, on, source, progress)
    found = preview(load_policy(settings.policy_file), silence_of(record), situations)
    unasked = [{"team": team, "kind": kind, "actions": amount} for (team, kind), amount in sorted(found.unasked.items())]
    if as_json:
        examples = [{"team": ask.team, "severity": ask.severity, "summary": ask.summary} for ask in found.examples]
        echo_json({"situations": found.situations, "matched": found.matched, "unasked": unasked, "examples": examples})
        return
    say(f"silence {record.name} would have matched {found.matched:,} of {found.situations:,} situations ({found.share:.0%}) of {on}")
    for row in unasked:
        say(f"  not asked: {row['team']} {row['kind']} {row['actions']:,}")
    for ask in found.examples:
        say(f"  e.g. {ask.severity:.2f} {ask.summary}"[:200])
    say("nothing was written: leave out --preview to add it")


def silence_list(
    on: On = None,
    source: Source = None,
    policy: Annotated[Path | None, typer.Option("--policy", help="Only those of this policy and the file beside; no Kafka.")] = None,
    as_json: AsJson = False,
) -> None:
    """All silences, of the topic and of the policy's files: waiting, active or ended; with --on also which are unused."""
    from agents.operate import read_silences, recorded_situations
    from agents.settings import load_settings
    from pipeline.backtest import matches
    from pipeline.policy import load_policy, silence_of

    settings = load_settings()
    read = load_policy(policy or settings.policy_file)
    rows: list[tuple[Silence, dict[str, Any]]] = []
    for one in read.silences:
        rows.append((one, one.model_dump(mode="json") | {"id": one.name, "where": "file"}))
    if policy is None:
        records = asyncio.run(read_silences(settings))
        rows += [(silence_of(one), one.model_dump(mode="json") | {"where": "topic"}) for one in records]
    counts: list[int] | None = None
    if on is not None:
        with progress_line("situations") as progress:
            counts = matches([one for one, _ in rows], recorded_situations(settings, on, source, progress), read.zone(None))
    now_ms = int(time.time() * 1000)
    found = []
    for number, (silence, row) in enumerate(rows):
        matched = None if counts is None else counts[number]
        found.append(row | {"state": _state(silence, matched, now_ms), "matches": matched})
    found.sort(key=lambda row: (row["until"], row["id"]))
    if as_json:
        echo_json(found)
        return
    for row in found:
        say(_line(row))
    if not found:
        say("no silences")


def _state(silence: "Silence", matched: int | None, now_ms: int) -> str:
    if silence.until_ms <= now_ms:
        return "ended"
    if silence.starts is not None and silence.starts.timestamp() * 1000 > now_ms:
        return "waiting"
    return "unused" if matched == 0 else "active"


def _line(row: dict[str, Any]) -> str:
    until = datetime.fromisoformat(row["until"]).astimezone(UTC)
    only = row.get("only")
    hours = f" {only['start'][:5]}-{only['end'][:5]} {','.join(only['days'])} {only['time_zone']}" if only else ""
    matched = "" if row["matches"] is None else f" {row['matches']:>6} situations"
    where = " (file)" if row["where"] == "file" else ""
    return (
        f"{row['state']:7} {row['id']:24} until {until:%Y-%m-%d %H:%MZ}{hours}{matched}{where}\n"
        f"        {row['author']}: {row['reason']} [{row['when']}]"
    )


def silence_expire(
    name: Annotated[str | None, typer.Argument(help="Which one, by name or id; with --ended none.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Remove all that have ended.")] = False,
    by: By = None,
    reason: Annotated[str | None, typer.Option(help="Why it ends early.")] = None,
) -> None:
    """End a silence now, which asks about what it stopped and still stands, or remove those that have ended."""
    from agents.operate import end_silences, remove_ended
    from agents.settings import load_settings

    if (name is None) != ended:
        fail("name one silence, or say --ended")
    settings = load_settings()
    if name is None:
        say(f"removed: {', '.join(asyncio.run(remove_ended(settings))) or 'none'}")
        return
    found = asyncio.run(end_silences(settings, name, by or getpass.getuser(), reason))
    say(f"ended: {', '.join(one.id for one in found)}")


def silence_move() -> None:
    """Move the silences of the file beside the policy to the topic, where they live from now on; they hold all the time."""
    from agents.operate import move_silences, own_policy
    from agents.settings import load_settings
    from pipeline.policy import silences_beside

    settings = load_settings()
    beside = silences_beside(own_policy(settings))
    moved, emptied = asyncio.run(move_silences(settings, own_policy(settings)))
    say(f"moved to {settings.topic('silences')}: {', '.join(one.id for one in moved) or 'none'}")
    if not emptied:
        say(f"{beside} cannot be written: make it say `silences: []` where it comes from (a ConfigMap?); until then both hold")

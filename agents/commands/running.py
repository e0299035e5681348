"""Commands that run the flow: demo, up, worker, board, traces, topics, replay, flow."""

import asyncio
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer

from agents.commands.recorded import FORMS, recorded
from agents.console import TRY_AGAIN, echo_json, fail, say, source_names
from schemas.topics import STAGES

File = Annotated[Path, typer.Argument(exists=True, readable=True, help=FORMS)]
Source = Annotated[
    str | None,
    typer.Option("--source", autocompletion=source_names, help="Adapter that reads native payloads; none: envelopes of `winnow simulate`."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

topics_app = typer.Typer(help="Create and check Kafka topics.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(demo)
    app.command()(up)
    app.command()(worker)
    app.command()(board)
    app.command()(traces)
    app.command()(replay)
    app.command()(flow)
    topics_app.command("plan")(topics_plan)
    topics_app.command("apply")(topics_apply)
    topics_app.command("grow")(topics_grow)
    app.add_typer(topics_app, name="topics")


def demo(
    events: Annotated[int, typer.Option(min=100, max=50_000, help="How many events to simulate.")] = 5_000,
    seed: Annotated[int, typer.Option(help="Seed of the simulated stream.")] = 7,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running, with its board, until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """The main job from nothing: embedded broker, all stages, a simulated stream, a report. Exit 0 only if the audit balances."""
    from agents.local import run_demo

    if keep and as_json:
        fail("--keep runs until Ctrl-C: there is no end to print as JSON")
    sys.exit(asyncio.run(run_demo(events=events, seed=seed, as_json=as_json, keep=keep)))


def up(
    embedded: Annotated[bool, typer.Option("--embedded", help="Bring a broker along, in memory; otherwise WINNOW_BROKER is used.")] = False,
    restart: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE", autocompletion=lambda: list(STAGES),
            help="Start nothing: have the `winnow up` that runs in this folder end a stage in order and start it again.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Run all stages as supervised processes until interrupted; on a terminal, a line of each."""
    from agents.local import run_restart, run_up

    if restart is not None:
        if embedded:
            fail("--restart starts no broker: leave --embedded out")
        sys.exit(asyncio.run(run_restart(restart)))
    sys.exit(asyncio.run(run_up(embedded=embedded)))


def worker(
    stage: Annotated[str, typer.Argument(autocompletion=lambda: list(STAGES), help="sift, correlate, decide, act, monitor or learn.")],
    parent: Annotated[int, typer.Option(hidden=True, help="End when this process is gone.")] = 0,
) -> None:
    """Run one worker of one stage; start as many as the stage has partitions. Exit 75 when the broker is away: start it again."""
    from agents.hang import leave_soon
    from agents.kafka import topics
    from agents.logs import configure_logging
    from agents.runtime import Worker
    from agents.settings import load_settings
    from agents.stages import build as stages
    from schemas.errors import Unavailable

    settings = load_settings()
    configure_logging(settings.log_level)

    async def run() -> int:
        built = stages.stage(settings, stage, await topics.needed_by(settings, stage))
        return await Worker(settings, built, parent=parent, ending=partial(leave_soon, stage)).run()

    try:
        sys.exit(asyncio.run(run()))
    except Unavailable as error:
        fail(str(error), code=TRY_AGAIN)


def board(
    token_for: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make a token for somebody instead, and the line that lets it in.")
    ] = None,
    parent: Annotated[int, typer.Option(hidden=True, help="End when this process is gone.")] = 0,
) -> None:
    """The web board: see what goes on, answer actions, silence. On loopback only unless told who may; needs the extra `board`.

    Everything that it shows it reads from Kafka, everything done on it is a record there. Run as many side by side as you like.
    """
    from agents.hang import leave_soon
    from agents.logs import configure_logging
    from agents.settings import load_settings

    try:
        from agents.board import new_token, run_board
    except ImportError as error:
        fail(f"the board is not installed ({error.name} is missing): pip install 'winnow-pipeline[board]'")
    if token_for is not None:
        token, hashed = new_token()
        say(f"token, to be given to {token_for} and nobody else; it is shown this once: {token}")
        say("for the file of WINNOW_BOARD_PEOPLE_FILE, under people:")
        say(f'  - {{name: {token_for}, token_sha256: {hashed}, teams: {{"*": [look, answer]}}}}')
        return
    settings = load_settings()
    configure_logging(settings.log_level)
    sys.exit(asyncio.run(run_board(settings, parent=parent, ending=partial(leave_soon, "board"))))


def traces(
    ratio: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, envvar="OTEL_TRACES_SAMPLER_ARG", help="The share of posts to tell of, chosen by trace id."),
    ] = 1.0,
) -> None:
    """Send a trace of each post to OpenTelemetry, from sift to the team's answer. Runs beside the stages and costs them nothing.

    Where to is OTEL_EXPORTER_OTLP_ENDPOINT's to say (http://localhost:4318 by default). Spans tell ids, teams and rules, never what people
    wrote.
    """
    from agents.hang import leave_soon
    from agents.settings import load_settings

    try:
        from agents.tracing import run_traces
    except ImportError as error:
        fail(f"OpenTelemetry is not installed ({error.name} is missing): pip install 'winnow-pipeline[traces]'")
    sys.exit(asyncio.run(run_traces(load_settings(), ratio, partial(leave_soon, "traces"))))


def topics_plan(as_json: AsJson = False) -> None:
    """Show what `apply` would do, and orphans: topics that nothing writes to any more. Exit 1 when `apply` is needed or would refuse."""
    _topics(apply=False, as_json=as_json)


def topics_apply(as_json: AsJson = False) -> None:
    """Create what is missing and align settings, shown first. What would reorder keys is refused: exit 1."""
    _topics(apply=True, as_json=as_json)


def _topics(*, apply: bool, as_json: bool) -> None:
    from agents.kafka import topics
    from agents.settings import load_settings
    from pipeline.policy import load_policy

    def show(changes: list[topics.Change]) -> None:
        if as_json:
            echo_json([{"verb": c.verb, "topic": c.topic, "detail": c.detail} for c in changes])
            return
        for change in changes:
            say(f"{change.verb:7} {change.topic:40} {change.detail}")

    settings = load_settings()
    teams = [team.name for team in load_policy(settings.policy_file).teams]
    if apply:
        changes = asyncio.run(topics.apply(settings, teams, show=show))
    else:
        changes = asyncio.run(topics.plan(settings, teams))
        show(changes)
    if any(change.verb in (("refuse",) if apply else ("refuse", "create", "change")) for change in changes):
        raise typer.Exit(1)


def topics_grow(
    topic: Annotated[str, typer.Argument(help="posts or feedback.")],
    partitions: Annotated[int, typer.Argument(min=1, max=10_000, help="How many it shall have.")],
) -> None:
    """Give posts or feedback more partitions while all runs. Needs the administrator's rights; workers start anew by themselves."""
    from agents.kafka import grow
    from agents.settings import load_settings

    asyncio.run(grow(load_settings(), topic, partitions, say))


def replay(
    file: File,
    source: Source = None,
    speed: Annotated[str, typer.Option(help="How many times faster than it happened; `max` for as fast as it goes.")] = "1",
    as_json: AsJson = False,
) -> None:
    """Write a recorded stream into Kafka, at its own pace or faster."""
    from agents.operate import run_replay as write
    from agents.settings import load_settings

    try:
        factor = None if speed == "max" else float(speed)
    except ValueError:
        factor = -1.0
    if factor is not None and not factor > 0:  # also nan
        fail(f"--speed {speed!r} is neither a positive number nor `max`")
    settings = load_settings()
    started = time.monotonic()
    with recorded(file, source, together=False) as (arrivals, progress):
        count = asyncio.run(write(settings, arrivals, speed=factor, progress=progress))
    seconds = time.monotonic() - started
    if as_json:
        echo_json({"events": count, "seconds": round(seconds, 3)})
    else:
        say(f"replayed {count} events in {seconds:.1f} s to {settings.broker}")


def flow(
    file: File,
    source: Source = None,
    only: Annotated[str | None, typer.Option(help="Print only these types, comma-separated, e.g. situations,actions.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the lines to a file instead.")] = None,
    plot: Annotated[Path | None, typer.Option(help="PNG of people and surges by subject to write; needs the extra 'plot'.")] = None,
) -> None:
    """Run the whole flow over a file without Kafka: one JSON line per output, the ledger's summary last.

    Events arrive when they say they happened, so nothing is history. Exit 1 if the ledger does not balance.
    """
    from agents.inspect import Picture
    from agents.settings import load_settings
    from agents.stages import build as stages
    from pipeline.ledger import total

    picture = Picture() if plot else None
    wanted = set(only.split(",")) if only else None
    running = stages.flow(load_settings())
    with output.open("wb") if output else sys.stdout.buffer as out, recorded(file, source) as (arrivals, progress):
        for number, written in enumerate(running.run(arrivals), 1):
            if picture is not None:
                picture.take(written)
            kind = written.noun.split(".")[0]
            if wanted is None or kind in wanted:
                line: dict[str, object] = {"type": kind}
                if "." in written.noun:
                    line["topic"] = written.noun
                out.write(orjson.dumps({**line, "message": orjson.Fragment(written.value)}) + b"\n")
            progress(number)
        counts, gaps = running.book.counts(), running.book.gaps()
        balanced = not gaps and not running.book.conflicts
        summary = {
            "balanced": balanced,
            "events": total(counts.get("sift", {})),
            "dispositions": counts,
            "gaps": len(gaps),
            "outputs": running.written,
        }
        out.write(orjson.dumps({"type": "ledger", "message": summary}) + b"\n")
        out.flush()
    if picture is not None and plot is not None:
        picture.draw(plot)
    if not balanced:
        sys.exit(1)

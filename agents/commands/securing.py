"""Commands about who may do what on the broker: acls show, plan, apply."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from agents.console import echo_json, say

Role = Annotated[list[str] | None, typer.Argument(help="Stages, operator, board, traces, source or team-<name>; all of them by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

acls_app = typer.Typer(help="What each user may do on the broker.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    acls_app.command("show")(acls_show)
    acls_app.command("plan")(acls_plan)
    acls_app.command("apply")(acls_apply)
    app.add_typer(acls_app, name="acls")


def acls_show(
    role: Role = None,
    form: Annotated[
        Literal["table", "commands", "strimzi"], typer.Option("--as", help="A table, kafka-acls.sh lines, or KafkaUsers.")
    ] = "table",
) -> None:
    """Print the least that each user needs, without asking a broker."""
    from agents.kafka import acls, kubernetes
    from agents.settings import load_settings

    settings = load_settings()
    who = role or _everybody()
    if form == "strimzi":
        say(kubernetes.dump(kubernetes.users(settings, who)), end="")
        return
    found = [grant for one in who for grant in acls.grants(settings, one)]
    for line in acls.commands(settings, found) if form == "commands" else (grant.line() for grant in found):
        say(line)


def acls_plan(role: Role = None, as_json: AsJson = False) -> None:
    """Show what the broker lacks, and what it allows beyond need. Exit 1 on any."""
    _compare(role, as_json, apply=False)


def acls_apply(role: Role = None, as_json: AsJson = False) -> None:
    """Grant what is missing; what is beyond need is only shown. Needs a user who may alter the cluster."""
    _compare(role, as_json, apply=True)


def _compare(role: list[str] | None, as_json: bool, *, apply: bool) -> None:
    from agents.kafka import acls
    from agents.settings import load_settings

    found = asyncio.run((acls.apply if apply else acls.plan)(load_settings(), role or _everybody()))
    if as_json:
        echo_json({"missing": [asdict(grant) for grant in found.missing], "surplus": [asdict(grant) for grant in found.surplus]})
    else:
        for verb, rows in (("grant", found.missing), ("surplus", found.surplus)):
            for grant in rows:
                say(f"{verb:8} {grant.line()}")
        say(f"{len(found.missing)} {'granted' if apply else 'missing'}, {len(found.surplus)} beyond need")
    if found.surplus or (found.missing and not apply):
        raise typer.Exit(1)


def _everybody() -> list[str]:
    from agents.kafka import acls
    from agents.settings import load_settings
    from pipeline.policy import load_policy

    return list(acls.roles(team.name for team in load_policy(load_settings().policy_file).teams))

"""Commands that steer decisions: policy check."""

from pathlib import Path
from typing import Annotated

import typer

from agents.commands.showing import echo_json

policy_app = typer.Typer(help="Check policies.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    policy_app.command("check")(policy_check)
    policy_app.callback()(lambda: None)
    app.add_typer(policy_app, name="policy")


def policy_check(
    file: Annotated[Path | None, typer.Argument(help="Policy to check; the deployment's own by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read a policy as a worker would and say what is in it. Exit 2 with file, line, rule and reason when it is refused."""
    from agents.settings import load_settings
    from pipeline.policy import load_policy

    policy = load_policy(file or load_settings().policy_file)
    teams = sorted(team.name for team in policy.teams)
    found = {"hash": policy.hash, "teams": teams, "rules": [rule.name for rule in policy.rules]}
    if as_json:
        echo_json(found)
    else:
        typer.echo(f"policy {policy.hash} is good: {len(policy.rules)} rules for {len(teams)} teams ({', '.join(teams)})")

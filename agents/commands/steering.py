"""Commands that steer decisions: policy check, test, diff, health."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from agents.console import echo_json, fail, progress_line, say, source_names

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Policy = Annotated[Path | None, typer.Option("--policy", help="Policy file; the deployment's own by default.")]
On = Annotated[
    str, typer.Option("--on", help="A file of recorded events, or `situations`, `situations:24h`: what the topic holds, or its last part.")
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source", autocompletion=source_names, help="Adapter of the file's native payloads; none: envelopes of `winnow simulate`."
    ),
]

policy_app = typer.Typer(help="Check, test, compare and judge policies.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    policy_app.command("check")(policy_check)
    policy_app.command("test")(policy_test)
    policy_app.command("diff")(policy_diff)
    policy_app.command("health")(policy_health)
    app.add_typer(policy_app, name="policy")


def policy_check(
    file: Annotated[Path | None, typer.Argument(help="Policy to check; the deployment's own by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read a policy as a worker would and say what is in it. Exit 2 with file, line, rule and reason when it is refused."""
    from agents.settings import load_settings
    from pipeline.policy import ended, lasting, load_policy

    policy = load_policy(file or load_settings().policy_file)
    teams = sorted(team.name for team in policy.teams)
    now = datetime.now(UTC)
    warnings = [*policy.warnings, *(f"silence {name!r} has ended" for name in ended(policy.silences, now))]
    warnings += [
        f"silence {name!r} holds for more than a year: what is meant for good belongs into the rules"
        for name in lasting(policy.silences, now)
    ]
    found = {"hash": policy.hash, "teams": teams, "rules": [rule.name for rule in policy.rules], "warnings": warnings}
    if as_json:
        echo_json(found)
    else:
        say(f"policy {policy.hash} is good: {len(policy.rules)} rules for {len(teams)} teams ({', '.join(teams)})")
        for warning in warnings:
            say(f"warning: {warning}")


def policy_test(
    cases: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Cases (YAML): situations, what happens later, who is asked.")
    ],
    policy: Policy = None,
    as_json: AsJson = False,
) -> None:
    """Try a policy on cases, on a simulated clock. Exit 1 when one does not come out as expected, 2 when the file makes no sense."""
    from agents.settings import load_settings
    from pipeline.backtest import try_cases, uncovered
    from pipeline.policy import load_policy

    read = load_policy(policy or load_settings().policy_file)
    tried = list(try_cases(read, cases.read_text(encoding="utf-8", errors="replace"), str(cases)))
    wrong = [one for one in tried if one.wrong]
    untried = uncovered(read, tried)
    if as_json:
        echo_json({"policy": read.hash, "cases": [one.model_dump() for one in tried], "wrong": len(wrong), "rules_without_case": untried})
    else:
        for one in tried:
            say(f"{'WRONG' if one.wrong else 'ok':5} {one.name}")
            for reason in one.wrong:
                say(f"      {cases}:{one.line}: {reason}")
        say(f"policy {read.hash}: {len(tried) - len(wrong)} of {len(tried)} cases as expected")
        if untried:
            say(f"rules that decide in no case: {', '.join(untried)}")
    if wrong:
        raise typer.Exit(1)


def policy_diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="The policy that is; `builtin` for the one that comes with Winnow.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The policy that is to be; `builtin` likewise.")],
    on: On,
    source: Source = None,
    threshold: Annotated[
        str | None, typer.Option(help="Exit 1 when more actions change: a number, or a share of A's such as 5%.", metavar="N|N%")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What would change: which teams gain or lose which actions, their attention, examples. Both see the same situations."""
    from agents.operate import recorded_situations
    from agents.settings import load_settings
    from agents.stages.sift import own_terms
    from pipeline.backtest import as_json as whole
    from pipeline.backtest import compare, lines
    from pipeline.policy import load_policy

    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", threshold or "0")
    if match is None:
        fail(f"--threshold {threshold!r} is neither a number nor a share such as 5%")
    first, second = (load_policy(None if str(one) == "builtin" else one) for one in (before, after))
    settings = load_settings()
    with progress_line("situations") as progress:
        found = compare(first, second, recorded_situations(settings, on, source, progress), own_terms(settings))
    changed = found.share * 100 if match[2] else found.changes
    over = threshold is not None and changed > float(match[1])
    if as_json:
        echo_json(whole(found) | {"threshold": threshold, "over_threshold": over})
    else:
        for line in lines(found):
            say(line)
        if over:
            say(f"that is more than the threshold of {threshold}")
    if over:
        raise typer.Exit(1)


def policy_health(
    floor: Annotated[float | None, typer.Option(min=0, max=1, help="Exit 1 when a rule's acted-on ratio is below this.")] = None,
    at_least: Annotated[int, typer.Option(min=1, help="Judge only rules with so many decisions.")] = 20,
    to_shadow: Annotated[bool, typer.Option("--to-shadow", help="Move the rules below the floor to shadow, in the policy file.")] = False,
    as_json: AsJson = False,
) -> None:
    """How rules and teams do: what was acted on or overturned, how long the first answer took; which rules had better be in shadow."""
    from agents.inspect import failing, health_lines, read_health
    from agents.operate import own_policy, write_whole
    from agents.settings import load_settings
    from pipeline.policy import load_policy
    from pipeline.policy import to_shadow as shadowed

    settings = load_settings()
    if to_shadow and floor is None:
        fail("--to-shadow needs --floor")
    found = asyncio.run(read_health(settings))
    live = {rule.name for rule in load_policy(settings.policy_file).rules if rule.mode == "live"}
    below = [name for name in failing(found, floor or 0.0, at_least) if name in live]
    if as_json:
        echo_json({"health": found, "floor": floor, "at_least": at_least, "below": below, "moved": below if to_shadow else []})
    else:
        for line in health_lines(found):
            say(line)
        for name in below:
            say(f"rule {name} is acted on less than {floor:.0%} of the time: {'moved to' if to_shadow else 'better in'} mode: shadow")
    if to_shadow and below:
        path = own_policy(settings)
        text = path.read_text(encoding="utf-8")
        for name in below:
            text = shadowed(text, name, str(path))
        write_whole(path, text)
    if below:
        raise typer.Exit(1)

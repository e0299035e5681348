"""Commands about who is listened for, and who speaks for them: subjects check, subjects roster."""

from pathlib import Path
from typing import Annotated

import typer

from agents.console import echo_json, say

subjects_app = typer.Typer(help="Check who is listened for, and list who works there.", no_args_is_help=True)

SHORT = 3
"""Letters of a term below which it is likely to stand for other things too."""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    subjects_app.callback()(_group)
    subjects_app.command("check")(subjects_check)
    subjects_app.command("roster")(subjects_roster)
    app.add_typer(subjects_app, name="subjects")


def _group() -> None:
    """Check who is listened for, and list who works there."""


def subjects_check(
    file: Annotated[Path | None, typer.Argument(help="Subjects file to check; the deployment's own by default.")] = None,
    text: Annotated[list[str] | None, typer.Option("--text", help="A post: say which subjects it names. May be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read a subjects file as a worker would and say what is in it. Exit 2 with all that is wrong, and its lines, when it is refused."""
    from agents.settings import load_settings
    from agents.stages.sift import load_subjects

    read = load_subjects(file or load_settings().subjects_file)
    named = {one: list(read.of_text(one)) for one in text or ()}
    warnings = [
        f"subject {subject.id!r}: the term {term!r} is so short that it will be found in much that is not meant"
        for subject in read.all
        for term in subject.terms
        if len(term) < SHORT
    ]
    if as_json:
        ids = [subject.id for subject in read.all]
        echo_json({"subjects": ids, "feedback_subject": read.feedback_subject, "warnings": warnings, "texts": named})
        return
    say(f"subjects are good: {', '.join(f'{subject.id} ({len(subject.terms)} terms)' for subject in read.all)}")
    for warning in warnings:
        say(f"warning: {warning}")
    for one, found in named.items():
        say(f"{', '.join(found) or 'none'}: {one}")


def subjects_roster(
    file: Annotated[
        Path,
        typer.Argument(help="Lines of source,author id; third the installation (instance, workspace) where ids are its own."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the hashes of employees' accounts by WINNOW_AUTHOR_KEY, for the file that WINNOW_ROSTER_FILE names. Ids are not kept."""
    from agents.operate import roster
    from agents.settings import load_settings
    from agents.stages.sift import read

    hashes, warnings = roster(load_settings(), read(file, "roster"))
    if as_json:
        echo_json({"roster": hashes, "warnings": warnings})
        return
    for warning in warnings:
        say(f"warning: {warning}", err=True)
    say("\n".join(hashes))

"""The command line: ``winnow COMMAND``. Exit codes: 0 done, 1 a check failed, 2 something is misconfigured or missing."""

import os
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from agents.commands import actions, forgetting, inspecting, learning, measuring, running, securing, silencing, sources, steering, subjects
from agents.console import say
from agents.logs import configure_logging
from schemas.errors import WinnowError

DISTRIBUTION = "winnow-pipeline"


class Commands(TyperGroup):
    """The group of all commands; one whose reader went away (`winnow flow ... | head`) has not failed."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for; typer itself would end with 1 here."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # flow may have closed sys.stdout by now
            raise typer.Exit(0) from None


app = typer.Typer(
    name="winnow",
    cls=Commands,
    help="Turns what people say about an organisation into accountable action, on Kafka.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        say(f"winnow {version(DISTRIBUTION)}")
        raise typer.Exit


@app.callback()
def winnow(
    asked: Annotated[
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Say which version this is and stop.")
    ] = False,
) -> None:
    """Turns what people say about an organisation into accountable action, on Kafka."""


for group in (running, inspecting, actions, steering, silencing, subjects, sources, forgetting, securing, learning, measuring):
    group.add_to(app)


def main() -> None:
    """Entry point: one clear line instead of a traceback for everything that an operator can mend."""
    configure_logging("info")
    try:
        app()
    except WinnowError as error:
        say(f"winnow: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()

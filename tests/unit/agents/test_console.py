"""What reaches the terminal, and that nothing goes around it."""

import ast
from pathlib import Path

import pytest

import agents
from agents import console
from agents.console import fail, printable, say

HOUSE = Path(agents.__file__).parent
COMMANDS = [*sorted((HOUSE / "commands").glob("*.py")), HOUSE / "cli.py", HOUSE / "local" / "up.py"]
BYPASSES = {"print", "typer.echo", "typer.secho", "click.echo", "sys.stdout.write", "sys.stderr.write", "rich.print"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x:\x1b]0;owned\x07", "x:\\x1b]0;owned\\x07"),
        ("a\rb\x08\x9b2J\x7f\x00", "a\\rb\\x08\\x9b2J\\x7f\\x00"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("half \ud83d", "half \\ud83d"),
        ("zwei\nZeilen, ß 漢字 🙂", "zwei\nZeilen, ß 漢字 🙂"),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text: str, shown: str) -> None:
    """Letters of all scripts and line ends stay."""
    assert printable(text) == shown


def test_lines_and_failures_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """Both streams."""
    say("id \x1b[2J")
    with pytest.raises(Exception, match="2"):
        fail("no such id \x1b[31m")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("id \\x1b[2J\n", "winnow: no such id \\x1b[31m\n")


def bypasses(source: str) -> list[str]:
    """Calls that write to the terminal other than through `agents.console`."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [f"{call.lineno}: {name}" for call in calls if (name := ast.unparse(call.func)) in BYPASSES]


def test_the_scan_sees_a_bypass() -> None:
    """It can fail."""
    assert bypasses("import typer\ntyper.echo(1)\nprint(2)\n") == ["2: typer.echo", "3: print"]


@pytest.mark.parametrize("module", COMMANDS, ids=lambda path: path.stem)
def test_every_command_speaks_through_the_console(module: Path) -> None:
    """One function escapes what all of them say to people."""
    assert bypasses(module.read_text()) == []


@pytest.mark.parametrize("live", [True, False])
def test_progress_shows_count_rate_and_what_is_left_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    """Rewritten in place and gone at the end; a file or a pipe gets nothing of it."""
    now = iter((100.0, 104.0, 104.0, 104.0))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(now, 104.0))
    monkeypatch.setattr("sys.stderr.isatty", lambda: live, raising=False)
    with console.progress_line("events", lambda: "50%, 4 s left") as show:
        show(8_000)
    assert capsys.readouterr().err == ("\r8,000 events (2,000/s, 50%, 4 s left) \x1b[K\r\x1b[K" if live else "")

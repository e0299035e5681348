"""What the demo shows of a running flow: a live screen on a terminal, plain lines elsewhere."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agents.local.flow_view import View
from pipeline.privacy import OwnTerms, excerpt
from schemas.topics import STAGES

NOISE = ("rejected", "redelivered", "spam", "irrelevant")
STYLES = {"case": "cyan", "surge": "bold red", "idea": "green"}
MOST_SHOWN = 6


class Screen:
    """The live display; on anything but a terminal, plain lines."""

    def __init__(self, events: int, console: Console) -> None:
        self.console = console
        self.is_live = console.is_terminal
        self._events = events
        self._replayed = 0

    def say(self, line: str) -> None:
        """One plain line."""
        self.console.print(line, highlight=False)

    def shown(self, view: View) -> AbstractContextManager[object]:
        """While open, the screen follows the view; does nothing on anything but a terminal."""
        if not self.is_live:
            return nullcontext()
        return Live(get_renderable=lambda: self.render(view), console=self.console, refresh_per_second=4, transient=True)

    def replayed(self, count: int) -> None:
        """Note how many events were fed."""
        self._replayed = count

    def plain(self, view: View) -> str:
        """The state in one line."""
        sifted = view.dispositions["sift"]
        actions = sum(sum(kinds.values()) for kinds in view.actions.values())
        kept = sifted["information"] + sifted["copy"]
        return (
            f"fed {self._replayed:,}/{self._events:,} | sifted {sum(sifted.values()):,}, information {kept:,} | "
            f"{len(view.open_situations())} situations open | {len(view.decisions)} decisions | {actions} actions"
        )

    def render(self, view: View) -> RenderableType:
        """The whole screen: what is gravest first, whatever fits below."""
        rows = self.console.height
        head = Text(f"fed {self._replayed:,} of {self._events:,} events", style="blue")
        bar = ProgressBar(total=self._events, completed=self._replayed, width=min(60, self.console.width - 4))
        shown = max(min(MOST_SHOWN, rows - 8), 1)
        gravest = Panel(
            situations(view.open_situations()[:shown], view.own, self.console.width - 4),
            title=f"{len(view.open_situations()):,} open situations, gravest first",
        )
        used = shown + 6
        below: list[RenderableType] = []
        for title, table in (("actions per team", teams(view)), ("where every event ended", funnel(view))):
            if used + table.row_count + 2 <= rows:
                below.append(Panel(table, title=title))
                used += table.row_count + 2
        return Group(head, bar, gravest, *below)


def funnel(view: View) -> Table:
    """Events per stage and disposition, with bars."""
    table = Table.grid(padding=(0, 1))
    for stage in STAGES[:4]:
        counts = view.dispositions[stage]
        total = sum(amount for name, amount in counts.items() if name != "watermark")
        table.add_row(Text(stage, style="bold"), f"{total:,}", "")
        for name, amount in sorted(counts.items(), key=lambda item: -item[1]):
            if name != "watermark" and total:
                style = "dim" if name in NOISE else "green"
                table.add_row(f"  {name}", f"{amount:,}", Text("█" * max(1, round(24 * amount / total)), style=style))
    return table


def situations(found: list[dict[str, Any]], own: OwnTerms, width: int) -> Table:
    """Situations as rows of at most ``width`` characters, one line each."""
    table = Table(box=None, pad_edge=False, header_style="bold", width=width)
    for column in ("kind", "subject", "people", "feeling"):
        table.add_column(column, no_wrap=True, justify="right" if column == "people" else "left")
    table.add_column("what is said", no_wrap=True, overflow="ellipsis", ratio=1)
    for situation in found:
        style = STYLES.get(situation["kind"], "")
        table.add_row(
            Text(situation["kind"], style=style),
            situation["subject"],
            f"{situation['authors']:,}",
            feeling(situation),
            Text(excerpt_of(situation, own)),
        )
    return table


def feeling(situation: dict[str, Any]) -> str:
    """What most of its posts feel."""
    return max(situation["sentiment"].items(), key=lambda item: item[1], default=("", 0))[0]


def excerpt_of(situation: dict[str, Any], own: OwnTerms) -> str:
    """The words of its first evidence without what names a person; empty when there is none."""
    return next((excerpt(piece["text"], 120, own.on(piece["source"])) for piece in situation["evidence"]), "")


def teams(view: View) -> Table:
    """Actions per team and kind."""
    table = Table.grid(padding=(0, 1))
    for team, kinds in sorted(view.actions.items()):
        table.add_row(Text(team, style="bold"), f"{sum(kinds.values()):,}", ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
    return table

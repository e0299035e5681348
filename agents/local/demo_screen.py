"""What the demo shows of a running flow: a live screen, plain lines, a closing report."""

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agents.inspect import AuditReport
from agents.local.flow_view import View
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
        """The whole screen."""
        bar = ProgressBar(total=self._events, completed=self._replayed, width=60)
        head = Group(Text(f"fed {self._replayed:,} of {self._events:,} events"), bar)
        return Group(
            Panel(head, title="winnow demo", border_style="blue"),
            Columns([Panel(funnel(view), title="funnel"), Panel(teams(view), title="actions per team")], padding=(0, 1)),
            Panel(situations(view.open_situations()[:MOST_SHOWN]), title="open situations, gravest first"),
        )


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


def situations(found: list[dict[str, Any]]) -> Table:
    """Situations as rows."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("kind", "subject", "severity", "people", "events", "feeling", "what is said"):
        table.add_column(column, no_wrap=column != "what is said", overflow="ellipsis")
    for situation in found:
        feeling = max(situation["sentiment"].items(), key=lambda item: item[1], default=("", 0))[0]
        text = situation["evidence"][0]["text"] if situation["evidence"] else ""
        table.add_row(
            Text(situation["kind"], style=STYLES.get(situation["kind"], "")), situation["subject"], f"{situation['severity']:.2f}",
            str(situation["authors"]), str(situation["events"]), feeling, Text(" ".join(text.split())[:70]),
        )  # fmt: skip
    return table


def teams(view: View) -> Table:
    """Actions per team and kind."""
    table = Table.grid(padding=(0, 1))
    for team, kinds in sorted(view.actions.items()):
        table.add_row(Text(team, style="bold"), f"{sum(kinds.values()):,}", ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
    return table


def show_report(view: View, report: AuditReport, scenario: dict[str, Any], *, balanced: bool, seconds: float) -> None:
    """The closing report on stdout."""
    console = Console()
    console.rule("winnow demo: report")
    console.print(Panel(funnel(view), title="funnel: where every event ended"))
    kinds = Counter(situation["kind"] for situation in view.situations.values())
    console.print(f"situations: {', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items())) or 'none'}", highlight=False)
    gravest = sorted(view.situations.values(), key=lambda s: (s["kind"] == "case", -s["severity"]))[:MOST_SHOWN]
    console.print(Panel(situations(gravest), title="situations, mass reactions first"))
    for surge in scenario["surges"]:
        console.print(f"  simulated surge: {surge['subject']} from {surge['start'][11:19]} to {surge['end'][11:19]} UTC", highlight=False)
    console.print(Panel(_decisions(view), title="decisions, and why"))
    console.print(Panel(teams(view), title="actions per team"))
    p50, p99 = view.percentile(0.5), view.percentile(0.99)
    if p50 is not None and p99 is not None:
        console.print(f"latency from post to action: p50 {p50:.2f} s, p99 {p99:.2f} s (embedded broker, paced)", highlight=False)
    for line in report.lines():
        console.print(line, highlight=False)
    absent = sum(report.absent.values())
    verdict = "balanced: every event is accounted for" if balanced else f"NOT balanced{f', {absent} offsets absent' if absent else ''}"
    console.print(Text(f"{verdict} ({seconds:.0f} s)", style="bold green" if balanced else "bold red"))


def _decisions(view: View) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("rule", "times", "owner", "do", "mode", "for example, because"):
        table.add_column(column, no_wrap=column != "for example, because")
    groups: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for decision in view.decisions.values():
        groups.setdefault((decision["rule"], decision["owner"], decision["do"], decision["mode"]), []).append(decision)
    for (rule, owner, kind, mode), found in sorted(groups.items(), key=lambda item: -len(item[1])):
        facts = ", ".join(f"{name} {value}" for name, value in list(found[0]["facts"].items())[:4])
        table.add_row(rule, str(len(found)), owner, kind, mode, facts)
    return table

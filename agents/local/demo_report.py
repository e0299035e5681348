"""The story that the demo ends with: what happened, who was asked when, where every event went, and that the books balance."""

from collections import Counter
from collections.abc import Iterable, Iterator
from textwrap import fill
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.inspect import AuditReport
from agents.local.demo_screen import excerpt_of
from agents.local.flow_view import View
from schemas.times import to_milliseconds

MOST_IDEAS = 3
MOST_RULES = 8
WIDEST = 100
BAR = 30
"""Characters of the funnel's longest bar."""
MINUTE_MS = 60_000

KINDS = ("page", "review", "reply", "idea", "survey", "escalate", "digest", "revoke")
"""Of actions, in the order of the columns."""

FEELS = {"negative": "complain", "positive": "are pleased", "neutral": "speak up"}
"""The feeling of a surge -> what its people do."""


def show_report(view: View, report: AuditReport, scenario: dict[str, Any], *, balanced: bool, seconds: float) -> None:
    """Print the story on stdout; no wider than the terminal, and nowhere wider than ``WIDEST``."""
    console = Console()
    width = min(console.width, WIDEST)

    def section(title: str, lines: Iterable[str | Table]) -> None:
        console.print(Text(f"\n{title}", style="bold"))
        for line in lines:
            console.print(line if isinstance(line, Table) else Text(fill(line, width, subsequent_indent="  ")), width=width)

    section("What happened", [*surges(view, scenario), *ideas(view, width)])
    section("From noise to action", [funnel(view, report, width)])
    section("Who was asked", [teams(view)])
    section("By which rules of the policy", [rules(view)])
    section("The books", books(view, report, balanced=balanced, seconds=seconds))


def surges(view: View, scenario: dict[str, Any]) -> Iterator[str]:
    """One sentence for each mass reaction, and one for each that was simulated and not seen."""
    found = view.of_kind("surge")
    for surge in found:
        yield f"* {surge_sentence(surge, view)}"
    for made in scenario["surges"]:
        if not any(surge["subject"] == made["subject"] and _meets(surge, made) for surge in found):
            when = f"from {made['start'][11:16]} to {made['end'][11:16]} UTC"
            yield f"* Not seen: a {made['sentiment']} surge about {made['subject']} was simulated {when}."
    if not found and not scenario["surges"]:
        yield "* No mass reaction."


def surge_sentence(surge: dict[str, Any], view: View) -> str:
    """Who, how many against how many, since when, and the minutes from its start to the first page."""
    began = to_milliseconds(surge["opened_at"])
    asked = view.asked[surge["id"]]
    lasted = max(round((to_milliseconds(surge["updated_at"]) - began) / MINUTE_MS), 1)
    who = f"{surge['authors']:,} people {FEELS.get(surge['facet'], 'speak up')} about {surge['subject']}"
    sentence = f"{who} from {surge['opened_at'][11:16]} UTC on, in {lasted} minutes (expected {surge['expected']:.0f}; {surge['origin']}): "
    if not asked:
        return sentence + f"seen after {_minutes(view.told[surge['id']] - began)}; nobody had to be asked."
    first = asked[0]
    others = " and ".join(sorted({one.team for one in asked} - {first.team}))
    return sentence + f"{first.team} got a {first.kind} {_minutes(first.at_ms - began)} after it began{others and f', with {others}'}."


def ideas(view: View, width: int) -> Iterator[str]:
    """The wishes of most people, a line each."""
    found = view.of_kind("idea")
    if found:
        yield f"* {len(found)} wishes that several people share; most wanted:"
    for idea in found[:MOST_IDEAS]:
        line = f"    {idea['authors']:>3} people to {idea['subject']}: {excerpt_of(idea, view.own)}"
        yield line if len(line) <= width else f"{line[: width - 1]}…"


def funnel(view: View, report: AuditReport, width: int) -> Table:
    """Events, what was worth attention, situations, decisions, people asked: a bar each."""
    sifted = report.events
    kept = sum(view.dispositions["sift"][name] for name in ("information", "copy"))
    kinds = Counter(situation["kind"] for situation in view.situations.values())
    asked = sum(len(one) for one in view.asked.values())
    named = ", ".join(f"{amount:,} {name}{'s' if amount != 1 else ''}" for name, amount in sorted(kinds.items()))
    table = Table.grid(padding=(0, 1))
    for name, amount, note in (
        ("posts and feedback", sifted, ""),
        ("worth attention", kept, f"{sifted - kept:,} were noise"),
        ("situations", len(view.situations), named),
        ("asked at once", asked, f"{view.held:,} more in digests"),
    ):
        bar = "█" * max(1, round(min(BAR, width - 62) * amount / max(sifted, 1))) if amount else ""
        table.add_row(f"  {name}", Text(f"{amount:,}", justify="right"), Text(bar, style="green"), Text(note, style="dim"))
    return table


def teams(view: View) -> Table:
    """Actions per team, a column a kind."""
    kinds = sorted({kind for counts in view.actions.values() for kind in counts}, key=lambda kind: (_place(kind), kind))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("  team")
    for kind in kinds:
        table.add_column(kind, justify="right")
    for team, counts in sorted(view.actions.items(), key=lambda item: (-item[1]["page"], -sum(item[1].values()))):
        table.add_row(f"  {team}", *(str(counts[kind]) if counts[kind] else "" for kind in kinds))
    return table


def rules(view: View) -> Table:
    """What decided most often, without rules that only counted along."""
    live = Counter((one["rule"], one["owner"], one["do"]) for one in view.decisions.values() if one["mode"] == "live")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("  rule", "situations", "owner", "asks for"):
        table.add_column(column, justify="right" if column == "situations" else "left", no_wrap=True)
    for (rule, owner, kind), amount in live.most_common(MOST_RULES):
        table.add_row(f"  {rule}", f"{amount:,}", owner, kind)
    if len(live) > MOST_RULES:
        table.add_row(
            f"  and {len(live) - MOST_RULES} more", f"{sum(live.values()) - sum(n for _, n in live.most_common(MOST_RULES)):,}", "", ""
        )
    return table


def books(view: View, report: AuditReport, *, balanced: bool, seconds: float) -> Iterator[str]:
    """The audit in a line when it balances, in full when not."""
    p50, p99 = view.percentile(0.5), view.percentile(0.99)
    if p50 is not None and p99 is not None:
        yield f"  From post to action: half within {p50:.1f} s, 99 of 100 within {p99:.1f} s (two hours played in under a minute)."
    if not balanced:
        yield from (f"  {line}" for line in report.lines())
    absent = sum(report.absent.values())
    verdict = "Balanced: every event is accounted for" if balanced else f"NOT balanced{f', {absent} offsets absent' if absent else ''}"
    yield f"  {verdict} ({seconds:.0f} s). `winnow demo --json` has all figures."


def _meets(surge: dict[str, Any], made: dict[str, Any]) -> bool:
    return bool(to_milliseconds(surge["opened_at"]) <= made["end_ms"] and to_milliseconds(surge["updated_at"]) >= made["start_ms"])


def _place(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def _minutes(milliseconds: int) -> str:
    minutes = milliseconds / MINUTE_MS
    return f"{minutes:.1f} minutes" if minutes < 10 else f"{minutes:.0f} minutes"

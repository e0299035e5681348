"""What pages show of what is in the database."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest
from jinja2 import Environment, UndefinedError

from agents.board import looking, page_books
from agents.board.looking import PAGE, SORTS, Filters, fts, listed
from agents.board.page_books import window_of
from agents.board.page_now import team_of
from agents.board.people import Member, Members
from agents.board.site import UNFOLDED, environment
from agents.inspect import AuditReport, Window
from pipeline.ledger import Book, Claims, judge
from schemas.errors import WinnowError
from tests.unit.agents.board.world import flow, outcome, seen, surge, world
from tests.unit.pipeline.act.test_shard import LINES
from tests.unit.pipeline.decide.world import HOUR, START, digest, situation


def test_a_case_shows_what_its_action_says_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is kept once, on the action: the story takes it from there, without what names people."""
    made = world(tmp_path, flow([situation("c", severity=0.8, text="my bag is lost @jane_doe")]), monkeypatch)
    assert "bag" not in made.board.store.value("SELECT evidence FROM situations")
    page = made.ask("GET", f"/situation/{digest('c')}")[2]
    assert '<blockquote dir="auto">my bag is lost [handle]</blockquote>' in page
    assert "No team was sent its words" not in page


def test_a_case_that_only_a_digest_tells_of_shows_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the digest's first one, and in whatever order the topics are read: its excerpt, and that the team was told."""
    records = flow([situation(f"c{n}", at_ms=START + n, text=f"my bag {'abc'[n]} is lost") for n in range(3)], LINES, until=START + HOUR)
    for folder, order in (("a", records), ("b", records[::-1])):
        made = world(tmp_path / folder, order, monkeypatch)
        assert [row["kind"] for row in made.board.store.rows("SELECT kind FROM actions")] == ["digest"]
        for name, word in (("c0", "bag a"), ("c1", "bag b"), ("c2", "bag c")):
            page = made.ask("GET", f"/situation/{digest(name)}")[2]
            assert f"my {word} is lost</blockquote>" in page, name
            assert "support was told, in a digest of 3" in page, name
            assert "Nobody was asked" not in page, name


def test_a_digest_unfolds_in_its_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it holds, each with its story, so that nobody has to open it to see whether it can wait; of many the gravest."""
    for many in (3, UNFOLDED + 2):
        names = [f"c{n}" for n in range(many)]
        records = flow([situation(one, at_ms=START + n, text=f"bag {n} is lost") for n, one in enumerate(names)], LINES, until=START + HOUR)
        page = world(tmp_path / str(many), records, monkeypatch).ask("GET", "/queue/support")[2]
        unfolded = page.partition("<details>")[2].partition("</details>")[0]
        assert f"<summary>{many} held back</summary>" in unfolded
        assert {f'/situation/{digest(one)}"' in unfolded for one in names} == ({True} if many <= UNFOLDED else {True, False})
        assert (unfolded.count("<blockquote"), "all of them" in unfolded) == (min(many, UNFOLDED), many > UNFOLDED)


def test_a_digest_tells_only_of_what_its_lines_are_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another situation with the same first post was not told of: its story does not say so."""
    records = flow([situation("c0"), situation("c1", at_ms=START + 1)], LINES, until=START + HOUR)
    other = situation("other", kind="idea", evidence=situation("c1")["evidence"])
    made = world(tmp_path, [*records, *seen("situations", [other], 9)], monkeypatch)
    assert "Nobody was asked" in made.ask("GET", f"/situation/{digest('other')}")[2]
    assert "in a digest of 2" in made.ask("GET", f"/situation/{digest('c1')}")[2]


def test_counts_of_a_queue_are_those_of_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through asking, answering, replacing and taking back, in whatever order they are read."""
    records = flow([surge(), surge(revision=2, at_ms=START + HOUR // 12, severity=0.9), situation("c", severity=0.8)])
    asked = [orjson.loads(one.value or b"") for one in records if one.noun.startswith("actions.")]
    answers = [outcome(one["action_id"], one["team"], "acknowledged", by="ana") for one in asked[::2]]
    answers += [outcome(one["action_id"], one["team"], "overturned", reason="undo", by="ana") for one in asked[::4]]
    for number, order in enumerate((records + seen("outcomes", answers), seen("outcomes", answers) + records[::-1])):
        made = world(tmp_path / str(number), order, monkeypatch)
        counted = made.board.store.rows("SELECT team, kind, open, state, actions FROM tally ORDER BY 1, 2, 3, 4")
        rows = made.board.store.rows("SELECT team, kind, open, state, count(*) FROM actions GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4")
        assert [tuple(row) for row in counted] == [tuple(row) for row in rows] != []
        for team in ("comms", "support"):
            figures = team_of(made.board, team)
            assert figures["open"] == made.board.store.value("SELECT count(*) FROM actions WHERE open = 1 AND team = ?", (team,)) > 0


@pytest.mark.parametrize("words", ["refund", "REF", "ref my", "refund 1", "ré", "no_refund", "nothing", "support"])
@pytest.mark.parametrize("team", [None, "support"])
def test_words_are_found_as_prefixes_however_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, team: str | None
) -> None:
    """Spelled out as the words that there are, or left to the index where they are many or not plain: the same actions."""
    texts = ["refund 1 please", "my Refunded bag", "réfund of 12 bags", "no_refund here", "nothing at all", "a prefund"]
    store = world(tmp_path, flow([situation(f"c{n}", severity=0.8, text=text) for n, text in enumerate(texts)]), monkeypatch).board.store
    teams = None if team is None else [team]
    asked = [fts(store, words, teams)]
    monkeypatch.setattr(looking, "MOST_TERMS", 0)
    asked.append(fts(store, words, teams))
    found = [[row[0] for row in store.rows("SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid", (one,))] for one in asked]
    assert found[0] == found[1]
    assert (found[0] == []) == (words == "support")


@pytest.mark.parametrize("sort", SORTS)
def test_a_list_by_words_has_the_order_count_and_pages_of_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sort: str) -> None:
    """One pass counts and chooses: what every action has changes nothing, and the file has all pages."""
    made = world(tmp_path, flow([situation(f"c{n}", at_ms=START + n, severity=0.5 + n % 5 / 10) for n in range(9)]), monkeypatch)
    store, pages = made.board.store, []
    for number in range(1, 5):
        plain, asked = (listed(store, Filters(sort=sort, q=q, page=number), "support", "ana", page=3) for q in ("", "customer"))
        assert [row["id"] for row in asked.rows] == [row["id"] for row in plain.rows]
        assert asked[1:] == plain[1:] == (len(made.actions("support")), 0)
        pages += [row["id"] for row in asked.rows]
    assert len(set(pages)) == len(pages) == asked.total > 6
    table = made.ask("GET", f"/queue/support.csv?q=customer&sort={sort}&page=2")[2].splitlines()
    assert [line.partition(",")[0] for line in table[1:]] == pages


def test_a_list_that_looked_at_the_newest_only_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A count that more would raise is not shown as if it were all."""
    made = world(tmp_path, flow([situation(f"c{n}", at_ms=START + n, severity=0.8) for n in range(3)]), monkeypatch)
    assert "there may be more" not in made.ask("GET", "/queue/support?q=customer")[2]
    monkeypatch.setattr(looking, "MOST_MATCHES", 2)
    assert "2</span> open among the newest 2 with these words; there may be more" in made.ask("GET", "/queue/support?q=customer")[2]


@pytest.mark.parametrize("text", ["{{ row.state }}", "{{ row.get('state') }}", "{% for one in row.items() %}{{ one }}{% endfor %}"])
def test_a_template_reads_a_row_as_any_template_does(text: str) -> None:
    """Whatever keys it has, for some come from an address; what it has not is an error, never an empty place."""
    row = {"state": "done", "items": "x", "get": "y"}
    assert environment().from_string(text).render(row=row) == Environment(autoescape=True).from_string(text).render(row=row)
    with pytest.raises(UndefinedError):
        environment().from_string("{{ row.other }}").render(row=row)


def test_every_idea_is_on_one_page_the_most_wished_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are; a page leads on while there is more, and keeps what one looks for."""
    wishes = [situation(f"i{n}", kind="idea", authors=n + 2) for n in range(PAGE + 3)]
    made = world(tmp_path, seen("situations", wishes), monkeypatch)
    first, second, third = (made.ask("GET", f"/ideas?subject=aurora&page={n}")[2] for n in (1, 2, 3))
    shown = re.findall(r'<li class="item" data-id="(\w+)"', first + second)
    assert shown == [one["id"] for one in reversed(wishes)]
    assert ("page=2" in first, "page=3" in second, "subject=aurora" in second.split("<nav class")[-1]) == (True, False, True)
    assert "There are no more" in third


def test_search_finds_only_in_queues_that_one_may_look_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others have the words, newer ones too; words of a team's name or of FTS5's language are words."""
    people = Members({"bo": Member("bo", {"comms": frozenset(["look"])}), "di": Member("di", {"*": frozenset(["look"])})}, {})
    made = world(tmp_path, flow([surge(), *(situation(f"c{n}", severity=0.3) for n in range(120))]), monkeypatch, people=people)
    assert made.ask("GET", "/search?q=aurora", person="di")[2].count('<li class="item') == 100
    found = made.ask("GET", "/search?q=aurora", person="bo")[2]
    assert found.count('<li class="item') == found.count("<b>comms</b>") == len(made.actions("comms")) > 0
    for words in ("support", 'NEAR "', "team : x", "NOT (", "summary:*", "^zq", "%"):
        status, _, page = made.ask("GET", f"/search?{urlencode({'q': words})}", person="bo")
        assert (status, page.count('<li class="item')) == (200, 0), words


def test_a_case_that_nobody_was_told_of_says_where_its_words_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No action, no words in the database: the books have its post."""
    made = world(tmp_path, seen("situations", [situation("c", text="my bag is lost")]), monkeypatch)
    page = made.ask("GET", f"/situation/{digest('c')}")[2]
    assert "bag is lost" not in page
    assert "No team was sent its words" in page
    assert 'href="/why?what=posts%3A0%3A1"' in page


def test_a_story_says_one_figure_and_who_else_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last who spoke came with the end: the curve has them too. A row names the others only, the owner's reasons come first."""
    end = surge(revision=3, at_ms=START + HOUR // 4, authors=47, status="closed")
    story = [surge(), surge(revision=2, at_ms=START + HOUR // 12, authors=45, severity=0.9), end]
    page = world(tmp_path, flow(story), monkeypatch).ask("GET", f"/situation/{digest('s')}")[2]
    curve = page.partition("<svg")[2].partition("</svg>")[0]
    assert ("47 people" in curve, "45 people" in curve) == (True, False)
    assert "was asked anew, in place of what it had been asked" in page
    assert page.count("also asked: support") == page.count("<b>comms</b> · ") > 0
    assert page.index("comms as owner") < page.index("support as peer")


def test_a_range_to_audit_is_two_times_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """As browsers send them; nothing is all, no end is until now; what lies ahead, too far back or the wrong way round is refused."""
    at = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    now = int(at.timestamp() * 1000)
    monkeypatch.setattr(page_books.time, "time", lambda: now / 1000)
    assert window_of("", "") is None
    assert window_of("2026-03-02T14:00", "") == Window(now - HOUR) == window_of("2026-03-02T14:00", "2026-03-02T16:00")
    assert window_of("2026-03-02T13:00", "2026-03-02T14:00") == Window(now - 2 * HOUR, now - HOUR)
    assert window_of("2026-03-02T15:00+02:00", "2026-03-02T14:00") == Window(now - 2 * HOUR, now - HOUR)
    for since, until in (("", "2026-03-02T14:00"), ("yesterday", ""), ("2026-03-03T14:00", ""), ("2025-03-02T14:00", ""),
                         ("2026-03-02T14:00", "2026-03-02T13:00"), ("2026-03-02T14:00", "x")):  # fmt: skip
        with pytest.raises(WinnowError):
            window_of(since, until)


def test_an_audit_of_a_range_says_what_it_is_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page has its times, and the form keeps them; what is no range is said on the page, and nothing is read."""
    asked, made = list[Window | None](), world(tmp_path, [], monkeypatch)

    async def run(_settings: object, *, window: Window | None) -> AuditReport:
        asked.append(window)
        return judge(Book(), [], Claims())

    monkeypatch.setattr(page_books, "run_audit", run)
    begin = (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    status, _, page = made.ask("POST", "/books/audit", form={"token": made.token("ana"), "from": begin, "to": ""})
    assert (status, len(asked), asked[0] and asked[0].until_ms) == (200, 1, None)
    assert f"from {begin} to now, UTC" in page
    assert f'name="from" value="{begin}"' in page
    status, _, page = made.ask("POST", "/books/audit", form={"token": made.token("ana"), "from": "<b>", "to": ""})
    assert (status, len(asked)) == (400, 1)
    assert "&lt;b&gt;" in page
    assert "is no time" in page
    assert made.ask("POST", "/books/audit", form={"token": made.token("ana")})[0] == 200
    assert asked[1] is None

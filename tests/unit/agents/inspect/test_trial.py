"""`winnow trial`: the report holds what happened and obeys nothing that posts say; the sheet comes back as labels."""

import csv
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from agents.inspect import Picture, run_trial
from agents.inspect.trial import COLUMNS, TrialReport
from agents.settings import load_settings
from pipeline.flow import Arrival
from schemas.errors import WinnowError
from schemas.times import iso

START_MS = 1_772_438_400_000
TEXTS = (
    "My bag is lost and nobody answers the phone, I need it today! <script>alert(1)</script>",
    "=HYPERLINK(\"http://x.example\") when does the lounge open?",
    "Your app crashes since the update, fix it @auroraair, says @jane",
)  # fmt: skip
POLICY = "version: 1\nteams: [{name: desk}]\nrules: [{name: any-case, when: situation.kind == 'case', do: page, owner: desk}]\n"


def arrivals() -> Iterator[Arrival]:
    """A post a minute, each of an author of its own."""
    for number, text in enumerate(TEXTS):
        at_ms = START_MS + number * 60_000
        post = {
            "id": str(number), "source": "test", "kind": "post", "author": {"id": f"author-{number}"}, "text": text,
            "created_at": iso(at_ms), "subject": "aurora",
        }  # fmt: skip
        yield Arrival("posts", str(number).encode(), orjson.dumps(post), (("source", b"signal"),), at_ms)


def run(folder: Path, sheet: Path | None = None, picture: Picture | None = None) -> TrialReport:
    """A trial of these posts in which each case pages the desk."""
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    return run_trial(load_settings(policy_file=policy), arrivals(), folder / "out", sheet, lambda _: None, picture)


def test_the_report_says_who_was_asked_and_escapes_what_posts_say(tmp_path: Path) -> None:
    """Pages with their texts, teams by day, a picture inside the page; no script of a post is one in the report."""
    report = run(tmp_path, picture=Picture())
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert any(one["text"].endswith("fix it @auroraair, says [handle]") for one in report.figures["pages"])
    assert report.figures["events"] == 3
    assert report.figures["teams"] == {"desk": {"2026-03-02": {"page": report.figures["pages_in_all"]}}}
    assert report.figures["rules"] == {"any-case": report.figures["pages_in_all"]}
    assert report.figures["pages_in_all"] >= 2
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "data:image/png;base64," in page
    assert "http://" not in page.replace("http://x.example", "")


def test_a_filled_in_sheet_says_how_right_it_was(tmp_path: Path) -> None:
    """The sheet of one trial is the labels of the next; rows that nobody filled in do not count."""
    run(tmp_path)
    sheet = tmp_path / "out" / "doubtful.csv"
    rows = list(csv.DictReader(sheet.open(newline="", encoding="utf-8")))
    assert sorted(row["event"] for row in rows) == ["test:0", "test:1", "test:2"]
    assert not any(row["text"].startswith("=") for row in rows), "a spreadsheet would compute it"
    labels = {"test:0": ("keep", "high", "desk", "yes"), "test:2": ("keep", "low", "product", "")}
    with sheet.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, COLUMNS)
        out.writeheader()
        for row in rows:
            gate, urgency, team, page = labels.get(row["event"], ("", "", "", ""))
            out.writerow({**row, "gate": gate, "urgency": urgency, "team": team, "page": page})
    against = run(tmp_path, sheet).against
    assert against is not None
    assert against.posts == 2
    assert against.shares["asked, of posts to which a team should react"] == (1, 2)
    assert against.shares["paged, of posts that deserve it"] == (1, 1)
    assert against.shares["undeserved pages, of all posts"] == (1, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("event,gate\nx:1,keep\n", "has no column urgency, team"),
        ("event,gate,urgency,team\nx:1,,,\n", "has no row in which gate, urgency and team are filled in"),
        ("event,gate,urgency,team\nx:1,keep,now,desk\n", "row 2 is no judged post: urgency 'now' is none of"),
    ],
)
def test_a_sheet_that_cannot_be_used_is_refused_before_the_work(tmp_path: Path, text: str, said: str) -> None:
    """File, row, and what is wrong."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text)
    with pytest.raises(WinnowError) as refused:
        run(tmp_path, sheet)
    assert said in str(refused.value)
    assert not (tmp_path / "out").exists()

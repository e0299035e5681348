"""`winnow evaluate judged`: posts that a person judged, each sent through the whole product as this deployment configured it."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from agents.settings import Settings
from agents.stages import build as stages
from pipeline.evaluation import Got, JudgedReport, Trial, assess_judged, comparable, read_judged
from pipeline.flow import Arrival
from schemas.times import iso

START_MS = 1_772_438_400_000
"""2 March 2026, 8 o'clock UTC: judging depends on no clock, budgets and hours do."""
SOURCE = "judged"
APART_MS = 600_000
"""So far apart that no crowd, copy or budget plays a part."""
_SUBJECTS = "subjects:\n  - {id: judged, name: The organisation, terms: [zzjudgedzz], hints: [judged]}\n"


def judge_file(settings: Settings, file: Path, *, sure_only: bool) -> JudgedReport:
    """What people would get of a file of judged posts, without Kafka. Raises WinnowError for what is no such file."""
    with file.open(encoding="utf-8") as lines:
        wanted = comparable(read_judged(lines, file.name), sure_only=sure_only)
    return assess_judged(wanted, run_posts(settings, [one.text for one in wanted]))


def run_posts(settings: Settings, texts: Sequence[str]) -> list[Got]:
    """Send each text through the flow as a post of an author of its own to one subject; what became of each, in their order."""
    with tempfile.TemporaryDirectory(prefix="winnow-judged-") as folder:
        subjects = Path(folder) / "subjects.yaml"
        subjects.write_text(_SUBJECTS)
        flow = stages.flow(settings.model_copy(update={"subjects_file": subjects}), stages=("sift", "correlate", "decide", "act"))
        trial = Trial()
        for output in flow.run(_arrivals(texts)):
            trial.take(output)
    return [trial.got(f"{SOURCE}:{number}") for number in range(len(texts))]


def _arrivals(texts: Sequence[str]) -> Iterator[Arrival]:
    for number, text in enumerate(texts):
        at_ms = START_MS + number * APART_MS
        post = {
            "id": str(number), "source": SOURCE, "kind": "post", "author": {"id": f"author-{number}"}, "text": text,
            "created_at": iso(at_ms), "subject": "judged",
        }  # fmt: skip
        yield Arrival("posts", str(number).encode(), orjson.dumps(post), (("source", b"signal"),), at_ms)

"""Names as people write them, in many scripts: every name is found, nothing else is."""

import pytest

from pipeline.sift.subjects import parse_subjects
from tests.unit.pipeline.sift.spellings import FILE, FIRST, SECOND

SUBJECTS = parse_subjects(FILE, "spellings")


@pytest.mark.parametrize(("text", "named"), FIRST)
def test_every_spelling_of_the_first_table_is_read(text: str, named: str) -> None:
    """Whom a text names, and nobody else: precision and recall of 1."""
    assert SUBJECTS.of_text(text) == tuple(named.split())


@pytest.mark.parametrize(("text", "named"), SECOND)
def test_every_spelling_of_the_second_table_is_read(text: str, named: str) -> None:
    """The table that was written before the first was tried."""
    assert SUBJECTS.of_text(text) == tuple(named.split())


@pytest.mark.parametrize("table", [FIRST, SECOND])
def test_the_tables_are_broad(table: list[tuple[str, str]]) -> None:
    """Each should hold at least 150 spellings, a third of them of names, a fifth of what only looks so; no text twice."""
    texts = [text for text, _ in table]
    assert len(texts) >= 150
    assert len(set(texts)) == len(texts)
    assert sum(bool(named) for _, named in table) >= len(table) / 3
    assert sum(not named for _, named in table) >= len(table) / 5


HOSTILE = [
    "#" + "fixit" * 4_000 + "auroraair",
    "#" + "auroraair" * 2_200,
    "@" + "auroraair" * 2_200,
    "@" * 20_000 + "auroraair",
    "@auroraair_" * 1_800,
    "wolkenbahn" * 2_000,
    "заря " * 4_000,
    "зар" * 6_000,
    "река delta variant " * 1_000,
    "AuroraAirx" * 2_000,
    "새벽페이은는" * 3_000,
    "و" * 19_000 + "الفجر",
    "&amp;" * 4_000,
    "e\u0301" * 10_000,
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_no_text_holds_up_the_others(text: str) -> None:
    """The longest texts there are, made of names where none stands or of what looks like them, should be read without trying all ways."""
    assert set(SUBJECTS.of_text(text)) <= {"aurora", "delta", "wolke", "zaria", "fajr"}

"""Which subjects a text speaks of."""

import pytest

from pipeline.sift.subjects import Subject, Subjects, SubjectsError, invented_subjects, join, parse_subjects
from schemas.errors import WinnowError

SUBJECTS = Subjects(
    [
        Subject(id="acme", name="Acme", terms=("acme", "@acme_help", "road runner"), hints=("42", "Acme-App")),
        Subject(id="zoo", name="Zoo", terms=("zoo", "straße", "動物園")),
    ]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I like ACME a lot", ("acme",)),
        ("acme", ("acme",)),
        ("(acme)!", ("acme",)),
        ("pacme and acmes", ()),
        ("acme2", ()),
        ("at the zoo with Acme", ("acme", "zoo")),
        ("road runner road runner acme", ("acme",)),
        ("roadrunner", ("acme",)),
        ("road runners", ()),
        ("dear @Acme_Help please", ("acme",)),
        ("DIE STRASSE HIER", ("zoo",)),
        ("動物園", ("zoo",)),
        ("", ()),
        ("nothing", ()),
    ],
)
def test_terms_are_whole_words_case_folded(text: str, expected: tuple[str, ...]) -> None:
    """A term counts where no letter or digit touches it, in any case, once a subject, in the configuration's order."""
    assert SUBJECTS.of_text(text) == expected


@pytest.mark.parametrize(
    ("hint", "expected"), [("42", "acme"), ("ACME-APP", "acme"), ("zoo", "zoo"), ("43", None), (None, None), (42, None)]
)
def test_hints_are_native_ids(hint: object, expected: str | None) -> None:
    """An app, product or queue id names its subject, its own id does too; what is no text names none."""
    assert SUBJECTS.of_hint(hint) == expected


def test_a_file_is_read() -> None:
    """Subjects with terms, hints and a default for feedback."""
    read = parse_subjects("subjects:\n  - {id: acme, name: Acme, terms: [acme], hints: [app1]}\nfeedback_subject: acme\n", "f.yaml")
    assert (read.of_text("Acme!"), read.of_hint("app1"), read.feedback_subject) == (("acme",), "acme", "acme")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("subjects: [", "not YAML"),
        ("", "top"),
        ("subjects: []", "subjects"),
        ("subjects:\n - {id: Acme, name: A, terms: [a]}", "subjects.0.id"),
        ("subjects:\n - {id: acme, name: A, terms: []}", "subjects.0.terms"),
        ("subjects:\n - {id: acme, name: A, terms: [a], term: b}", "subjects.0.term"),
        ("subjects:\n - {id: acme, name: A, terms: [a]}\nfeedback_subject: other", "'other' is none of its subjects"),
    ],
)
def test_a_wrong_file_is_refused(text: str, problem: str) -> None:
    """The message names the file and the place in it."""
    with pytest.raises(WinnowError, match=r"subjects file f\.yaml") as refused:
        parse_subjects(text, "f.yaml")
    assert problem in str(refused.value)


def test_all_that_is_wrong_in_a_file_is_told() -> None:
    """Each with its line, in its author's words, values that readers of YAML differ about too."""
    text = "subjects:\n  - id: Acme\n    name: Acme\n    terms: acme\n  - id: b\n    terms: [b, '']\n    unles: [x]\n"
    with pytest.raises(SubjectsError) as refused:
        parse_subjects(text, "f.yaml")
    told = {(fault.line, fault.reason) for fault in refused.value.faults}
    for line, reason in (
        (2, "subjects.0.id: 'Acme' is no name"),
        (4, "subjects.0.terms: should be a list, e.g. [a, b], is 'acme'"),
        (5, "subjects.1.name: is missing"),
        (7, "subjects.1.unles: there is no such key (did you mean 'unless'?)"),
    ):
        assert any(at == line and one.startswith(reason) for at, one in told), (line, reason, told)
    with pytest.raises(SubjectsError, match="no is false in YAML"):
        parse_subjects("subjects:\n  - {id: a, name: A, terms: [no]}\n", "f.yaml")


def test_a_deployment_without_a_file_has_three_brands() -> None:
    """The invented brands find themselves."""
    found = invented_subjects()
    assert {subject.id for subject in found.all} == {"aurora", "brightbank", "cobalt"}
    for subject in found.all:
        assert all(subject.id in found.of_text(f"I say {term}!") for term in subject.terms)


def test_title_and_text_are_one() -> None:
    """A missing or empty title adds nothing."""
    assert [join(title, "text") for title in ("Title", "", None, 7)] == ["Title. text", "text", "text", "text"]

"""What is the organisation's own stays in every form that rules would take for a person's, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy import OwnTerms, excerpt, redact
from pipeline.sift import parse_subjects

SUBJECTS = """
subjects:
  - id: morgan
    name: Morgan
    terms: [Morgan, "@morgan_shop", Jane Street Café, help@morgan.example, 1-800-356-9377, 12 Baker Street,
            "Аврор~", "Bergbahn*", "B~ Lines"]
    accounts: {x: ["@morgan_help"], mastodon: ["@help@social.morgan.example"]}
  - {id: rival, name: Rival, terms: [Rival Lines, "@rival"], competitor: true}
"""
OWN = parse_subjects(SUBJECTS, "here").own_terms()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("@morgan_shop and @Morgan, ask @jane", "@morgan_shop and @Morgan, ask [handle]"),
        ("@morgan@mastodon.example @morgan.bsky.social", "@morgan@mastodon.example @morgan.bsky.social"),
        ("@morgan_shopper, @morgan_parody, @real_morgan", "[handle], [handle], [handle]"),
        ("u/morgan or u/jane_doe", "u/morgan or [handle]"),
        ("telegram: morgan_shop, telegram: jane_85", "telegram: morgan_shop, telegram: [handle]"),
        ("This is Jane Street Café. I am Jane Doe", "This is Jane Street Café. I am [name]"),
        ("It's JANE-STREET-CAFE's fault. Thanks, Morgan", "It's JANE-STREET-CAFE's fault. Thanks, Morgan"),
        ("I'm Morgan Freeman", "I'm Morgan [name]"),
        ("I'm Freeman Morgan", "I'm [name] Morgan"),
        ("my name is morgan and I wait", "my name is morgan and I wait"),
        ("write to help@morgan.example, not to jane@morgan.example", "write to help@morgan.example, not to [email]"),
        ("call 1-800-356-9377, not 1-800-356-9378", "call 1-800-356-9377, not [phone]"),
        ("at 12 Baker Street, not at 13 Baker Street", "at 12 Baker Street, not at [address]"),
        ("меня зовут Аврора, меня зовут Аврорина", "меня зовут Аврора, меня зовут Аврорина"),
        ("меня зовут Аврорианова", "меня зовут [name]"),
        ("Mein Name ist Bergbahnfahrer", "Mein Name ist Bergbahnfahrer"),
        ("I am called Morgana", "I am called [name]"),  # no mark, no form but its own
        ("I am called Bob Lines", "I am called [name]"),  # one letter before a mark protects nothing
        ("@rival asks. I am called Rival Lines", "[handle] asks. I am called [name]"),
    ],
)
def test_own_terms_stay(text: str, clean: str) -> None:
    """Each beside something that is a person's."""
    assert redact(text, OWN) == clean


def test_an_account_counts_on_its_own_network_only() -> None:
    """On another one the same handle may be somebody else's."""
    text = "@morgan_help @help@social.morgan.example"
    assert redact(text, OWN.on("x")) == "@morgan_help [handle]"
    assert redact(text, OWN.on("mastodon")) == "[handle] @help@social.morgan.example"
    assert redact(text, OWN.on("reddit")) == redact(text, OWN) == "[handle] [handle]"


def test_a_short_stem_or_a_single_letter_protects_nothing() -> None:
    """With two letters and a mark half of all names would be somebody's own; a literal term of two letters is that alone."""
    own = parse_subjects('subjects: [{id: an, name: An, terms: ["An*", "X", "BP"]}]', "here").own_terms()
    assert redact("I am called Anna. I am called Bp", own) == "I am called [name]. I am called Bp"
    assert "X" not in own
    assert not OwnTerms(["x", "7"])


def test_excerpts_of_different_owners_are_told_apart() -> None:
    """They are cached; one deployment's terms do not show in another's."""
    assert (excerpt("@morgan_shop"), excerpt("@morgan_shop", own=OWN)) == ("[handle]", "@morgan_shop")


SECRETS = ["jane@example.org", "@jane_doe", "+49 30 901820", "4111 1111 1111 1111", "u/jane_doe", "DE89 3704 0044 0532 0130 00"]
TERMS = ["@morgan_shop", "Jane Street Café", "help@morgan.example", "Bergbahnkarte", "Morgan"]


@given(st.lists(st.sampled_from([*SECRETS, *TERMS, "my name is Jane Doe.", "thanks"]), max_size=8))
def test_what_stays_hides_nothing_and_what_goes_takes_nothing_along(parts: list[str]) -> None:
    """Of any mix of terms and secrets exactly the secrets go, and a second pass finds nothing more."""
    clean = redact(" ; ".join(parts), OWN)
    assert not any(secret in clean for secret in (*SECRETS, "Jane Doe"))
    for term in TERMS:
        assert clean.count(term) == sum(part == term for part in parts)
    assert redact(clean, OWN) == clean

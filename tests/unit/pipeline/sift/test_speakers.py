"""Who speaks: evidence of the account before the words, the strongest evidence first."""

from typing import Any

import pytest

from pipeline.sift.biographies import claim_of
from pipeline.sift.lifecycle import realm_name
from pipeline.sift.speakers import STAKEHOLDERS, Speaker, Speakers, author_hash
from pipeline.sift.subjects import parse_subjects
from schemas.sources import AuthorRecord, SignalRecord
from tests.unit.pipeline.sift.world import KEY, config

SUBJECTS = parse_subjects(
    """
subjects:
  - {id: aurora, name: Aurora Air, terms: [Aurora Air]}
  - {id: rival, name: Rival Rail, terms: [Rival Rail], competitor: true}
stakeholders:
  media: {accounts: {x: ["@Daily_Lark", "77"]}, domains: [dailylark.example], affiliations: [The Daily Lark]}
  authority: {domains: [gov, police.example]}
  partner: {accounts: {x: ["@lumen"]}}
  customer: {accounts: {x: ["@grumpy_mp"]}}
""",
    "speakers",
)
AUTHORITY, CUSTOMER, PROSPECT = (STAKEHOLDERS.index(name) for name in ("authority", "customer", "prospect"))


def speaker(source: str = "x", judged: tuple[float, ...] = (CUSTOMER, 0.6, CUSTOMER, 0.6), bar: float = 0.9, **author: Any) -> Speaker:
    """Who somebody is taken for."""
    roster = frozenset({author_hash(KEY, "x", "ada"), author_hash(KEY, realm_name("mastodon", "a.example"), "17")})
    known = Speakers(config(subjects=SUBJECTS, roster=roster, stakeholder_confidence=bar))
    namespace = author.pop("namespace", None)
    record = AuthorRecord(author.pop("id", "bob"), **author)
    return known.of(SignalRecord("1", source, "post", record, "text", "2026-02-17T07:36:05.000Z", namespace=namespace), judged)


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ({}, ("customer", "words")),
        ({"id": "ada"}, ("employee", "roster")),
        ({"id": "ada", "source": "mastodon"}, ("customer", "words")),
        ({"id": "17", "source": "mastodon", "namespace": "a.example"}, ("employee", "roster")),
        ({"id": "17", "source": "mastodon", "namespace": "b.example"}, ("customer", "words")),
        ({"id": "ada", "handle": "daily_lark"}, ("employee", "roster")),
        ({"handle": "daily_lark"}, ("media", "listed_account")),
        ({"handle": "@Daily_Lark"}, ("media", "listed_account")),
        ({"handle": "daily_lark2"}, ("customer", "words")),
        ({"handle": "daily_lark", "source": "mastodon"}, ("customer", "words")),
        ({"id": "77"}, ("media", "listed_account")),
        ({"handle": "lumen"}, ("partner", "listed_account")),
        ({"handle": "grumpy_mp", "verified_as": "government"}, ("customer", "listed_account")),
        ({"verified_as": "government"}, ("authority", "verified_government")),
        ({"verified_as": "organisation"}, ("customer", "words")),
        ({"verified": True}, ("customer", "words")),
        ({"affiliation": "the daily  lark"}, ("media", "affiliation")),
        ({"affiliation": "Aurora Air"}, ("employee", "affiliation")),
        ({"affiliation": "Rival Rail"}, ("customer", "words")),
        ({"affiliation": "Friends of larks"}, ("customer", "words")),
        ({"handle": "ann.dailylark.example", "source": "bluesky"}, ("media", "listed_domain")),
        ({"handle": "notdailylark.example", "source": "bluesky"}, ("customer", "words")),
        ({"handle": "ann@social.police.example", "source": "mastodon"}, ("authority", "listed_domain")),
        ({"id": "ann@town.gov", "source": "mail"}, ("authority", "listed_domain")),
        ({"profile_url": "https://social.police.example/@ann", "source": "mastodon"}, ("authority", "listed_domain")),
        ({"profile_url": "https://[broken", "source": "mastodon"}, ("customer", "words")),
        ({"bio": "Reporter, Daily Lark"}, ("media", "bio")),
        ({"bio": "see dailylark.example"}, ("customer", "words")),
        ({"bio": "I work at Aurora Air"}, ("employee", "bio")),
        ({"bio": "I work at Rival Rail"}, ("customer", "words")),
    ],
)
def test_the_strongest_evidence_of_the_account_decides(author: dict[str, Any], expected: tuple[str, str]) -> None:
    """Roster, listed account, verified government, affiliation, listed domain, profile, and only then the words."""
    found = speaker(**author)
    assert (found.stakeholder, found.evidence) == expected
    assert found.confidence == (0.6 if expected[1] == "words" else 1.0)
    assert found.dual_hat is (expected[0] == "employee")


@pytest.mark.parametrize(
    ("judged", "bar", "expected"),
    [
        ((AUTHORITY, 0.95, CUSTOMER, 0.03), 0.9, ("authority", "words", 0.95)),
        ((AUTHORITY, 0.9, CUSTOMER, 0.05), 0.9, ("authority", "words", 0.9)),
        ((AUTHORITY, 0.89, CUSTOMER, 0.06), 0.9, ("customer", "words_unsure", 0.06)),
        ((AUTHORITY, 0.6, PROSPECT, 0.3), 0.9, ("prospect", "words_unsure", 0.3)),
        ((AUTHORITY, 0.6, PROSPECT, 0.3), 0.5, ("authority", "words", 0.6)),
        ((PROSPECT, 0.4, PROSPECT, 0.4), 0.9, ("prospect", "words", 0.4)),
        ((STAKEHOLDERS.index("employee"), 0.95, CUSTOMER, 0.01), 0.9, ("employee", "words", 0.95)),
    ],
)
def test_words_alone_must_be_sure(judged: tuple[float, ...], bar: float, expected: tuple[str, str, float]) -> None:
    """Below the bar the author is a customer or a prospect, whichever is likelier; words never give anybody two hats."""
    found = speaker(judged=judged, bar=bar)
    assert tuple(found) == expected
    assert not found.dual_hat


@pytest.mark.parametrize(
    ("bio", "expected"),
    [
        ("Journalist. Opinions mine", "media"),
        ("Redakteurin beim Nordfunk", "media"),
        ("Periodista en Radio Norte", "media"),
        ("Journaliste @lejour", "media"),
        ("Журналист, Москва", "media"),
        ("朝日の記者です", "media"),
        ("ผู้สื่อข่าวสายเศรษฐกิจ", "media"),
        ("YTN 기자", "media"),
        ("Ex-journalist, now baker", None),
        ("Former news editor", None),
        ("ehemaliger Journalist", None),
        ("Not a journalist, just angry", None),
        ("Journalism student", None),
        ("Aspiring reporter", None),
        ("Official account of the Northtown police", "authority"),
        ("Offizieller Kanal der Polizei Nordstadt", "authority"),
        ("Cuenta oficial del Ministerio de Fomento", "authority"),
        ("MP for Northtown", "authority"),
        ("Former MP for Northtown", None),
        ("Married to the police", None),
        ("official fan club", None),
        ("Pilot at Aurora Air", "employee"),
        ("Arbeite bei Aurora Air", "employee"),
        ("Formerly engineer at Aurora Air", None),
        ("I work at home", None),
        ("Authorised reseller of Aurora Air tickets", "partner"),
        ("Shareholder of Aurora Air", "investor"),
        ("Investor, crypto, coffee", None),
        ("I love Aurora Air", None),
        ("", None),
    ],
)
def test_a_profile_is_taken_at_its_plain_word(bio: str, expected: str | None) -> None:
    """What somebody plainly is counts, in the present, and of staff, partners and investors only of the subject's own."""
    assert claim_of(bio, lambda text: "aurora air" in text) == expected

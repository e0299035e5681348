"""Judged posts through the whole flow, as a deployment configured it."""

from pathlib import Path

import orjson

from agents.inspect import judge_file
from agents.settings import load_settings

POSTS = (
    {"text": "My bag is lost and nobody answers the phone, I need it today!", "gate": "keep", "team": "support", "urgency": "high"},
    {"text": "Since the last update your app crashes whenever I open it", "gate": "keep", "team": "product", "urgency": "low"},
    {"text": "thank you so much, lovely crew today", "gate": "keep", "team": "comms", "urgency": "none"},
    {"text": "FREE entry! Win a prize, text WIN to 80086, claim it http://w.example", "gate": "spam", "team": "none", "urgency": "none"},
)  # fmt: skip
POLICY = "version: 1\nteams: [{name: desk}]\nrules: [{name: all, when: situation.kind == 'case', do: page, owner: desk}]\n"


def test_posts_are_followed_to_the_team_that_was_asked(tmp_path: Path) -> None:
    """Support has the bag, product the crash, nobody has to react to the thanks; another policy wakes another team for all but spam."""
    file, policy = tmp_path / "posts.jsonl", tmp_path / "policy.yaml"
    file.write_bytes(b"\n".join(orjson.dumps(one) for one in POSTS))
    policy.write_text(POLICY)
    shares = judge_file(load_settings(), file, sure_only=False).shares
    assert shares["asked, of posts to which a team should react"] == (2, 2)
    assert shares["right team, of posts on which one was asked"] == (2, 2)
    assert shares["let through, of spam"] == (0, 1)
    other = judge_file(load_settings(policy_file=policy), file, sure_only=False).shares
    assert other["asked, of posts to which a team should react"] == (0, 2)
    assert other["undeserved pages, of all posts"] == (3, 4)

"""Who may do what on the board: no change without identity, right and form token; hostile texts and addresses do nothing."""

import hashlib
import html
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from agents.board.access import Access, Buckets, access_of
from agents.board.answering import AnswerDesk
from agents.board.people import Member, Members, load_people, new_token, owner_of_machine
from agents.board.words import safe_link, shown
from agents.settings import load_settings
from schemas.errors import WinnowError
from tests.unit.agents.board.world import World, flow, outcome, seen, surge, world
from tests.unit.pipeline.decide.world import situation

TOKEN = "a-token-of-bo"
EVERYTHING = frozenset(["look", "answer", "silence", "steer"])


@pytest.fixture
def open_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """On loopback: whoever sits at the machine is `ana`."""
    return world(tmp_path, flow([surge(), situation("c", severity=0.8)]), monkeypatch)


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Bo answers for comms, Cy looks at comms, Di steers, Ed looks at all and answers for comms; tokens, and a proxy at 10.0.0.1."""
    people = Members(
        {
            "bo": Member("bo", {"comms": frozenset(["answer"])}),
            "cy": Member("cy", {"comms": frozenset(["look"])}),
            "di": Member("di", {"*": EVERYTHING}),
            "ed": Member("ed", {"*": frozenset(["look"]), "comms": frozenset(["answer"])}),
        },
        {"bo": hashlib.sha256(TOKEN.encode()).hexdigest()},
    )
    return world(
        tmp_path, flow([surge(), situation("c", severity=0.8)]), monkeypatch, people=people, proxies=frozenset(["10.0.0.1"]),
    )  # fmt: skip


POSTS = (
    "/answers", "/queue/comms/next", "/why/label", "/silences/make", "/silences/change", "/policy/diff", "/books/audit", "/books/rejected",
    "/books/models", "/leave",
)  # fmt: skip


def fields(made: World, token: str) -> dict[str, str]:
    """A form that has everything but perhaps the right token."""
    action = made.actions("comms")[0]
    return {
        "token": token, "action": action, "status": "done", "information": "0" * 32, "subject": "aurora", "name": "n", "when": "true",
        "reason": "r", "minutes": "30", "id": "x", "do": "end", "draft": "version: 1", "code": "c", "version": "v",
    }  # fmt: skip


@pytest.mark.parametrize("address", POSTS)
def test_nothing_changes_without_identity(guarded: World, address: str) -> None:
    """Nobody known: 401, with whatever token."""
    for token in ("", guarded.token("di"), "x"):
        assert guarded.ask("POST", address, form=fields(guarded, token))[0] == 401
    assert guarded.written == []


@pytest.mark.parametrize("address", POSTS)
@pytest.mark.parametrize("token", ["", "0" * 64, "somebody else's", "ä"])
def test_nothing_changes_without_the_forms_token(guarded: World, address: str, token: str) -> None:
    """Known, with all rights, but the form was not on a page of theirs: 403."""
    given = guarded.token("bo") if token == "somebody else's" else token
    assert guarded.ask("POST", address, form=fields(guarded, given), person="di")[0] == 403
    assert guarded.written == []


@pytest.mark.parametrize("address", [one for one in POSTS if one != "/leave"])
def test_nothing_changes_without_the_right(guarded: World, address: str) -> None:
    """Who may only look at comms changes nothing, nor may who answers for comms steer."""
    assert guarded.ask("POST", address, form=fields(guarded, guarded.token("cy")), person="cy")[0] == 403
    assert guarded.written == []


@pytest.mark.parametrize("header", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}])
def test_nothing_changes_from_another_site(open_board: World, header: dict[str, str]) -> None:
    """Even with the right token, should it ever leak."""
    form = fields(open_board, open_board.token("ana"))
    assert open_board.ask("POST", "/answers", form=form, headers=header)[0] == 403
    assert open_board.written == []


def test_rights_are_per_team(guarded: World) -> None:
    """Bo answers for comms and sees nothing of support; an answer carries who gave it."""
    comms, support = guarded.actions("comms")[0], guarded.actions("support")[0]
    assert guarded.ask("GET", "/queue/comms", person="bo")[0] == 200
    assert guarded.ask("GET", "/queue/support", person="bo")[0] == 403
    assert guarded.ask("GET", "/queue/all", person="bo")[0] == 403
    assert guarded.ask("GET", f"/action/{support}", person="bo")[0] == 403
    answered = {"token": guarded.token("bo"), "status": "acknowledged"}
    assert guarded.ask("POST", "/answers", form=answered | {"action": support}, person="bo")[0] == 403
    assert guarded.ask("POST", "/answers", form=answered | {"action": [comms, support], "sure": "yes"}, person="bo")[0] == 403
    assert guarded.written == []
    assert guarded.ask("POST", "/answers", form=answered | {"action": comms}, person="bo")[0] == 303
    assert [(str(one.status), one.team, one.by) for one in guarded.written] == [("acknowledged", "comms", "bo")]


@pytest.mark.parametrize(("person", "looks", "labels"), [("bo", 403, 403), ("cy", 403, 403), ("ed", 200, 403), ("di", 200, 303)])
def test_why_not_is_for_who_does_it_for_all_teams(
    guarded: World, monkeypatch: pytest.MonkeyPatch, person: str, looks: int, labels: int
) -> None:
    """One rule: a post that nobody was asked about is no team's. Who looks at all may read of it, who answers for all may label it."""
    given = []

    async def label(_: AnswerDesk, information: str, subject: str, *, by: str) -> None:
        given.append((information, subject, by))

    monkeypatch.setattr(AnswerDesk, "label", label)
    form = {"token": guarded.token(person), "information": "0" * 32, "subject": "aurora"}
    assert guarded.ask("GET", "/why", person=person)[0] == looks
    assert guarded.ask("POST", "/why/label", form=form, person=person)[0] == labels
    assert given == ([("0" * 32, "aurora", person)] if labels == 303 else [])


@pytest.mark.parametrize("address", ["/queue/comms?state=all&sort=gravest&q=a+%26+b", "/", "/action/x?y=%2F%2Fevil.example"])
def test_signing_in_leads_to_where_one_wanted(guarded: World, address: str) -> None:
    """A deep link keeps its filters, through a wrong token as well."""
    status, headers, _ = guarded.ask("GET", address)
    assert status == 303
    shown = guarded.ask("GET", headers["location"])[2]
    wrong = guarded.ask("POST", "/enter", form={"token": "guess", "back": hidden(shown)})[2]
    assert hidden(wrong) == hidden(shown)
    entered = guarded.ask("POST", "/enter", form={"token": TOKEN, "back": hidden(wrong)})
    assert (entered[0], parse_qsl(urlsplit(entered[1]["location"]).query)) == (303, parse_qsl(urlsplit(address).query))
    assert urlsplit(entered[1]["location"]).path == urlsplit(address).path


def hidden(page: str) -> str:
    """Where a page's form to sign in leads back to."""
    found = re.search(r'name="back" value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_the_same_answer_twice_is_written_once(open_board: World) -> None:
    """A button pressed twice, or again after a crash: one record; nobody takes what somebody else has."""
    action = open_board.actions("comms")[0]
    form = {"token": open_board.token("ana"), "action": action, "status": "acknowledged"}
    for _ in range(3):
        assert open_board.ask("POST", "/answers", form=form)[0] == 303
    assert len(open_board.written) == 1
    other = open_board.actions("support")[0]
    open_board.board.store.apply(seen("outcomes", [outcome(other, "support", "acknowledged", by="bo")], 90), {}, 0)
    assert "kept" in open_board.ask("POST", "/answers", form=form | {"action": other})[1]["location"]
    assert open_board.ask("POST", "/answers", form=form | {"action": other, "status": "undo"})[0] == 400
    assert len(open_board.written) == 1


def test_many_at_once_are_written_only_when_sure(open_board: World) -> None:
    """The first form asks, the second writes."""
    chosen = [*open_board.actions("comms"), *open_board.actions("support")]
    form = {"token": open_board.token("ana"), "action": chosen, "status": "done"}
    status, _, body = open_board.ask("POST", "/answers", form=form)
    assert (status, open_board.written) == (200, [])
    assert f"Yes, all {len(chosen)}" in body
    assert open_board.ask("POST", "/answers", form=form | {"sure": "yes"})[0] == 303
    assert [one.action_id for one in open_board.written] == chosen


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "evil.example:8440", "[::2]:8440", "127.0.0.1@evil.example"]
)
def test_a_foreign_host_is_refused(open_board: World, host: str) -> None:
    """A name that an attacker points at our address reads nothing (DNS rebinding)."""
    assert open_board.ask("GET", "/", headers={"host": host})[0] == 421
    assert open_board.ask("GET", "/", headers={"host": "LOCALHOST:9"})[0] == 200


def test_only_a_named_proxy_says_who_asks(guarded: World) -> None:
    """The header counts from 10.0.0.1, from nobody else, and only for who is in the file."""
    header = {"x-forwarded-user": "di"}
    assert guarded.ask("GET", "/queue/all", headers=header, client="10.0.0.1")[0] == 200
    assert guarded.ask("GET", "/queue/all", headers=header, client="10.0.0.2")[0] == 303
    assert guarded.ask("GET", "/queue/all", headers=header, client="127.0.0.1")[0] == 303
    assert guarded.ask("GET", "/queue/all", headers={"x-forwarded-user": "eve"}, client="10.0.0.1")[0] == 303


def test_a_token_lets_in_and_a_made_up_cookie_does_not(guarded: World) -> None:
    """Signing in gives a strict, script-proof cookie; a changed or old one is nobody's; guessing is slowed down."""
    status, headers, _ = guarded.ask("POST", "/enter", form={"token": TOKEN, "back": "//evil.example"})
    assert (status, headers["location"]) == (303, "/")
    cookie = headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    value = cookie.split(";")[0].partition("=")[2]
    assert guarded.board.access.read_cookie(value, 0) == "bo"
    assert guarded.board.access.read_cookie(value, 1e12) is None
    for wrong in (value[:-1] + ("0" if value[-1] != "0" else "1"), "x", "", "..", value.replace(b"bo".hex(), b"di".hex())):
        assert guarded.board.access.read_cookie(wrong, 0) is None
    tried = [guarded.ask("POST", "/enter", form={"token": f"guess{n}"})[0] for n in range(8)]
    assert tried == [403] * 5 + [429] * 3


def test_too_many_requests_are_refused(open_board: World) -> None:
    """A burst is served, a flood is not."""
    open_board.board.access.reading = Buckets(rate=0, burst=5)
    assert [open_board.ask("GET", "/queue")[0] for _ in range(7)] == [200] * 5 + [429] * 2
    assert open_board.ask("GET", "/live")[0] == 200


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}\x1b[2J\u202egpj.exe\u2066"


def test_hostile_texts_in_every_field_are_shown_harmlessly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Markup is text, ESC and marks of direction are spelled out, links lead to http only; on every page that shows them."""
    records = flow([surge(text=HOSTILE, facet=HOSTILE, subject="aurora"), situation("i", kind="idea", authors=5, text=HOSTILE)])
    poisoned = []
    for one in records:
        value = one.value or b""
        if one.noun.startswith("actions."):
            import orjson  # noqa: PLC0415  # only here

            message = orjson.loads(value)
            for name in ("summary", "rule", "subject", "contact", "owner"):
                message[name] = HOSTILE
            message["peers"] = [HOSTILE]
            message["reply"] = {"source": HOSTILE, "reply_to": "1", "url": "javascript:alert(1)", "private": False}
            message["evidence"] = [piece | {"excerpt": HOSTILE} for piece in message["evidence"]]
            value = orjson.dumps(message)
        poisoned.append(one._replace(value=value))
    made = world(tmp_path, poisoned, monkeypatch)
    action, team = made.actions("comms")[0], "comms"
    made.board.store.apply(seen("outcomes", [outcome(action, team, "received", by=HOSTILE, comment=HOSTILE, reason=HOSTILE)], 50), {}, 0)
    story = made.board.store.value("SELECT id FROM situations WHERE kind = 'surge'")
    pages = [
        "/",
        "/queue",
        "/queue/comms",
        "/queue/all?q=script",
        f"/action/{action}",
        f"/situation/{story}",
        "/ideas",
        "/search?q=alert",
        f"/silences?from={story}",
    ]
    for address in pages:
        status, _, body = made.ask("GET", address)
        assert status == 200, address
        assert "<script>alert" not in body, address
        assert "<img src=x" not in body, address
        assert "javascript:" not in body, address
        assert not re.search("[\x1b\u202e\u2066]", body), address
        assert "49" not in re.findall(r"&gt;(\d+)\\x1b", body), address
    assert "\\u202e" in made.ask("GET", f"/action/{action}")[2]
    assert HOSTILE.encode() not in made.ask("GET", "/queue/comms.csv?state=all")[2].encode()


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x", "\tx"])
def test_a_spreadsheet_computes_nothing(text: str) -> None:
    """Cells that begin like a formula are quoted."""
    from agents.board.page_queue import _cell  # noqa: PLC0415  # the one place

    assert not str(_cell(text)).startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize("address", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/people.py", "/static/", "/queue/..%2f..%2fetc"])
def test_no_other_file_can_be_had(open_board: World, address: str) -> None:
    """Three files, by name."""
    assert open_board.ask("GET", address)[0] == 404


def test_every_answer_carries_the_headers_of_safety(open_board: World) -> None:
    """No inline script or style, no frame, no sniffing; refusals too."""
    for address in ("/", "/nothing", "/static/board.js"):
        _, headers, body = open_board.ask("GET", address)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<[^>]+\s(on\w+|style)=", body) or address.endswith(".js")


FOREIGN = (
    "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb: c", "/\t/evil.example", " //evil.example",
    "/ /evil.example", "", "evil.example", "/" + "a" * 9_000,
)  # fmt: skip


@pytest.mark.parametrize("place", FOREIGN)
def test_signing_in_leads_to_this_board_only(guarded: World, place: str) -> None:
    """Whatever the link that led to it says, on the page or in the form."""
    shown = guarded.ask("GET", f"/enter?{urlencode({'back': place})}")
    assert shown[0] == 414 or hidden(shown[2]) == "/"
    assert guarded.ask("POST", "/enter", form={"token": TOKEN, "back": place})[1]["location"] == "/"


@pytest.mark.parametrize("place", FOREIGN)
def test_a_form_leads_back_to_this_board_only(open_board: World, place: str) -> None:
    """An open redirect would lend our name to somebody else's page."""
    action = open_board.actions("comms")[0]
    form = {"token": open_board.token("ana"), "action": action, "status": "acknowledged", "back": place}
    _, headers, _ = open_board.ask("POST", "/answers", form=form)
    assert headers["location"].startswith("/?said=")


def test_a_form_is_bounded(open_board: World) -> None:
    """Too large, too many fields, no form at all."""
    token = open_board.token("ana")
    assert open_board.ask("POST", "/answers", form={"token": token, "x": "y" * 400_000})[0] == 413
    assert open_board.ask("POST", "/answers", form={"token": token, "x": ["y"] * 2_000})[0] == 400
    assert open_board.ask("POST", "/answers", headers={"content-type": "application/json"})[0] == 415


def test_a_board_that_others_reach_lets_nobody_in_unnamed() -> None:
    """Refused before it listens, with what to do."""
    me = owner_of_machine("ana")
    with pytest.raises(WinnowError, match="WINNOW_BOARD_PEOPLE_FILE"):
        access_of(load_settings(board_host="0.0.0.0"), None, me)
    with pytest.raises(WinnowError, match="WINNOW_BOARD_PEOPLE_FILE"):
        access_of(load_settings(board_proxies="10.0.0.1"), None, me)
    with pytest.raises(WinnowError, match="no address"):
        access_of(load_settings(board_proxies="proxy.example"), None, me)
    with pytest.raises(WinnowError, match="winnow board --token-for"):
        access_of(load_settings(), Members({"bo": Member("bo", {})}, {}), me)


def test_the_key_is_kept_for_the_owner_only(tmp_path: Path) -> None:
    """Open pages survive a restart; nobody else reads what signs them."""
    settings = load_settings(board_folder=tmp_path)
    first, second = (access_of(settings, None, owner_of_machine("ana")) for _ in range(2))
    assert isinstance(first, Access)
    assert first.form_token(Member("ana", {})) == second.form_token(Member("ana", {}))
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    given = access_of(load_settings(board_folder=tmp_path, board_key="shared"), None, owner_of_machine("ana"))
    assert given.key != first.key


def test_a_file_of_people(tmp_path: Path) -> None:
    """Read strictly: rights per team, tokens by their hash; a mistake is named."""
    token, hashed = new_token()
    file = tmp_path / "people.yaml"
    file.write_text(f"version: 1\npeople:\n  - {{name: bo, token_sha256: {hashed}, teams: {{comms: [answer]}}}}\n")
    people = load_people(file)
    bo = people.with_token(token)
    assert bo is not None
    assert (bo.may("answer", "comms"), bo.may("look", "comms"), bo.may("answer", "support"), bo.may("steer", "*")) == (
        True,
        True,
        False,
        False,
    )
    assert people.with_token("another") is None
    file.write_text("version: 1\npeople:\n  - {name: bo, teams: {comms: [rule]}}\n")
    with pytest.raises(WinnowError, match=r"people.0.teams.comms.0"):
        load_people(file)


def test_marks_that_nobody_sees_are_spelled_out_and_scripts_stay_whole() -> None:
    """Joiners of emoji and Persian stay; links are http or none."""
    assert shown("a\u202eb\x1b\u200bc") == "a\\u202eb\\x1b\\u200bc"
    assert shown("👩\u200d👩\u200d👧 می\u200cخواهم שלום") == "👩\u200d👩\u200d👧 می\u200cخواهم שלום"
    assert [safe_link(one) for one in ("https://a.example/x", "javascript:x", "data:x", "https://a b", None)] == [
        "https://a.example/x",
        None,
        None,
        None,
        None,
    ]

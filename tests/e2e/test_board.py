"""The board as people use it: a real browser on a running flow on a real Kafka."""

import re
import threading
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import STAGES
from tests.conftest import absent
from tests.e2e.board_world import BoardProcess, RunningFlow, settings_of, until
from tests.integration.policy_world import seen, send

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

CHROMIUM = Path("/usr/bin/chromium")
SCREENS = (
    "/", "/queue", "/queue/support", "/queue/all", "/ideas", "/silences", "/why", "/policy", "/books", "/books/rejected", "/books/models",
    "/search?q=refund",
)  # fmt: skip
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def flow(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFlow]:
    """One running flow for all tests here."""
    with RunningFlow(settings_of(kafka, f"b{uuid.uuid4().hex[:6]}"), tmp_path_factory.mktemp("flow")) as running:
        yield running


@pytest.fixture(scope="module")
def board(flow: RunningFlow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoardProcess]:
    """One board for all tests here."""
    with BoardProcess(flow.settings, tmp_path_factory.mktemp("board"), workers=flow.sift) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium, headless; required in CI."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # its absence is a visible skip
    except ImportError:
        absent("playwright is not installed")
    if not CHROMIUM.exists():
        absent("no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own; whatever its console calls an error fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened, faults = context.new_page(), list[str]()
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert [fault for fault in faults if "ERR_CONNECTION" not in fault and "ERR_INCOMPLETE" not in fault] == []


def outcomes(flow: RunningFlow, action: str) -> list[dict[str, Any]]:
    """What people have said of one action, in order; not what act passes on to peers."""
    return [one for one in flow.run(seen(flow.settings, "outcomes")) if one["action_id"] == action and "for_peer" not in one]


async def ask_more(flow: RunningFlow, like: str) -> None:
    """One more action, as act would write it, like one that is there."""
    asked = [one for team in flow.teams for one in await seen(flow.settings, f"actions.{team}")]
    found = next(one for one in asked if one["action_id"] == like)
    message = {name: value for name, value in found.items() if name not in ("appended", "place")}
    await send(flow.settings, f"actions.{found['team']}", found["situation"], {**message, "action_id": uuid.uuid4().hex})


def first_waiting(page: Any, board: BoardProcess, team: str = "support") -> str:
    """Go to a team's queue and choose the first item by key; its id."""
    page.goto(f"{board.url}/queue/{team}?state=waiting")
    page.keyboard.press("j")
    return str(page.locator(".item.current").get_attribute("data-id"))


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_opens_and_is_accessible(page: Any, board: BoardProcess, screen: str) -> None:
    """200, no error in the console, no serious finding of axe, light and dark."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # only where the browser is

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.goto(board.url + screen).status == 200
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == [], scheme


@pytest.mark.parametrize(
    "screen", ["/", "/queue", "/queue/support", "/ideas", "/silences", "/why", "/policy", "/books", "/search?q=refund"]
)
def test_a_phone_shows_it_without_scrolling_sideways(page: Any, board: BoardProcess, screen: str) -> None:
    """What is wider than the page scrolls inside of itself."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(board.url + screen)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_acknowledged_by_key_then_undone(page: Any, board: BoardProcess, flow: RunningFlow) -> None:
    """`j`, `a`: an outcome with who did it; `u`: taken back. Both are on the topic, once."""
    # Ten seconds are for people; this machine may take longer from one line to the next.
    page.add_init_script("const wait = window.setTimeout; window.setTimeout = (then, ms) => wait(then, ms === 10000 ? 600000 : ms);")
    action = first_waiting(page, board)
    page.keyboard.press("a")
    row = page.locator(f'.item[data-id="{action}"]')
    row.locator(".state.acknowledged").wait_for()
    me = page.locator("#me").inner_text()
    assert me in row.locator(".state").inner_text()
    page.locator("#toast button").wait_for()  # the row may hear of it before the answer does, which brings the way back
    page.keyboard.press("u")
    until("it waits again", lambda: row.locator(".meta .state.none").count())
    said = outcomes(flow, action)
    assert [(one["status"], one.get("reason"), one["by"]) for one in said] == [("acknowledged", None, me), ("overturned", "undo", me)]


def test_declined_with_a_reason(page: Any, board: BoardProcess, flow: RunningFlow) -> None:
    """`d` asks why; `2` says that it is another team's."""
    action = first_waiting(page, board)
    page.keyboard.press("d")
    page.locator("#decline[open]").wait_for()
    page.keyboard.press("2")
    until("the decline is on the topic", lambda: [one for one in outcomes(flow, action) if one["status"] == "declined"])
    last = outcomes(flow, action)[-1]
    assert (last["status"], last["reason"]) == ("declined", "wrong_team")
    page.goto(f"{board.url}/action/{action}")
    page.locator(".one .facts .state.declined").wait_for()


def test_without_scripts_by_plain_forms(browser: Any, board: BoardProcess, flow: RunningFlow) -> None:
    """Acknowledged, taken back by the banner's button, and declined, with scripts off."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{board.url}/queue/support?state=waiting")
    action = page.locator(".item").first.get_attribute("data-id")
    page.locator(f'.item[data-id="{action}"]').get_by_role("button", name="Acknowledge").click()
    page.locator(".banner.good").get_by_role("button", name="Undo").click()
    page.goto(f"{board.url}/action/{action}")
    page.locator("#decline-here input[name=comment]").fill("our competitor's")
    page.locator("#decline-here").get_by_role("button", name="Decline").click()
    context.close()
    said = [(one["status"], one.get("comment")) for one in outcomes(flow, action)]
    assert said[-3:] == [("acknowledged", None), ("overturned", None), ("declined", "our competitor's")]


def test_many_at_once_are_asked_about_once_more(page: Any, board: BoardProcess, flow: RunningFlow) -> None:
    """Two chosen, done: a page asks whether to; then both are."""
    page.goto(f"{board.url}/queue/support?state=waiting")
    boxes = page.locator(".item input[type=checkbox]")
    chosen = [boxes.nth(number).input_value() for number in range(2)]
    for number in range(2):
        boxes.nth(number).check()
    page.locator("#bulk").get_by_role("button", name="Done").click()
    assert "all 2" in page.locator("h1").inner_text()
    assert [one for action in chosen for one in outcomes(flow, action)] == []
    page.get_by_role("button", name="Yes, all 2").click()
    until("both are done", lambda: [one["status"] for action in chosen for one in outcomes(flow, action)] == ["done", "done"])


def test_a_deep_link_opens_the_same_view(page: Any, board: BoardProcess, browser: Any) -> None:
    """Filters are in the address: another browser sees the same list."""
    page.goto(f"{board.url}/queue/all")
    page.locator("select[name=sort]").select_option("gravest")
    page.locator("select[name=state]").select_option("all")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url(re.compile("sort=gravest"))
    context = browser.new_context()
    other = context.new_page()

    def ids(of: Any) -> list[str]:
        of.goto(page.url)
        return list(of.locator(".item").evaluate_all("all => all.map(one => one.dataset.id)"))

    until("both show the same", lambda: ids(other) == ids(page))  # the flow runs on
    assert len(ids(page)) > 10
    context.close()


def test_live_without_rows_that_jump(page: Any, board: BoardProcess, flow: RunningFlow) -> None:
    """New actions wait behind "n new"; what is there stays in its place until that is pressed."""
    page.goto(f"{board.url}/queue/all?sort=newest")
    before = page.locator(".item").evaluate_all("all => all.map(one => one.dataset.id)")
    flow.run(ask_more(flow, before[0]))
    page.locator("#fresh button").wait_for(timeout=60_000)
    assert page.locator(".item").evaluate_all("all => all.map(one => one.dataset.id)") == before
    page.locator("#fresh button").click()
    until("the new ones are shown", lambda: page.locator(".item").first.get_attribute("data-id") not in before)


def test_an_answer_of_somebody_else_is_shown_in_place(page: Any, board: BoardProcess, browser: Any) -> None:
    """What one person acknowledges another sees, without doing anything."""
    page.goto(f"{board.url}/queue/support?state=waiting&sort=newest")
    action = page.locator(".item").first.get_attribute("data-id")
    context = browser.new_context()
    other = context.new_page()
    other.goto(f"{board.url}/action/{action}")
    other.keyboard.press("a")
    page.locator(f'.item[data-id="{action}"] .state.acknowledged').wait_for()
    context.close()


def test_a_situation_is_silenced_in_two_clicks(page: Any, board: BoardProcess, flow: RunningFlow) -> None:
    """From its story to a silence on the topic that names what it is about, whose it is and until when."""
    page.goto(f"{board.url}/ideas")
    page.locator(".item a.open").first.click()
    page.locator("#silence-this").click()
    page.locator("[name=reason]").fill("known since Monday")
    page.get_by_role("button", name="What would it have matched").click()
    assert "would have left alone" in page.locator("[role=status].banner", has_text="24 hours").inner_text()
    page.get_by_role("button", name="Silence it").click()
    page.locator(".item", has_text="known since Monday").wait_for()
    made = flow.run(seen(flow.settings, "silences"))
    assert [(one["reason"], "situation.kind == 'idea'" in one["when"]) for one in made] == [("known since Monday", True)]
    page.get_by_role("button", name="End it").click()
    page.locator(".item.closed", has_text="known since Monday").wait_for()
    assert flow.run(seen(flow.settings, "silences"))[-1]["ended_by"] == page.locator("#me").inner_text()


def test_why_not_tells_a_post_and_takes_a_label(page: Any, board: BoardProcess, flow: RunningFlow) -> None:
    """An event by its id: its story; "this should have been asked" becomes a label."""
    chaff = next(one for one in flow.run(seen(flow.settings, "chaff")) if one["lineage"]["topic"] == "posts")
    place = "posts:{partition}:{offset}".format(**chaff["lineage"])
    page.goto(f"{board.url}/why?what={urllib.parse.quote(place)}")
    assert chaff["disposition"] in page.locator("pre").inner_text() or "set aside" in page.locator("pre").inner_text()
    page.get_by_role("button", name="This should have been asked").first.click()
    page.locator(".banner.good", has_text="Noted").wait_for()
    labels = flow.run(seen(flow.settings, "labels"))
    assert (chaff["id"], "noise", "false") in [(one["information"], one["facet"], one["value"]) for one in labels]


def test_the_books_tell_how_far_the_stages_are(page: Any, board: BoardProcess, flow: RunningFlow) -> None:
    """What nobody has taken in yet is counted, where it lies; sift is asked for its drift, and is too young to know."""

    def read() -> list[str]:
        page.goto(f"{board.url}/books")
        return list(page.locator("#lag tr").all_inner_texts())

    def told() -> bool:
        """A page waits three seconds for the first look at the workers, and says so when that was not enough."""
        return len(rows := read()) == len(STAGES) and not any("not known" in row for row in rows)

    until("the books know", told)
    until("sift answers", lambda: read() and "Nothing to compare yet" in page.locator("#drift").inner_text())
    assert [row.split()[0] for row in read()] == list(STAGES)


def test_two_people_never_get_the_same_item(board: BoardProcess, flow: RunningFlow, tmp_path: Path) -> None:
    """Two boards, ten who ask for the next one at the same time: ten different items."""
    with BoardProcess(flow.settings, tmp_path) as second:
        got = list[str]()

        def take(url: str) -> None:
            token = re.search(r'data-token="([0-9a-f]+)"', _read(f"{url}/queue/support"))
            assert token is not None
            asked = urllib.request.Request(
                f"{url}/queue/support/next", urllib.parse.urlencode({"token": token[1]}).encode(), {"X-Winnow": "1"}
            )
            with urllib.request.urlopen(asked, timeout=60) as answer:
                got.append(answer.read().decode())

        people = [threading.Thread(target=take, args=(one.url,)) for one in (board, second) * 5]
        for one in people:
            one.start()
        for one in people:
            one.join()
    assert len(got) == 10
    assert len({*got}) == 10, got


def test_lost_connection_is_shown_and_kill_9_loses_no_answer(page: Any, board: BoardProcess, flow: RunningFlow, tmp_path: Path) -> None:
    """The board is killed after an answer: the page says so, and is well again; the answer is there once; a rebuilt board says the same."""
    action = first_waiting(page, board)
    page.keyboard.press("a")
    page.locator(f'.item[data-id="{action}"] .state.acknowledged').wait_for()
    board.kill()
    page.locator("#lost:not([hidden])").wait_for()
    page.keyboard.press("x")
    page.locator("#toast", has_text="not known").wait_for()
    board.start()
    page.locator("#lost[hidden]").wait_for(state="attached", timeout=60_000)
    page.keyboard.press("a")
    page.locator("#toast", has_text="answered already").wait_for()
    page.keyboard.press("x")
    until("done is on the topic", lambda: outcomes(flow, action)[-1]["status"] == "done")
    assert [one["status"] for one in outcomes(flow, action)][-2:] == ["acknowledged", "done"]
    with BoardProcess(flow.settings, tmp_path) as rebuilt:
        for place in ("/queue/all.csv?state=all", "/queue/support.csv"):  # the flow runs on: what is due by the clock may come in between
            until(f"both say the same in {place}", lambda place=place: _lines(rebuilt.url + place) == _lines(board.url + place))


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def _lines(url: str) -> list[str]:
    return sorted(_read(url).splitlines())

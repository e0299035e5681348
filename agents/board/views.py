"""Which changes each screen shows: an address and who looks in, a `View` out. A screen that is not live shows none."""

from urllib.parse import parse_qsl

from agents.board.changes import Moved, Touched, View
from agents.board.looking import Filters
from agents.board.people import EVERY_TEAM, Member
from agents.board.store import Store

ALL = "all"


def view_of(store: Store, person: Member, address: str) -> View:
    """What the screen at an address (path and query) shows this person; asks the database, so not on the loop."""
    return _view_of(store, person, address) or (lambda _: False)


def _view_of(store: Store, person: Member, address: str) -> View | None:
    path, _, query = address.partition("?")
    match path.strip("/").split("/"):
        case [("" | "queue") as screen]:
            return lambda touched: (not screen and "surges" in touched.nouns) or _moved(touched, person)
        case ["queue", team] if person.may("look", EVERY_TEAM if team == ALL else team):
            filters = Filters.of(dict(parse_qsl(query)))
            return lambda touched: any(_in_queue(one, team, filters) for one in touched.moved)
        case ["action", action]:
            row = store.row("SELECT team, situation FROM actions WHERE id = ?", (action,))
            if row is not None and person.may("look", row["team"]):
                return _of_ids(action, row["situation"])
        case ["situation", situation] if person.may("look"):
            return _of_ids(situation)
        case ["ideas" | "silences" as noun] if person.may("look"):
            return lambda touched: noun in touched.nouns
    return None


def _of_ids(*ids: str) -> View:
    return lambda touched: not touched.ids.isdisjoint(ids)


def _moved(touched: Touched, person: Member) -> bool:
    return any(person.may("look", team) for team in {one.team for one in touched.moved})


def _in_queue(one: Moved, team: str, filters: Filters) -> bool:
    """Whether an action is in the list, or was before; of words that are filtered by nothing is known here."""
    return team in (ALL, one.team) and filters.admit(one)

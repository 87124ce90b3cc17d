"""What the model of a store knows: plain dicts, and what every part of the model asks of them.

A plan says what a request must do before it is sent: it raises `RefusedError` with the code of the
problem, or returns what to do to the dicts once the answer is there. Only ids come from answers.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

Json = dict[str, Any]
Apply = Callable[[Json], None]

WAITING = ("open", "acknowledged")


class RefusedError(Exception):
    """The request must be refused with the problem `code`, and change nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refuse_if(wrong: object, code: str) -> None:
    if wrong:
        raise RefusedError(code)


class State:
    def __init__(self, read: Callable[[str], Json], now: datetime) -> None:
        self.read = read
        self.now = now
        self.tables: dict[str, Json] = {}
        self.sessions: dict[str, Json] = {}
        self.orders: dict[str, Json] = {}
        self.calls: dict[str, Json] = {}
        self.baskets: dict[str, dict[str, Json]] = {}
        self.guests: dict[str, Json] = {}
        self.call_types: dict[str, Json] = {}
        self.menu: dict[str, Json] = {}
        self.options: dict[str, Json] = {}
        self.upcharges: dict[str, int] = {}
        self.switches: Json = {
            "paused": [],
            "until": None,
            "last_order": None,
            "guest_cancel_allowed": False,
            "max_lines": None,
            "max_quantity": None,
            "minimum_items": 0,
            "minimum_amount": 0,
            "window": 0,
            "duplicate_action": "flag",
            "acceptance": {},
            "prefixes": {},
            "most_calls": 10,
        }
        self.counter: tuple[str, int] = ("", 0)
        self.trusted: set[str] = set()
        self.told: Counter[tuple[str, str]] = Counter()

    def tell(self, type_: str, id_: str) -> None:
        """An event that this step must leave, once for each time it is said."""
        self.told[type_, id_] += 1

    # Sessions and tables

    def tables_of(self, session: Json) -> set[str]:
        """Where a party sits: nowhere once it has left."""
        return {session["table"], *session["linked"]} if session["status"] == "open" else set()

    def party_at(self, table_id: str) -> Json | None:
        """The session that has the table, its own or a linked one."""
        for session in self.sessions.values():
            if table_id in self.tables_of(session):
                return session
        return None

    def open_session(self, session_id: str) -> Json:
        session = self.known(self.sessions, session_id)
        refuse_if(session["status"] != "open", "session-not-open")
        return session

    def known(self, rows: dict[str, Json], id_: str) -> Json:
        refuse_if(id_ not in rows, "not-found")
        return rows[id_]

    def live_table(self, table_id: str) -> Json:
        table = self.known(self.tables, table_id)
        refuse_if(table["archived"], "not-found")
        return table

    def free_table(self, table_id: str, *, but_for: str | None = None) -> None:
        self.live_table(table_id)
        party = self.party_at(table_id)
        refuse_if(party is not None and party["id"] != but_for, "table-occupied")

    def seat(self, session_id: str, table_id: str, guest_count: int | None = None) -> Json:
        """A new session, told of."""
        session: Json = {
            "id": session_id,
            "table": table_id,
            "linked": set(),
            "status": "open",
            "guest_count": guest_count,
            "merged_into": None,
            "ended_on": None,
            "version": 1,
        }
        self.sessions[session_id] = session
        self.tell("session.opened", session_id)
        return session

    # Orders and their lines

    def orders_of(self, session_id: str) -> list[Json]:
        return [one for one in self.orders.values() if one["session"] == session_id]

    def touch_order(self, order: Json) -> None:
        """The order's next version, told of."""
        order["version"] += 1
        cancelled = status_of(order) == "cancelled"
        self.tell("order.cancelled" if cancelled else "order.updated", order["id"])

    def rearranged(self, orders: Iterable[Json]) -> None:
        """Orders that changed seats: an update, whatever has become of them before."""
        for order in orders:
            order["version"] += 1
            self.tell("order.updated", order["id"])


STATUSES = ("pending", "preparing", "ready", "served")


def left(line: Json) -> int:
    """The portions of a line that are not cancelled."""
    return int(line["quantity"] - line["cancelled"])


def least(lines: Iterable[Json]) -> str:
    """The least advanced of the live ones; cancelled when there is none."""
    live = [one["status"] for one in lines if one["status"] != "cancelled"]
    return min(live, key=STATUSES.index) if live else "cancelled"


def parts(order: Json, line: Json) -> list[Json]:
    return [one for one in order["lines"] if one["parent"] == line["id"]]


def counted(order: Json) -> list[Json]:
    """Dishes and sets: what a total counts."""
    return [one for one in order["lines"] if one["parent"] is None]


def worked_on(order: Json) -> list[Json]:
    """Dishes and the parts of sets: what the kitchen moves."""
    return [one for one in order["lines"] if not parts(order, one)]


def status_of(order: Json) -> str:
    return least(worked_on(order))


def total_of(order: Json) -> int:
    return sum(one["price"] * left(one) for one in counted(order))


def with_parts(order: Json, line: Json, portions: int) -> list[tuple[Json, int]]:
    """A line with so many of its portions, and what of a set's parts goes along."""
    return [(line, portions), *((one, one["per_set"] * portions) for one in parts(order, line))]


def follow_parts(order: Json) -> None:
    for line in order["lines"]:
        if own := parts(order, line):
            line["status"] = least(own)

"""What the service shows of a store, and what its events tell, against the model."""

from collections import Counter

from tests.machine.side import Side
from tests.machine.state import WAITING, Json, left, parts, status_of, total_of
from tests.support.invariants import broken
from tests.support.menu_building import ok

STATUSES = ("pending", "preparing", "ready", "served", "cancelled")


def is_untouched(side: Side) -> None:
    """Nothing has happened in a store of which nothing was asked."""
    assert side.head() == side.seen


def agree(side: Side) -> None:
    """Lists, details, board, stock and events all say what the model says."""
    staff, model = side.people["reader"], side.model
    sessions = {one["id"]: one for one in ok(staff.get("/sessions?limit=200"))["data"]}
    orders = {one["id"]: one for one in ok(staff.get("/orders?limit=200"))["data"]}
    calls = {one["id"]: one for one in ok(staff.get("/service-requests?limit=200"))["data"]}
    assert {k: _session(v) for k, v in sessions.items()} == _expected_sessions(side)
    assert {k: _order(v) for k, v in orders.items()} == {
        k: _expected_order(side, v) for k, v in model.orders.items()
    }
    assert {k: _call(v) for k, v in calls.items()} == {
        k: {name: v[name] for name in ("table", "session", "status", "version")}
        for k, v in model.calls.items()
    }
    board = ok(staff.get("/tables/board"))
    assert board["event_seq"] == side.head()
    _agree_on_board(side, board, sessions, calls)
    _agree_on_events(side, sessions, orders, calls)
    # By turns, since each asks for something of its own.
    side.turns += 1
    if side.turns % 3 == 0:
        _agree_on_tables(side, board, sessions)
    elif side.turns % 3 == 1:
        _agree_on_menu(side)


def adds_up(side: Side) -> None:
    """What must be true of any store, asked of the database."""
    assert broken(side.shop) == {}


def _session(shown: Json) -> Json:
    return {
        "table": shown["table"]["id"],
        "linked": {one["id"] for one in shown["linked_tables"]},
        "status": shown["status"],
        "guest_count": shown["guest_count"],
        "merged_into": shown["merged_into_id"],
        "version": shown["version"],
        "order_count": shown["order_count"],
        "total": shown["total"],
    }


def _expected_sessions(side: Side) -> dict[str, Json]:
    found = {}
    for id_, one in side.model.sessions.items():
        orders = side.model.orders_of(id_)
        kept = ("table", "linked", "status", "guest_count", "merged_into", "version")
        sums = {"order_count": len(orders), "total": sum(total_of(order) for order in orders)}
        found[id_] = {name: one[name] for name in kept} | sums
    return found


def _order(shown: Json) -> Json:
    names = ("number", "display_number", "held", "duplicate_of", "version", "status", "total")
    sums: Counter[str] = Counter()
    for one in shown["lines"]:
        if one["parent_line_id"] is not None:
            sums[one["parent_line_id"]] += one["total"]
    lines = [
        (
            *(one["id"], one["parent_line_id"], one["item_id"], one["quantity"]),
            *(one["cancelled_quantity"], one["status"]),
            None if one["parent_line_id"] else one["total"],
            sums.get(one["id"], one["total"]) if not one["parent_line_id"] else None,
        )
        for one in shown["lines"]
    ]
    places = {"session": shown["session_id"], "table": shown["table"]["id"]}
    return (
        {name: shown[name] for name in names}
        | places
        | {
            "date": shown["business_date"],
            "channel": shown["channel"],
            "lines": sorted(lines),
        }
    )


def _expected_order(side: Side, order: Json) -> Json:
    lines = []
    for one in order["lines"]:
        total = None if one["parent"] else one["price"] * left(one)
        kept = [one[name] for name in ("id", "parent", "item", "quantity", "cancelled", "status")]
        lines.append((*kept, total, total))
        assert one["status"] == status_of({"lines": parts(order, one) or [one]})
    names = ("number", "held", "duplicate_of", "version", "session", "table", "date")
    called = f"{order['prefix']}-{order['number']}" if order["prefix"] else str(order["number"])
    return {name: order[name] for name in names} | {
        "display_number": called,
        "channel": order["who"].channel,
        "status": status_of(order),
        "total": total_of(order),
        "lines": sorted(lines),
    }


def _call(shown: Json) -> Json:
    return {
        "table": shown["table"]["id"],
        "session": shown["session_id"],
        "status": shown["status"],
        "version": shown["version"],
    }


def _agree_on_board(
    side: Side, board: Json, sessions: dict[str, Json], calls: dict[str, Json]
) -> None:
    """Every table that isn't archived, with its party as it is shown elsewhere."""
    entries = {one["table"]["id"]: one for one in board["tables"]}
    assert set(entries) == _live(side)
    for id_, entry in entries.items():
        _agree_on_entry(side, entry, sessions)
        waiting = [one for one in calls.values() if one["status"] in WAITING]
        here = sorted(one["id"] for one in waiting if one["table"]["id"] == id_)
        assert [one["id"] for one in entry["open_service_requests"]] == here


def _live(side: Side) -> set[str]:
    return {id_ for id_, one in side.model.tables.items() if not one["archived"]}


def _agree_on_tables(side: Side, board: Json, sessions: dict[str, Json]) -> None:
    """List and detail show the state of the board."""
    listed = {one["id"]: one for one in ok(side.people["reader"].get("/tables"))["data"]}
    assert listed == {one["table"]["id"]: one["table"] for one in board["tables"]}
    live = sorted(listed)
    id_ = live[side.turns // 3 % len(live)]
    _agree_on_detail(side, id_, listed[id_], sessions)


def _agree_on_entry(side: Side, entry: Json, sessions: dict[str, Json]) -> None:
    """A table of the board."""
    table = entry["table"]
    party = side.model.party_at(table["id"])
    session_id = None if party is None else party["id"]
    state = "free" if party is None else "occupied"
    assert (table["state"], table["session_id"]) == (state, session_id)
    assert entry["session"] == (sessions[session_id] if session_id else None)
    orders = side.model.orders_of(session_id) if session_id else []
    by_status = Counter(status_of(one) for one in orders)
    assert entry["orders_by_status"] == {name: by_status[name] for name in STATUSES}
    assert entry["total"] == sum(total_of(one) for one in orders)
    newest = sorted((one["id"] for one in orders), reverse=True)[:3]
    assert {one["id"] for one in entry["newest_orders"]} == set(newest)


def _agree_on_detail(side: Side, id_: str, listed: Json, sessions: dict[str, Json]) -> None:
    """One table by turns, and what the tablet there sees."""
    staff, party = side.people["reader"], side.model.party_at(id_)
    assert ok(staff.get(f"/tables/{id_}")) == listed
    tablet = side.people[id_]
    own = tablet.get("/session")
    if party is None:
        assert own.status_code == staff.get(f"/tables/{id_}/session").status_code == 404
        assert ok(tablet.get("/orders"))["data"] == []
        return
    shown = sessions[party["id"]]
    assert ok(own) == ok(staff.get(f"/tables/{id_}/session")) == shown
    assert ok(staff.get(f"/sessions/{party['id']}")) == shown
    seen = {one["id"] for one in ok(tablet.get("/orders?limit=200"))["data"]}
    assert seen == {one["id"] for one in side.model.orders_of(party["id"])}
    basket = side.model.baskets.get(party["id"], {})
    lines = ok(tablet.get("/session/basket"))["lines"]
    assert {one["id"]: one["version"] for one in lines} == _versions(basket)


def _versions(basket: dict[str, Json]) -> dict[str, int]:
    return {id_: one["version"] for id_, one in basket.items()}


def _agree_on_menu(side: Side) -> None:
    shown = ok(side.people["reader"].get("/menu/items"))["data"]
    found = {
        one["id"]: (one["price"], one["availability"]["status"], one["availability"]["stock"])
        for one in shown
    }
    assert found == {
        k: (v["price"], "sold_out" if v["stock"] == 0 else v["status"], v["stock"])
        for k, v in side.model.menu.items()
    }


def _agree_on_events(
    side: Side, sessions: dict[str, Json], orders: dict[str, Json], calls: dict[str, Json]
) -> None:
    """What is new in the log is what was said, without a gap; what it tells is what GET shows."""
    path = f"/events?limit=200&after={side.seen}"
    events = ok(side.people["reader"].get(path))["data"]
    assert [one["seq"] for one in events] == [side.seen + 1 + n for n in range(len(events))]
    assert Counter(_subject(one) for one in events) == side.model.told
    newest = {_subject_kind(one): one["data"] for one in events}
    for (kind, id_), data in newest.items():
        if kind == "order":
            assert data == orders[id_]
        elif kind == "service_request":
            assert data == calls[id_]
        elif kind == "basket":
            versions = {one["id"]: one["version"] for one in data["lines"]}
            assert versions == _versions(side.model.baskets.get(id_, {}))
        elif kind == "session":
            assert data == sessions[id_]
    side.seen += len(events)
    side.replayed |= newest
    side.model.told.clear()
    for rows, kind in ((orders, "order"), (calls, "service_request")):
        assert rows == {id_: data for (one, id_), data in side.replayed.items() if one == kind}


def _subject(event: Json) -> tuple[str, str]:
    """Type and id of what an event is about."""
    data = event["data"]
    if event["type"] == "session.basket_updated":
        return event["type"], data["session_id"]
    if event["type"] == "item.availability_changed":
        return event["type"], data.get("item_id") or data.get("option_id")
    if event["type"] == "menu.changed":
        return event["type"], data["item"]["id"] if data["kind"] == "item" else data["kind"]
    return event["type"], data["id"]


def _subject_kind(event: Json) -> tuple[str, str]:
    type_, id_ = _subject(event)
    return ("basket" if type_ == "session.basket_updated" else type_.split(".")[0]), id_

"""The scenes in which parties change seats: friends join, a table is added, one leaves earlier."""

from uuid import uuid4

from app.demo.actors import Json, StepFailedError
from app.demo.live import LiveStream
from app.demo.party import ANYTHING, choose
from app.demo.scenes import Visit


async def friends_sit_together(
    visit: Visit, kitchen_live: LiveStream, tablet_live: LiveStream
) -> Json | None:
    """Friends order at a table of their own and join the party; their order, None without a table."""
    visit.console.scene("Friends come, and two parties sit together (합석)")
    table = await _free_table(visit)
    if table is None:
        return None
    session = await visit.floor.post(f"/tables/{table['id']}/sessions", {"guest_count": 2})
    line = choose(visit.menu, ANYTHING[0])[0].line
    body: Json = {"session_id": session["id"], "lines": [line]}
    order = await visit.floor.post("/orders", body, key=str(uuid4()))
    visit.console.says(
        visit.floor.name,
        f"takes order no. {order['number']} at table {table['number']}:"
        f" {order['lines'][0]['quantity']} × {order['lines'][0]['name']}",
    )
    path = f"/sessions/{session['id']}/merge"
    merged = await visit.floor.post(path, {"into_session_id": visit.session_id})
    visit.console.says(
        visit.floor.name,
        f"merges table {table['number']} into table {merged['table']['number']}:"
        f" {merged['order_count']} orders, {visit.money(merged['total'])} on one bill",
    )
    await tablet_live.wait_for(
        "the merged bill",
        lambda seen: seen.type == "session.updated" and seen.data["total"] == merged["total"],
    )
    visit.console.says(visit.tablet.name, f"shows the new total: {visit.money(merged['total'])}")
    moved = await kitchen_live.wait_for(
        "the order's new table",
        lambda seen: (
            seen.type == "order.updated"
            and seen.data["id"] == order["id"]
            and seen.data["session_id"] == visit.session_id
        ),
    )
    tickets = kitchen_live.count(
        lambda seen: seen.type == "order.created" and seen.data["id"] == order["id"]
    )
    if tickets != 1:
        raise StepFailedError(
            f"the merge gave the kitchen {tickets} tickets of one order",
            "this is a defect: a merge has to send nothing to the kitchen again",
        )
    visit.console.says(
        visit.kitchen.name,
        f"brings no. {order['number']} to table {moved.data['table']['number']}, by one ticket",
    )
    return order


async def the_party_gets_a_second_table(visit: Visit, tablet_live: LiveStream) -> None:
    """Both tables are the party's until it leaves."""
    visit.console.scene("The party needs a second table (테이블 연결)")
    table = await _free_table(visit)
    if table is None:
        return
    path = f"/sessions/{visit.session_id}/tables"
    linked = await visit.floor.put(path, {"table_ids": [table["id"]]})
    visit.console.says(
        visit.floor.name,
        f"links table {table['number']} to table {linked['table']['number']}: one party, one bill",
    )
    await tablet_live.wait_for(
        "the second table",
        lambda seen: (
            seen.type == "session.updated"
            and [one["id"] for one in seen.data["linked_tables"]] == [table["id"]]
        ),
    )
    sitting = await visit.floor.get(f"/tables/{table['id']}/session")
    if sitting["id"] != visit.session_id:
        raise StepFailedError(
            f"table {table['number']} has the session {sitting['id']}",
            "this is a defect: a linked table must have the party's session",
        )
    visit.console.says(visit.tablet.name, f"shows table {table['number']} as the party's too")


async def one_friend_leaves_earlier(visit: Visit, order: Json) -> None:
    """One portion of the friends' order gets a session of its own, is served and closed."""
    visit.console.scene("One of the friends pays alone, the bill is split")
    table = await _free_table(visit)
    if table is None:
        return
    [line] = order["lines"]
    wanted = {"line_id": line["id"], "quantity": 1}
    split = await visit.floor.post(
        f"/sessions/{visit.session_id}/split", {"lines": [wanted], "table_id": table["id"]}
    )
    found = await visit.floor.get("/orders", session_id=split["id"])
    [part] = found["data"]
    rest = await visit.floor.get(f"/orders/{order['id']}")
    if part["total"] + rest["total"] != order["total"]:
        raise StepFailedError(
            f"{part['total']} and {rest['total']} are not {order['total']}",
            "this is a defect: a split must not change what is owed",
        )
    visit.console.says(
        visit.floor.name,
        f"splits 1 × {line['name']} off to table {table['number']}: no. {part['number']} with"
        f" {visit.money(part['total'])}, no. {rest['number']} keeps {visit.money(rest['total'])}",
    )
    for one in (part, rest):
        await visit.kitchen.patch(f"/orders/{one['id']}", {"status": "served"})
    closed = await visit.floor.post(f"/sessions/{split['id']}/close", {})
    visit.console.says(
        visit.floor.name, f"closes table {table['number']}: {visit.money(closed['total'])}"
    )


async def _free_table(visit: Visit) -> Json | None:
    board = (await visit.floor.get("/tables/board"))["tables"]
    free = [entry["table"] for entry in board if not entry["session"]]
    if not free:
        visit.console.says(visit.floor.name, "has no other free table, so nobody changes seats")
        return None
    table: Json = free[0]
    return table

"""The scene in which guests call the staff (직원 호출)."""

from collections.abc import Callable
from time import perf_counter

from app.demo.actors import Json, StepFailedError
from app.demo.live import LiveStream, Seen
from app.demo.scenes import Visit

ASKED_FOR = {"water": 2, "cutlery": 2}


async def guests_call_the_staff(
    visit: Visit, staff_live: LiveStream, tablet_live: LiveStream
) -> None:
    """Water and cutlery: asked for, seen at once, asked for twice, brought."""
    visit.console.scene("The guests call the staff (직원 호출)")
    types = (await visit.tablet.get("/service-request-types"))["data"]
    visit.console.says(visit.tablet.name, "offers " + ", ".join(one["name"] for one in types))
    items = [
        {"type_id": one["id"], "quantity": ASKED_FOR[one["code"]]}
        for one in types
        if one["code"] in ASKED_FOR
    ]
    if not items:
        visit.console.says(
            visit.tablet.name, "has no water to ask for: this store changed its list"
        )
        return
    sent = perf_counter()
    call = await visit.tablet.post("/service-requests", {"items": items})
    visit.console.says(visit.tablet.name, f"asks for {_things(call)}")
    seen = await staff_live.wait_for("the guests' call", _is("service_request.created", call))
    visit.console.says(
        visit.floor.name,
        f"{(seen.at - sent) * 1000:.0f} ms later reads: table {seen.data['table']['number']},"
        f" {_things(seen.data)}",
    )
    again = await visit.tablet.post("/service-requests", {"items": items})
    if again["id"] != call["id"] or await _waiting(visit) != 1:
        raise StepFailedError(
            "an equal call stands there twice",
            "this is a defect: what waits already has to be returned, not doubled",
        )
    visit.console.says(
        visit.tablet.name, "is pressed again: the same call is answered, not another"
    )
    for status, shown in (("acknowledged", "is on the way"), ("done", "has brought it")):
        await visit.floor.patch(f"/service-requests/{call['id']}", {"status": status})
        seen = await tablet_live.wait_for(
            f"the call: {status}", _is("service_request.updated", call, status)
        )
        by = seen.data[f"{status}_by"]["name"]
        visit.console.says(visit.tablet.name, f"shows that {by} {shown}")
    left = await _waiting(visit)
    visit.console.says(
        visit.floor.name,
        f"answered after {seen.data['seconds_to_done']} s; on the board {left} calls wait here",
    )


def _is(type_: str, call: Json, status: str = "open") -> Callable[[Seen], bool]:
    return lambda seen: (
        seen.type == type_ and seen.data["id"] == call["id"] and seen.data["status"] == status
    )


def _things(call: Json) -> str:
    return ", ".join(f"{one['quantity']} × {one['name']}" for one in call["items"])


async def _waiting(visit: Visit) -> int:
    """How many calls the board shows at the party's table."""
    tables = (await visit.floor.get("/tables/board"))["tables"]
    [entry] = [one for one in tables if one["table"]["id"] == visit.table["id"]]
    return len(entry["open_service_requests"])

"""How a call moves and when two are equal, whatever is asked for in whatever order."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import uuid7
from app.models import ServiceRequest, ServiceRequestStatus
from app.services.calls.rules import advance, allowed_after, fingerprint, seconds_until

BEGAN = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
TYPES = [uuid7() for _ in range(4)]
items = st.dictionaries(st.sampled_from(TYPES), st.integers(1, 3), min_size=1).map(
    lambda chosen: list(chosen.items())
)
notes = st.sampled_from([None, "", "얼음"])


def somebody(name: str) -> dict[str, Any]:
    return {"kind": "staff", "id": None, "name": name}


@given(items, notes, items, notes, st.randoms())
def test_two_calls_are_equal_when_they_ask_for_the_same(
    one: list[Any], note: str | None, two: list[Any], other: str | None, order: Any
) -> None:
    same = sorted(one) == sorted(two) and note == other
    assert (fingerprint(one, note) == fingerprint(two, other)) == same
    order.shuffle(mixed := list(one))
    assert fingerprint(mixed, note) == fingerprint(one, note)


@given(st.lists(st.sampled_from(ServiceRequestStatus), max_size=6), st.booleans())
def test_every_way_through_leaves_who_did_what_when(
    wishes: list[ServiceRequestStatus], at_table: bool
) -> None:
    """What the database's checks ask for holds after any steps that are allowed."""
    call = ServiceRequest(status=ServiceRequestStatus.OPEN, created_at=BEGAN)
    taken = None
    for turn, wish in enumerate(wishes):
        if wish not in allowed_after(call.status, at_table=at_table):
            continue
        advance(call, wish, somebody(str(turn)), BEGAN + timedelta(seconds=turn, milliseconds=900))
        taken = taken or call.acknowledged_by
        assert call.status == wish
        assert call.acknowledged_by == taken
        for step in ("acknowledged", "done", "cancelled"):
            at, by = getattr(call, f"{step}_at"), getattr(call, f"{step}_by")
            assert (at is None) == (by is None)
        assert (call.done_at is not None) == (call.status == "done")
        assert (call.cancelled_at is not None) == (call.status == "cancelled")
        assert call.acknowledged_at is not None or call.status == "cancelled"
        took = seconds_until(call, call.acknowledged_at), seconds_until(call, call.done_at)
        assert None in took or (took[0] or 0) <= (took[1] or 0)


def test_guests_only_take_back_what_nobody_has_acknowledged() -> None:
    allowed = {status: allowed_after(status, at_table=True) for status in ServiceRequestStatus}
    assert allowed.pop(ServiceRequestStatus.OPEN) == [ServiceRequestStatus.CANCELLED]
    assert set(map(tuple, allowed.values())) == {()}


def test_waits_are_whole_seconds_rounded_down() -> None:
    call = ServiceRequest(created_at=BEGAN)
    assert seconds_until(call, BEGAN + timedelta(seconds=9, milliseconds=999)) == 9
    assert seconds_until(call, None) is None

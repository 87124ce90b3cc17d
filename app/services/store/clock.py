"""A store's settings as they stand at an instant: pauses end by themselves, calendars begin."""

from datetime import datetime, time
from typing import Any

from app.core.security.principals import Channel
from app.models import Store
from app.schemas.store import (
    NumberPrefixesOutput,
    PendingCalendar,
    StoreAtTableOutput,
    StoreOutput,
)

EVERYWHERE = [str(channel) for channel in Channel]


def resume(store: Store) -> None:
    """End the pause, and forget what was said of it: the next one has words of its own."""
    store.ordering_paused = False
    store.paused_until = store.pause_message = None
    store.paused_channels = list(EVERYWHERE)


def settle(store: Store, now: datetime) -> bool:
    """Write into the row what holds of it at `now` anyway; whether there was anything."""
    over = store.ordering_paused and not _paused(store, now)
    if over:
        resume(store)
    calendar = store.calendar
    begun = calendar.is_over(now)
    if begun:
        store.calendar = calendar.settled(now)
    return over or begun


def plan_calendar(
    store: Store, zone: str | None, day_start: time | None, now: datetime, *, sold: bool
) -> None:
    """Change the zone or cut-off from the next business day on; None leaves what is planned.

    Where nothing was ever `sold` there is nothing to date anew: the change applies at once.
    """
    calendar = store.calendar
    planned = calendar.following or calendar
    wanted = (zone or planned.zone, planned.day_start if day_start is None else day_start)
    if wanted == (planned.zone, planned.day_start):
        return
    if sold:
        store.calendar = calendar.changed(*wanted, now)
    else:
        store.timezone, store.business_day_start = wanted


def store_output(store: Store, now: datetime) -> StoreOutput:
    """All of the store, for its own people."""
    return StoreOutput.model_validate(_shown(store, now))


def store_at_table(store: Store, now: datetime) -> StoreAtTableOutput:
    """What tables need of the store."""
    return StoreAtTableOutput.model_validate(_shown(store, now))


def _paused(store: Store, now: datetime) -> bool:
    return store.ordering_paused and (store.paused_until is None or now < store.paused_until)


def _shown(store: Store, now: datetime) -> dict[str, Any]:
    stored = {name: getattr(store, name, None) for name in StoreOutput.model_fields}
    calendar = store.calendar
    ruling, paused = calendar.at(now), _paused(store, now)
    pending = None if calendar.is_over(now) else calendar.following
    prefixes = {name: store.order_number_prefixes.get(name) for name in EVERYWHERE}
    return stored | {
        "timezone": ruling.zone,
        "business_day_start": ruling.day_start,
        "pending_calendar": pending
        and PendingCalendar.model_validate(
            {
                "timezone": pending.zone,
                "business_day_start": pending.day_start,
                "effective_from": pending.since,
                "first_business_date": pending.first_date,
            }
        ),
        "ordering_paused": paused,
        "paused_channels": store.paused_channels if paused else [],
        "paused_until": store.paused_until if paused else None,
        "pause_message": store.pause_message if paused else None,
        "order_number_prefixes": NumberPrefixesOutput.model_validate(prefixes),
    }

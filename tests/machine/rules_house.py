"""The house turns its switches, changes its menu, and the night passes."""

from datetime import time, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine.machine import Machine
from tests.machine.model_clock import OFFSETS
from tests.support.menu_building import if_match, ok

ALL_DAY = 1440
CHANNELS = ["tablet", "guest", "staff", "pos"]


class HouseRules(Machine):
    @rule(data=st.data(), minutes=st.sampled_from([None, 1, 60]))
    def pause(self, data: st.DataObject, minutes: int | None) -> None:
        """Mostly the pause ends: a paused store has little to tell."""
        side = self.take(data)
        if side.model.switches["paused"]:
            side.turn({"ordering_paused": False}, paused=[], until=None)
            return
        channels = data.draw(st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True))
        until = self.now + timedelta(minutes=minutes) if minutes else None
        sent = {"ordering_paused": True, "paused_channels": channels}
        side.turn(
            sent | {"paused_until": until and until.isoformat()}, paused=channels, until=until
        )

    @rule(data=st.data(), at=st.sampled_from([None, time(12, 1), time(23), time(2)]))
    def order_last_at(self, data: st.DataObject, at: time | None) -> None:
        """Every evening at one time, perhaps after midnight."""
        times = [{"weekday": day, "at": f"{at:%H:%M}"} for day in range(1, 8)] if at else []
        self.take(data).turn({"last_order_times": times}, last_order=at)

    @rule(
        data=st.data(),
        zone=st.sampled_from(list(OFFSETS)),
        day_start=st.sampled_from([time(0), time(5), time(11)]),
    )
    def keep_other_days(self, data: st.DataObject, zone: str, day_start: time) -> None:
        side = self.take(data)
        sent = {"timezone": zone, "business_day_start": f"{day_start:%H:%M}"}
        side.change_store(sent, side.model.plan_calendar(zone, day_start))

    @rule(data=st.data(), allowed=st.booleans())
    def let_guests_cancel(self, data: st.DataObject, allowed: bool) -> None:
        self.take(data).turn({"guest_cancel_allowed": allowed}, guest_cancel_allowed=allowed)

    @rule(
        data=st.data(),
        lines=st.sampled_from([None, 1]),
        portions=st.sampled_from([None, 3]),
        minimum=st.sampled_from([None, 1, 2]),
        amount=st.sampled_from([None, 5_000]),
    )
    def limit(
        self,
        data: st.DataObject,
        lines: int | None,
        portions: int | None,
        minimum: int | None,
        amount: int | None,
    ) -> None:
        self.take(data).turn(
            {
                "max_lines_per_order": lines,
                "max_quantity_per_order": portions,
                "minimum_items_per_guest": minimum,
                "minimum_amount_per_guest": amount,
            },
            max_lines=lines,
            max_quantity=portions,
            minimum_items=minimum or 0,
            minimum_amount=amount or 0,
        )

    @rule(
        data=st.data(), window=st.sampled_from([0, 60]), action=st.sampled_from(["flag", "confirm"])
    )
    def guard_against_twins(self, data: st.DataObject, window: int, action: str) -> None:
        self.take(data).turn(
            {"duplicate_window_seconds": window, "duplicate_action": action},
            window=window,
            duplicate_action=action,
        )

    @rule(
        data=st.data(),
        tablet=st.sampled_from(["auto", "staff"]),
        guest=st.sampled_from(["auto", "first_order", "staff"]),
        prefix=st.sampled_from([None, "T"]),
    )
    def accept_by(self, data: st.DataObject, tablet: str, guest: str, prefix: str | None) -> None:
        acceptance = {"tablet": tablet, "guest": guest, "pos": "auto"}
        prefixes = {"tablet": prefix, "guest": None, "staff": None, "pos": "P"}
        self.take(data).turn(
            {"order_acceptance": acceptance, "order_number_prefixes": prefixes},
            acceptance=acceptance,
            prefixes=prefixes,
        )

    @rule(data=st.data(), price=st.sampled_from([8_000, 9_000, 11_000]))
    def change_price(self, data: st.DataObject, price: int) -> None:
        side = self.take(data)
        item, manager = side.dishes["stew"], side.people["manager"]
        version = ok(manager.get(f"/menu/items/{item}"))["version"]
        side.ask(
            lambda: manager.patch(
                f"/menu/items/{item}", json={"price": price}, headers=if_match(version)
            ),
            lambda: side.model.set_price(item, price),
        )

    @rule(
        data=st.data(),
        kind=st.sampled_from(["stew", "rice", "hot"]),
        status=st.sampled_from(["available", "available", "available", "sold_out"]),
        stock=st.sampled_from(["same", None, 2, 5]),
        minutes=st.sampled_from([None, 1, 60, ALL_DAY]),
    )
    def mark(
        self, data: st.DataObject, kind: str, status: str, stock: object, minutes: int | None
    ) -> None:
        """Sold out, perhaps for a while, there again, or counted."""
        side = self.take(data)
        id_ = side.hot if kind == "hot" else side.dishes[kind]
        wanted = {"status": status} | ({} if stock == "same" else {"stock": stock})
        until = None
        if status == "sold_out" and minutes == ALL_DAY:
            wanted["until"] = "business_day_end"
            until = side.model.calendar.end_of_day(self.now)
        elif status == "sold_out" and minutes:
            until = self.now + timedelta(minutes=minutes)
            wanted["until"] = until.isoformat()
        path = f"/menu/{'options' if kind == 'hot' else 'items'}/{id_}/availability"
        side.ask(
            lambda: side.people["staff"].put(path, json=wanted),
            lambda: side.model.set_availability(id_, wanted, until),
        )

    @rule(data=st.data(), seconds=st.sampled_from([20, 61, 3_600]))
    def wait(self, data: st.DataObject, seconds: int) -> None:
        self.take(data)
        self.pass_time(timedelta(seconds=seconds))

    @rule(data=st.data(), often=st.integers(0, 5))
    def sleep(self, data: st.DataObject, often: int) -> None:
        """Now and then it becomes another business day; the phones have gone home."""
        self.take(data)
        if often == 0:
            for side in self.sides:
                side.model.guests.clear()
            self.pass_time(timedelta(hours=17))

"""What is ordered, cooked and cancelled: the model of orders, baskets and the menu."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.machine.model_floor import FloorModel
from tests.machine.state import (
    STATUSES,
    Apply,
    Json,
    counted,
    follow_parts,
    least,
    left,
    parts,
    refuse_if,
    status_of,
    with_parts,
    worked_on,
)

AT_TABLE = ("tablet", "guest")


class Who(NamedTuple):
    """Somebody who acts: over which channel, by which id, and in which session a guest is."""

    channel: str
    id: str
    session: str | None = None
    manager: bool = False


def line(item: str, quantity: int = 1, **more: object) -> Json:
    """A line as clients send it, with every field."""
    empty: Json = {"options": [], "choices": [], "note": None, "seat": None}
    return {"item_id": item, "quantity": quantity} | empty | more


def _units(wanted: Json) -> list[tuple[str, int]]:
    """What one portion takes of things that may be counted: the item itself and its options."""
    options = [(one["option_id"], one["quantity"]) for one in wanted["options"]]
    return [(wanted["item_id"], 1), *options]


class OrderModel(FloorModel):
    # The menu

    def price_of(self, wanted: Json) -> int:
        """What one portion of a line costs today."""
        price = int(self.menu[wanted["item_id"]]["price"])
        price += sum(
            self.options[o["option_id"]]["price"] * o["quantity"] for o in wanted["options"]
        )
        for choice in wanted["choices"]:
            extra = self.upcharges[choice["item_id"]]
            extra += sum(
                self.options[o["option_id"]]["price"] * o["quantity"] for o in choice["options"]
            )
            price += extra * choice["quantity"]
        return int(price)

    def counts(self, id_: str) -> Json:
        return self.menu[id_] if id_ in self.menu else self.options[id_]

    def can_be_had(self, wanted: Json) -> bool:
        things = [id_ for id_, _ in _units(wanted)]
        things += [id_ for choice in wanted["choices"] for id_, _ in _units(choice)]
        rows = [self.counts(id_) for id_ in things]
        return all(one["status"] == "available" and one["stock"] != 0 for one in rows)

    def needs(self, wanted: Json) -> Counter[str]:
        """What a line takes of what is counted."""
        found: Counter[str] = Counter()
        for id_, units in _units(wanted):
            found[id_] += units * wanted["quantity"]
        for choice in wanted["choices"]:
            for id_, units in _units(choice):
                found[id_] += units * choice["quantity"] * wanted["quantity"]
        return Counter({k: v for k, v in found.items() if self.counts(k)["stock"] is not None})

    def set_price(self, item_id: str, price: int) -> Apply:
        item = self.known(self.menu, item_id)

        def apply(_: Json) -> None:
            if item["price"] != price:
                item["price"] = price
                self.tell("menu.changed", item_id)

        return apply

    def set_availability(self, id_: str, wanted: Json, until: datetime | None) -> Apply:
        refuse_if(id_ not in self.menu and id_ not in self.options, "not-found")
        row = self.counts(id_)
        before = (row["status"], row["until"], row["stock"])

        def apply(_: Json) -> None:
            row["status"], row["until"] = wanted["status"], until
            if "stock" in wanted:
                row["stock"] = wanted["stock"]
            elif wanted["status"] == "available" and row["stock"] == 0:
                row["stock"] = None
            if before != (row["status"], row["until"], row["stock"]):
                self.tell("item.availability_changed", id_)

        return apply

    # Placing

    def check_lines(self, lines: Sequence[Json]) -> None:
        refuse_if(not all(self.can_be_had(one) for one in lines), "item-unavailable")

    def total(self, lines: Sequence[Json]) -> int:
        self.check_lines(lines)
        return sum(self.price_of(one) * one["quantity"] for one in lines)

    def quote(self, who: Who, lines: Sequence[Json]) -> int:
        self._check_switches(who, lines)
        total = self.total(lines)
        self._check_stock(lines)
        return total

    def _check_stock(self, lines: Sequence[Json]) -> Counter[str]:
        """What the lines take of counted things."""
        needs: Counter[str] = Counter()
        for one in lines:
            needs += self.needs(one)
        short = any(self.counts(id_)["stock"] < n for id_, n in needs.items())
        refuse_if(short, "stock-insufficient")
        return needs

    def place(
        self,
        who: Who,
        lines: Sequence[Json],
        *,
        table: str | None = None,
        session: str | None = None,
        confirmed: bool = False,
        expected: int | None = None,
    ) -> Apply:
        self._check_switches(who, lines)
        total = self.total(lines)
        refuse_if(expected not in (None, total), "price-changed")
        party = self._party(table, session)
        self._check_minimum(who, party, lines, total)
        twin = self._twin(who, party, lines)
        asked = self.switches["duplicate_action"] == "confirm"
        twin = None if confirmed else twin
        refuse_if(twin is not None and asked, "duplicate-suspected")
        needs = self._check_stock(lines)
        compared = self.switches["window"] and who.channel in AT_TABLE and not confirmed
        made = {
            "held": self._held(who),
            "duplicate_of": twin and twin["id"],
            "digest": _digest(lines) if compared else None,
            "who": who,
        }

        def apply(answer: Json) -> None:
            there = party or self.seat(answer["session_id"], str(table))
            self._sell(needs)
            self._add(answer, lines, there, made)

        return apply

    def _check_switches(self, who: Who, lines: Sequence[Json]) -> None:
        refuse_if(who.channel in self.switches["paused"], "store-closed")
        if who.channel in AT_TABLE:
            refuse_if(self.last_order_passed(), "store-closed")
            most, portions = self.switches["max_lines"], self.switches["max_quantity"]
            refuse_if(most and len(lines) > most, "order-too-large")
            ordered = sum(one["quantity"] for one in lines)
            refuse_if(portions and ordered > portions, "order-too-large")

    def _party(self, table: str | None, session: str | None) -> Json | None:
        if session is not None:
            found = self.known(self.sessions, session)
            refuse_if(found["status"] != "open", "session-closed")
            return found
        self.live_table(str(table))
        return self.party_at(str(table))

    def _check_minimum(
        self, who: Who, party: Json | None, lines: Sequence[Json], total: int
    ) -> None:
        if who.channel not in AT_TABLE:
            return
        orders = self.orders_of(party["id"]) if party else []
        if any(status_of(one) != "cancelled" for one in orders):
            return
        guests = (party and party["guest_count"]) or 1
        ordered = sum(one["quantity"] for one in lines)
        refuse_if(ordered < self.switches["minimum_items"] * guests, "minimum-not-met")
        refuse_if(total < self.switches["minimum_amount"] * guests, "minimum-not-met")

    def _twin(self, who: Who, party: Json | None, lines: Sequence[Json]) -> Json | None:
        if party is None or not self.switches["window"] or who.channel not in AT_TABLE:
            return None
        since = self.now - timedelta(seconds=self.switches["window"])
        twins = [
            one
            for one in self.orders_of(party["id"])
            if one["digest"] == _digest(lines)
            and (one["who"].channel, one["who"].id) == (who.channel, who.id)
            and status_of(one) != "cancelled"
            and one["at"] > since
        ]
        return max(twins, key=lambda one: str(one["id"]), default=None)

    def _held(self, who: Who) -> bool:
        wanted = self.switches["acceptance"].get(who.channel, "auto")
        return bool(wanted == "staff" or (wanted == "first_order" and who.id not in self.trusted))

    def _sell(self, needs: Counter[str]) -> None:
        for id_, units in needs.items():
            row = self.counts(id_)
            row["stock"] -= units
            if row["stock"] == 0:
                self.tell("item.availability_changed", id_)

    def _add(self, answer: Json, lines: Sequence[Json], party: Json, made: Json) -> None:
        date, number = self.counter
        number = number + 1 if date >= self.today else 1
        self.counter = (max(date, self.today), number)
        ids = iter([one["id"] for one in answer["lines"]])
        rows: list[Json] = []
        for wanted in lines:
            whole = self._row(next(ids), wanted, wanted["quantity"])
            rows.append(whole | {"price": self.price_of(wanted)})
            for choice in wanted["choices"]:
                units = choice["quantity"]
                part = self._row(next(ids), choice, units * wanted["quantity"])
                rows.append(part | {"parent": whole["id"], "per_set": units})
        self.orders[answer["id"]] = {
            "id": answer["id"],
            "number": number,
            "date": self.counter[0],
            "prefix": self.switches["prefixes"].get(made["who"].channel),
            "session": party["id"],
            "table": party["table"],
            "origin": None,
            "version": 1,
            "at": self.now,
            "lines": rows,
            **made,
        }
        self.tell("order.created", answer["id"])

    def _row(self, id_: str, wanted: Json, quantity: int) -> Json:
        return {
            "id": id_,
            "parent": None,
            "item": wanted["item_id"],
            "wanted": wanted,
            "quantity": quantity,
            "cancelled": 0,
            "status": "pending",
            "units": _units(wanted),
            "per_set": None,
            "price": 0,
        }

    # Moving along

    def order_to_change(self, order_id: str) -> Json:
        order = self.known(self.orders, order_id)
        refuse_if(self.sessions[order["session"]]["status"] != "open", "session-not-open")
        return order

    def line_of(self, order: Json, line_id: str) -> Json:
        return self.known({one["id"]: one for one in order["lines"]}, line_id)

    def advance(self, order_id: str, line_id: str | None, target: str) -> Apply:
        order = self.order_to_change(order_id)
        lines = worked_on(order)
        if line_id is not None:
            row = self.line_of(order, line_id)
            lines = parts(order, row) or [row]
        moving = self._moving(lines, target)
        refuse_if(order["held"] and moving, "order-held")

        def apply(_: Json) -> None:
            for one in moving:
                one["status"] = target
            if moving:
                follow_parts(order)
                self.touch_order(order)

        return apply

    def _moving(self, lines: Sequence[Json], target: str) -> list[Json]:
        current = least(lines)
        if current == target:
            return []
        refuse_if("cancelled" in (current, target), "transition-invalid")
        steps = STATUSES.index(target) - STATUSES.index(current)
        refuse_if(steps < -1, "transition-invalid")
        live = [one for one in lines if one["status"] != "cancelled"]
        if steps < 0:
            return [one for one in live if one["status"] == current]
        return [one for one in live if STATUSES.index(one["status"]) < STATUSES.index(target)]

    def accept(self, order_id: str) -> Apply:
        order = self.order_to_change(order_id)
        refuse_if(order["held"] and status_of(order) == "cancelled", "transition-invalid")

        def apply(_: Json) -> None:
            if order["held"]:
                order["held"] = False
                self.rearranged([order])
                if order["who"].channel == "guest":
                    self.trusted.add(order["who"].id)

        return apply

    # Cancelling

    def cancel(
        self, who: Who, own: str | None, order_id: str, line_id: str | None, quantity: int
    ) -> Apply:
        """`own` is the session of who sits at a table."""
        order = self._to_cancel(who, own, order_id)
        rows = [one for one in counted(order) if left(one)]
        if line_id is None:
            going = [portion for one in rows for portion in with_parts(order, one, left(one))]
        else:
            row = self.line_of(order, line_id)
            refuse_if(row["parent"], "part-of-set")
            refuse_if(quantity > left(row), "quantity-invalid")
            going = with_parts(order, row, quantity)
        allowed = ("pending",) if who.channel in AT_TABLE else ("pending", "preparing")
        further = [one for one, _ in going if one["status"] not in (*allowed, "cancelled")]
        refuse_if(further and not who.manager, "permission-denied")
        return lambda _: self.take_off(order, going)

    def _to_cancel(self, who: Who, own: str | None, order_id: str) -> Json:
        if who.channel in AT_TABLE:
            refuse_if(not self.switches["guest_cancel_allowed"], "permission-denied")
            order = self.known(self.orders, order_id)
            refuse_if(order["session"] != own, "not-found")
        return self.order_to_change(order_id)

    def take_off(self, order: Json, portions: Iterable[tuple[Json, int]]) -> None:
        going = list(portions)
        returned: Counter[str] = Counter()
        for one, quantity in going:
            one["cancelled"] += quantity
            if not left(one):
                one["status"] = "cancelled"
            for id_, units in one["units"]:
                returned[id_] += units * quantity
        for id_, units in returned.items():
            row = self.counts(id_)
            if row["stock"] == 0:
                self.tell("item.availability_changed", id_)
            if row["stock"] is not None:
                row["stock"] += units
        if going:
            follow_parts(order)
            self.touch_order(order)

    # Once more

    def reorder(self, order_id: str) -> int:
        """What of the order's live portions can be had today costs so much."""
        order = self.known(self.orders, order_id)
        stock = {id_: one["stock"] for id_, one in (self.menu | self.options).items()}
        total = 0
        for row in counted(order):
            wanted = {**row["wanted"], "quantity": left(row)}
            needs = self.needs(wanted)
            if not left(row) or not self.can_be_had(wanted):
                continue
            if all(stock[id_] >= units for id_, units in needs.items()):
                stock |= {id_: stock[id_] - units for id_, units in needs.items()}
                total += self.price_of(wanted) * wanted["quantity"]
        return total


def _digest(lines: Sequence[Json]) -> str:
    return json.dumps(sorted(json.dumps(one, sort_keys=True) for one in lines))

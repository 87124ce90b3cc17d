"""Parties that come, change seats, and leave: the model of sessions."""

from collections.abc import Iterable

from tests.machine.model_clock import ClockModel
from tests.machine.state import (
    WAITING,
    Apply,
    Json,
    follow_parts,
    left,
    refuse_if,
    status_of,
    with_parts,
)


class FloorModel(ClockModel):
    def open(self, table_id: str, guest_count: int | None) -> Apply:
        self.live_table(table_id)
        party = self.party_at(table_id)

        def apply(answer: Json) -> None:
            if party is None:
                self.seat(answer["id"], table_id, guest_count)
            else:
                assert answer["id"] == party["id"]

        return apply

    def count_guests(self, session_id: str, guest_count: int, expected: int | None = None) -> Apply:
        read = self.known(self.sessions, session_id)["version"]
        refuse_if(expected not in (None, read), "version-mismatch")
        session = self.open_session(session_id)

        def apply(_: Json) -> None:
            session["guest_count"] = guest_count
            self._changed(session)

        return apply

    def move(self, session_id: str, table_id: str) -> Apply:
        session = self.open_session(session_id)
        before = session["table"]
        if before == table_id:
            return _nothing
        self.free_table(table_id, but_for=session_id)

        def apply(_: Json) -> None:
            session["table"] = table_id
            session["linked"].discard(table_id)
            self.tell("table.changed", before)
            self._changed(session)
            self._carry(self.orders_of(session_id), session)
            self._bring_calls(session_id, session, {before})

        return apply

    def link(self, session_id: str, table_ids: list[str]) -> Apply:
        refuse_if(len(set(table_ids)) < len(table_ids), "invalid-request")
        session = self.open_session(session_id)
        asked, linked = set(table_ids) - {session["table"]}, set(session["linked"])
        for table_id in sorted(asked - linked):
            self.free_table(table_id)
        if asked == linked:
            return _nothing

        def apply(_: Json) -> None:
            session["linked"] = asked
            for table_id in asked ^ linked:
                self.tell("table.changed", table_id)
            self._changed(session)
            self._bring_calls(session_id, session, asked - linked)

        return apply

    def merge(self, session_id: str, into_id: str) -> Apply:
        refuse_if(session_id == into_id, "invalid-request")
        absorbed = self.known(self.sessions, session_id)
        survivor = self.known(self.sessions, into_id)
        refuse_if("closed" in (absorbed["status"], survivor["status"]), "session-not-open")

        def apply(answer: Json) -> None:
            assert answer["id"] == into_id
            freed = set(absorbed["linked"])
            absorbed["merged_into"] = into_id
            self._end(absorbed)
            for table_id in freed:
                self.tell("table.changed", table_id)
            self._changed(survivor)
            self._take(self.orders_of(session_id), survivor)
            self._carry(self.orders_of(session_id), survivor)
            self._bring_calls(session_id, survivor, {absorbed["table"], *freed})
            self._bring_guests(self.guests_in(session_id), survivor)
            basket = self.baskets.pop(session_id, {})
            if basket:
                self._take(basket.values(), survivor)
                self.baskets.setdefault(into_id, {}).update(basket)
                self.tell("session.basket_updated", into_id)

        return apply

    def unmerge(self, session_id: str, table_id: str | None) -> Apply:
        apart = self.known(self.sessions, session_id)
        refuse_if(apart["merged_into"] is None, "session-not-merged")
        survivor = self.sessions[apart["merged_into"]]
        refuse_if(survivor["status"] != "open", "session-not-open")
        refuse_if(apart["ended_on"] != self.today, "business-day-over")
        table_id = table_id or apart["table"]
        self.free_table(table_id)
        family = self._merged_with(session_id)

        def apply(answer: Json) -> None:
            assert answer["id"] == session_id
            apart.update(status="open", merged_into=None, table=table_id, ended_on=None)
            apart["version"] += 1
            self.tell("session.opened", session_id)
            self._changed(survivor)
            theirs = [one for one in self.orders_of(survivor["id"]) if one["origin"] in family]
            self._take(theirs, apart)
            self._carry(theirs, apart)
            self._bring_calls(survivor["id"], apart, set(), origins=family)
            theirs = [one for one in self.guests_in(survivor["id"]) if one["origin"] in family]
            self._bring_guests(theirs, apart)
            self._part_basket(survivor, apart, family)

        return apply

    def _part_basket(self, survivor: Json, apart: Json, family: set[str]) -> None:
        shared = self.baskets.get(survivor["id"], {})
        basket = {id_: one for id_, one in shared.items() if one["origin"] in family}
        if basket:
            self._take(basket.values(), apart)
            self.baskets[apart["id"]] = basket
            self.baskets[survivor["id"]] = {k: v for k, v in shared.items() if k not in basket}
            self.tell("session.basket_updated", apart["id"])
            self.tell("session.basket_updated", survivor["id"])

    def close(self, session_id: str, *, force: bool, reason: str | None, manager: bool) -> Apply:
        session = self.known(self.sessions, session_id)
        if session["status"] == "closed":
            return _nothing
        unfinished = [
            one for one in self.orders_of(session_id) if status_of(one) in ("pending", "preparing")
        ]
        if unfinished:
            refuse_if(not force, "close-blocked")
            refuse_if(not manager, "permission-denied")
            refuse_if(not reason, "invalid-request")

        def apply(_: Json) -> None:
            for order in unfinished:
                self._cancel_unfinished(order)
            tables = self.tables_of(session)
            for table_id in session["linked"]:
                self.tell("table.changed", table_id)
            self._end(session)
            self.baskets.pop(session_id, None)
            for guest in self.guests_in(session_id):
                guest["gone"] = True
            for call in self._waiting(session_id, tables):
                call["session"] = session_id
                self._touch_call(call, "cancelled")

        return apply

    def _cancel_unfinished(self, order: Json) -> None:
        lines = [one for one in order["lines"] if one["status"] in ("pending", "preparing")]
        going = [
            portion
            for line in lines
            if line["parent"] is None
            for portion in with_parts(order, line, left(line))
        ]
        self.take_off(order, going)

    def take_off(self, order: Json, portions: Iterable[tuple[Json, int]]) -> None:
        """Cancel these portions: what is counted goes back once."""
        raise NotImplementedError

    def reopen(self, session_id: str) -> Apply:
        session = self.known(self.sessions, session_id)
        if session["status"] == "open":
            return _nothing
        refuse_if(session["merged_into"], "session-merged")
        refuse_if(session["ended_on"] != self.today, "business-day-over")
        self.free_table(session["table"])

        def apply(_: Json) -> None:
            session.update(status="open", ended_on=None)
            session["version"] += 1
            self.tell("session.opened", session_id)

        return apply

    def archive(self, table_id: str) -> Apply:
        table = self.live_table(table_id)
        refuse_if(self.party_at(table_id), "table-occupied")
        waiting = [one for one in self.calls.values() if one["status"] in WAITING]
        refuse_if(any(one["table"] == table_id for one in waiting), "in-use")

        def apply(_: Json) -> None:
            table["archived"] = True
            self.tell("table.changed", table_id)

        return apply

    def split(self, session_id: str, portions: list[tuple[str, int]], table_id: str) -> Apply:
        taken = dict(portions)
        refuse_if(len(taken) < len(portions), "invalid-request")
        source = self.open_session(session_id)
        self.free_table(table_id)
        orders = sorted(self.orders_of(session_id), key=lambda one: str(one["id"]))
        lines = {line["id"]: line for order in orders for line in order["lines"]}
        refuse_if(set(taken) - set(lines), "not-found")
        refuse_if(any(left(lines[id_]) < n for id_, n in taken.items()), "quantity-invalid")
        refuse_if(any(lines[id_]["parent"] for id_ in taken), "part-of-set")

        def apply(answer: Json) -> None:
            target = self.seat(answer["id"], table_id)
            self._changed(source)
            divided = []
            for order in orders:
                going = {
                    one["id"]: n
                    for line in order["lines"]
                    if line["id"] in taken
                    for one, n in with_parts(order, line, taken[line["id"]])
                }
                if not going:
                    continue
                if all(going.get(one["id"], 0) == left(one) for one in order["lines"]):
                    order["origin"] = None
                    self._carry([order], target)
                else:
                    divided.append((order, going))
            divided.sort(key=lambda one: (one[0]["date"], one[0]["id"]))
            self._divide(divided, target)

        return apply

    def _divide(self, divided: list[tuple[Json, dict[str, int]]], target: Json) -> None:
        found = self.read(f"/orders?limit=200&session_id={target['id']}")["data"]
        made = {(one["business_date"], one["number"]): one for one in found}
        for order, going in divided:
            shown = made[order["date"], self._next_number(order["date"])]
            ids = iter([line["id"] for line in shown["lines"]])
            leaving, staying, renamed = [], [], {}
            for line in order["lines"]:
                quantity = going.get(line["id"], 0)
                if 0 < quantity < line["quantity"]:
                    line["quantity"] -= quantity
                    new = {**line, "id": next(ids), "quantity": quantity, "cancelled": 0}
                    if left(line) == 0:
                        line["status"] = "cancelled"
                    renamed[line["id"]] = new["id"]
                    leaving.append({**new, "parent": renamed.get(line["parent"], line["parent"])})
                    staying.append(line)
                elif quantity:
                    assert next(ids) == line["id"]
                    leaving.append(line)
                else:
                    staying.append(line)
            order["lines"] = staying
            new_order = {
                **order,
                "id": shown["id"],
                "number": shown["number"],
                "lines": leaving,
                "origin": None,
                "version": 0,
                "session": target["id"],
                "table": target["table"],
            }
            self.orders[new_order["id"]] = new_order
            for one in (order, new_order):
                follow_parts(one)
            self.rearranged([order, new_order])

    def _next_number(self, date: str) -> int:
        if self.counter[0] == date:
            self.counter = (date, self.counter[1] + 1)
            return self.counter[1]
        return 1 + max(int(one["number"]) for one in self.orders.values() if one["date"] == date)

    # What these have in common

    def _changed(self, session: Json) -> None:
        session["version"] += 1
        self.tell("session.updated", session["id"])

    def _end(self, session: Json) -> None:
        session.update(status="closed", linked=set(), ended_on=self.today)
        session["version"] += 1
        self.tell("session.closed", session["id"])

    def _carry(self, orders: Iterable[Json], session: Json) -> None:
        for order in orders:
            order.update(session=session["id"], table=session["table"])
            self.rearranged([order])

    def _take(self, rows: Iterable[Json], target: Json) -> None:
        """Rows that change the session by a merge remember where they came from."""
        for row in rows:
            origin = row["origin"] or row["session"]
            row["origin"] = None if origin == target["id"] else origin
            if "table" not in row:
                row["session"] = target["id"]

    def guests_in(self, session_id: str) -> list[Json]:
        return [
            one for one in self.guests.values() if one["session"] == session_id and not one["gone"]
        ]

    def _bring_guests(self, guests: list[Json], target: Json) -> None:
        """Their tokens are exchanged for the other session's."""
        self._take(guests, target)
        for guest in guests:
            guest["stale"] = True

    def _merged_with(self, session_id: str) -> set[str]:
        family, size = {session_id}, 0
        while len(family) > size:
            size = len(family)
            family |= {k for k, v in self.sessions.items() if v["merged_into"] in family}
        return family

    def _waiting(self, session_id: str, tables: set[str]) -> list[Json]:
        return [
            one
            for one in self.calls.values()
            if one["status"] in WAITING
            and (
                one["session"] == session_id or (one["session"] is None and one["table"] in tables)
            )
        ]

    def _bring_calls(
        self, session_id: str, target: Json, came: set[str], origins: set[str] | None = None
    ) -> None:
        tables = self.tables_of(target)
        for call in self._waiting(session_id, came):
            if origins is not None and call["origin"] not in origins:
                continue
            if call["session"] == target["id"] and call["table"] in tables:
                continue
            if call["session"] != target["id"]:
                origin = call["origin"] or call["session"] or session_id
                call["origin"] = None if origin == target["id"] else origin
                call["session"] = target["id"]
            if call["table"] not in tables:
                call["table"] = target["table"]
            self._touch_call(call)

    def _touch_call(self, call: Json, status: str | None = None) -> None:
        call["status"] = status or call["status"]
        call["version"] += 1
        self.tell("service_request.updated", call["id"])


def _nothing(_: Json) -> None:
    """A quiet success."""

"""Orders are placed, cooked, accepted and cancelled."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine.machine import Machine
from tests.machine.side import Actor, Side
from tests.machine.state import STATUSES, Apply, Json, left
from tests.support.menu_building import ok

REASON = {"reason_code": "guest_request"}


class OrderRules(Machine):
    @rule(data=st.data(), confirmed=st.booleans())
    def order_at_table(self, data: st.DataObject, confirmed: bool) -> None:
        side = self.take(data)
        actor = self.at_table(data, side)
        body: Json = {"lines": self.basket(data, side)}
        if confirmed:
            body["confirm_duplicate"] = True
        side.order(actor, body, table=actor.table, session=actor.who.session)

    @rule(data=st.data(), at=st.sampled_from(["table", "session"]), shown=st.booleans())
    def order_by_staff(self, data: st.DataObject, at: str, shown: bool) -> None:
        side = self.take(data)
        actor = self.staff(data, side, "staff", "pos")
        choose = self.table if at == "table" else self.session
        where = {at: choose(data, side)}
        body: Json = {"lines": self.basket(data, side), f"{at}_id": where[at]}
        if shown:
            # What was shown before the price of stew last changed, or not.
            body["expected_total"] = sum(
                side.model.price_of(one) * one["quantity"] for one in body["lines"]
            ) + data.draw(st.sampled_from([0, 0, 0, 1_000]), "difference")
        side.order(actor, body, **where)

    @rule(data=st.data(), other=st.booleans())
    def order_again_with_one_key(self, data: st.DataObject, other: bool) -> None:
        """A client that heard no answer asks again; another order under its key is refused."""
        side = self.take(data)
        if side.last_order is None:
            return
        actor, body, key, first = side.last_order
        sent = {**body, "note": "다른 주문"} if other else body
        answer = actor.client.post("/orders", json=sent, headers={"Idempotency-Key": key})
        if other:
            assert answer.json()["code"] == "idempotency-key-reused"
        else:
            assert (answer.status_code, answer.content) == (201, first)
            assert answer.headers["Idempotent-Replayed"] == "true"

    @rule(data=st.data())
    def quote(self, data: st.DataObject) -> None:
        side = self.take(data)
        lines, total = self.basket(data, side), [0]
        actor = self.staff(data, side, "staff", "pos")

        def plan() -> Apply:
            total[0] = side.model.quote(actor.who, lines)
            return lambda answer: _equal(answer["total"], total[0])

        side.ask(lambda: actor.client.post("/orders/quote", json={"lines": lines}), plan)

    @precondition(lambda self: any(side.model.orders for side in self.sides))
    @rule(data=st.data())
    def quote_once_more(self, data: st.DataObject) -> None:
        side = self.take(data)
        order = self.order(data, side)
        path = f"/orders/{order}/reorder-quote"

        def plan() -> Apply:
            total = side.model.reorder(order)
            return lambda answer: _equal(answer["total"], total)

        side.ask(lambda: side.people["staff"].post(path), plan)

    @precondition(lambda self: any(side.model.orders for side in self.sides))
    @rule(data=st.data(), status=st.sampled_from([*STATUSES, "cancelled"]), whole=st.booleans())
    def advance(self, data: st.DataObject, status: str, whole: bool) -> None:
        side = self.take(data)
        order = self.order(data, side)
        line = None if whole else self.line_of(data, side, order)
        path = f"/orders/{order}" + ("" if line is None else f"/lines/{line}")
        actor = self.staff(data, side, "kitchen", "pos")
        side.ask(
            lambda: actor.client.patch(path, json={"status": status}),
            lambda: side.model.advance(order, line, status),
        )

    @precondition(lambda self: any(side.model.orders for side in self.sides))
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        side = self.take(data)
        held = [id_ for id_, one in side.model.orders.items() if one["held"]]
        order = self.order(data, side) if not held else str(self.choose(data, held, [], "order"))
        side.ask(
            lambda: side.people["staff"].post(f"/orders/{order}/accept"),
            lambda: side.model.accept(order),
        )

    @precondition(lambda self: any(side.model.orders for side in self.sides))
    @rule(data=st.data(), whole=st.booleans(), sits=st.sampled_from([False, False, True]))
    def cancel(self, data: st.DataObject, whole: bool, sits: bool) -> None:
        side = self.take(data)
        order = self.order(data, side)
        actor = self.at_table(data, side) if sits else self.staff(data, side)
        line = None if whole else self.line_of(data, side, order)
        quantity = self._portions(data, side, order, line)
        path = f"/orders/{order}" + ("" if line is None else f"/lines/{line}") + "/cancel"
        body = REASON if line is None else REASON | {"quantity": quantity}

        def plan() -> Apply:
            side.check_there(actor)
            return side.model.cancel(actor.who, self._own(side, actor), order, line, quantity)

        side.ask(lambda: actor.client.post(path, json=body), plan)

    def _portions(self, data: st.DataObject, side: Side, order: str, line: str | None) -> int:
        known = side.model.orders.get(order, {"lines": []})["lines"]
        rest = max((left(one) for one in known if one["id"] == line), default=1)
        return data.draw(st.sampled_from([1, max(rest, 1), rest + 1]), "portions")

    def _own(self, side: Side, actor: Actor) -> str | None:
        party = side.model.party_at(actor.table) if actor.table else None
        return actor.who.session or (None if party is None else str(party["id"]))

    @precondition(lambda self: any(side.model.orders for side in self.sides))
    @rule(data=st.data())
    def read_at_table(self, data: st.DataObject) -> None:
        """What another party ordered is not there for a tablet."""
        side = self.take(data)
        actor = self.at_table(data, side)
        order = self.order(data, side)
        known = side.model.orders.get(order)
        answer = actor.client.get(f"/orders/{order}")
        guest = side.model.guests.get(actor.who.id)
        if guest is not None and guest["gone"]:
            assert answer.json()["code"] == "session-closed"
        elif known is None or known["session"] != self._own(side, actor):
            assert answer.status_code == 404
        else:
            assert ok(answer)["id"] == order


def _equal(found: object, expected: object) -> None:
    assert found == expected

"""Guests share a basket and call the staff."""

from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine.machine import Machine
from tests.machine.side import Actor, Side
from tests.machine.state import WAITING, Apply, Json

BASKET = "/session/basket"


class SharedRules(Machine):
    @rule(data=st.data())
    def let_in(self, data: st.DataObject) -> None:
        side = self.take(data)
        side.let_in(data.draw(st.sampled_from(self.live_tables(side)), "table"))

    def _lines(self, side: Side, actor: Actor) -> dict[str, Json]:
        party = side.model.party_at(actor.table) if actor.table else None
        session = actor.who.session or (party and party["id"])
        return side.model.baskets.get(str(session), {})

    @rule(data=st.data(), change=st.booleans(), stale=st.sampled_from([0, 0, 0, 1]))
    def put(self, data: st.DataObject, change: bool, stale: int) -> None:
        side = self.take(data)
        actor = self.at_table(data, side)
        wanted = self.basket(data, side)[0] | {"id": str(uuid4())}
        there = self._lines(side, actor)
        if change and there:
            id_ = data.draw(st.sampled_from(sorted(there)), "line")
            wanted |= {"id": id_, "version": there[id_]["version"] + stale}

        def plan() -> Apply:
            side.check_there(actor)
            return side.model.put(actor.who, actor.table, wanted)

        side.ask(lambda: actor.client.put(BASKET, json={"lines": [wanted]}), plan)

    @precondition(lambda self: any(any(side.model.baskets.values()) for side in self.sides))
    @rule(data=st.data(), stale=st.sampled_from([0, 0, 0, 1]))
    def take_out(self, data: st.DataObject, stale: int) -> None:
        side = self.take(data)
        actor = self.at_table(data, side)
        there = self._lines(side, actor)
        id_ = data.draw(st.sampled_from([*sorted(there), str(uuid4())]), "line")
        version = there[id_]["version"] + stale if id_ in there else 1
        body = {"lines": [], "removed": [{"id": id_, "version": version}]}

        def plan() -> Apply:
            side.check_there(actor)
            return side.model.take_out(actor.who, actor.table, id_, version)

        side.ask(lambda: actor.client.put(BASKET, json=body), plan)

    @rule(data=st.data())
    def submit(self, data: st.DataObject) -> None:
        side = self.take(data)
        actor, headers = self.at_table(data, side), {"Idempotency-Key": str(uuid4())}

        def plan() -> Apply:
            side.check_there(actor)
            return side.model.submit(actor.who, actor.table)

        side.ask(lambda: actor.client.post(f"{BASKET}/submit", json={}, headers=headers), plan)

    @rule(data=st.data(), sits=st.booleans(), note=st.sampled_from([None, None, "빨리요"]))
    def call(self, data: st.DataObject, sits: bool, note: str | None) -> None:
        side = self.take(data)
        types = list(side.model.call_types)
        chosen = data.draw(st.lists(st.sampled_from(types), min_size=1, unique=True), "types")
        quantity = data.draw(st.sampled_from([1, 1, 2]), "quantity")
        items = [{"type_id": id_, "quantity": quantity} for id_ in chosen]
        body: Json = {"items": items, "note": note}
        actor = self._caller(data, side, sits=sits)
        sent = body if sits else body | {"table_id": actor.table}

        def plan() -> Apply:
            side.check_there(actor)
            return side.model.call(actor.who, actor.table, body)

        side.ask(lambda: actor.client.post("/service-requests", json=sent), plan)

    def _caller(self, data: st.DataObject, side: Side, *, sits: bool) -> Actor:
        """Somebody at a table, free or not, or staff who note down what a table wants."""
        if not sits:
            return side.person("staff")._replace(table=self.table(data, side))
        free = data.draw(st.booleans(), "any table")
        if free:
            return side.tablet(data.draw(st.sampled_from(self.live_tables(side)), "table"))
        return self.at_table(data, side)

    @precondition(lambda self: any(side.model.calls for side in self.sides))
    @rule(
        data=st.data(),
        sits=st.booleans(),
        status=st.sampled_from(["acknowledged", "done", "cancelled", "cancelled"]),
    )
    def answer(self, data: st.DataObject, sits: bool, status: str) -> None:
        side = self.take(data)
        calls = side.model.calls
        waiting = [id_ for id_, one in calls.items() if one["status"] in WAITING]
        rest = [*list(calls)[-3:], *self.elsewhere(side, "calls")]
        call = str(self.choose(data, waiting, rest, "call"))
        actor = self._caller(data, side, sits=True) if sits else side.person("staff")

        def plan() -> Apply:
            side.check_there(actor)
            return side.model.answer(actor.who, actor.table, call, status)

        side.ask(
            lambda: actor.client.patch(f"/service-requests/{call}", json={"status": status}), plan
        )

"""Parties come, change seats and leave."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine.machine import Machine
from tests.machine.side import Side
from tests.machine.state import left
from tests.support.menu_building import if_match


class FloorRules(Machine):
    def _act(self, side: Side, who: str, session: str, action: str, plan: Any, **body: Any) -> None:
        path = f"/sessions/{session}/{action}"
        side.ask(lambda: side.people[who].post(path, json=body), plan)

    @rule(data=st.data())
    def open(self, data: st.DataObject) -> None:
        side = self.take(data)
        table = self.table(data, side, free=True)
        body = {"guest_count": data.draw(st.sampled_from([None, 2, 4]), "guests")}
        staff = side.people["staff"]
        side.ask(
            lambda: staff.post(f"/tables/{table}/sessions", json=body),
            lambda: side.model.open(table, body["guest_count"]),
        )

    @rule(data=st.data())
    def count_guests(self, data: st.DataObject) -> None:
        side = self.take(data)
        session, guests = self.session(data, side), data.draw(st.integers(1, 3), "guests")
        body = {"guest_count": guests}
        known = side.model.sessions.get(session)
        read = data.draw(st.sampled_from([None, 0, -1]), "read before") if known else None
        expected = None if read is None or known is None else known["version"] + read
        headers = {} if expected is None else if_match(expected)
        side.ask(
            lambda: side.people["staff"].patch(f"/sessions/{session}", json=body, headers=headers),
            lambda: side.model.count_guests(session, guests, expected),
        )

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        side = self.take(data)
        session, table = self.session(data, side), self.table(data, side, free=True)
        plan = lambda: side.model.move(session, table)  # noqa: E731 - it runs before the request
        self._act(side, "staff", session, "move", plan, table_id=table)

    @rule(data=st.data())
    def link(self, data: st.DataObject) -> None:
        side = self.take(data)
        session = self.session(data, side)
        tables = [self.table(data, side, free=True) for _ in range(data.draw(st.integers(0, 2)))]
        side.ask(
            lambda: side.people["staff"].put(
                f"/sessions/{session}/tables", json={"table_ids": tables}
            ),
            lambda: side.model.link(session, tables),
        )

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        side = self.take(data)
        session, into = self.session(data, side), self.session(data, side, "into")
        plan = lambda: side.model.merge(session, into)  # noqa: E731 - it runs before the request
        self._act(side, "staff", session, "merge", plan, into_session_id=into)

    @rule(data=st.data())
    def unmerge(self, data: st.DataObject) -> None:
        side = self.take(data)
        merged = [k for k, v in side.model.sessions.items() if v["merged_into"]]
        rest = [*side.model.sessions, *self.elsewhere(side, "sessions")]
        session = str(self.choose(data, merged, rest, "session"))
        table = self.table(data, side, free=True) if data.draw(st.booleans(), "elsewhere") else None
        plan = lambda: side.model.unmerge(session, table)  # noqa: E731 - it runs before the request
        body = {"table_id": table} if table else {}
        self._act(side, "staff", session, "unmerge", plan, **body)

    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        side = self.take(data)
        session = self.session(data, side)
        orders = side.model.orders_of(session)
        lines = [
            (one["id"], n)
            for order in orders
            for one in order["lines"]
            if one["parent"] is None
            for n in range(1, left(one) + 1)
        ]
        anything = [
            (one["id"], 2) for order in side.model.orders.values() for one in order["lines"]
        ]
        if not (lines or anything):
            return
        portions = [
            found
            for _ in range(data.draw(st.integers(1, 3), "lines"))
            if (found := self.choose(data, lines, anything[-3:], "portions"))
        ]
        table = self.table(data, side, free=True)
        plan = lambda: side.model.split(session, portions, table)  # noqa: E731 - as above
        sent = [{"line_id": id_, "quantity": quantity} for id_, quantity in portions]
        self._act(side, "staff", session, "split", plan, lines=sent, table_id=table)

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        side = self.take(data)
        session = self.session(data, side)
        who = data.draw(st.sampled_from(["staff", "manager"]), "who")
        force = data.draw(st.booleans(), "force")
        body = {"force": force} | ({"reason": "마감"} if data.draw(st.booleans(), "reason") else {})
        manager, reason = who == "manager", str(body.get("reason", ""))
        plan = lambda: side.model.close(  # noqa: E731 - as above
            session, force=force, reason=reason, manager=manager
        )
        self._act(side, who, session, "close", plan, **body)

    @rule(data=st.data())
    def serve_and_close(self, data: st.DataObject) -> None:
        """The usual end of a visit, which the single steps seldom come to."""
        side = self.take(data)
        session = self.session(data, side)
        for order in side.model.orders_of(session):
            id_ = order["id"]
            if not order["held"]:
                side.ask(
                    lambda id_=id_: side.people["kitchen"].patch(  # type: ignore[misc]
                        f"/orders/{id_}", json={"status": "served"}
                    ),
                    lambda id_=id_: side.model.advance(id_, None, "served"),  # type: ignore[misc]
                )
        plan = lambda: side.model.close(  # noqa: E731 - as above
            session, force=False, reason=None, manager=False
        )
        self._act(side, "staff", session, "close", plan)

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        side = self.take(data)
        if side.model.sessions:
            session = self.ended(data, side)
            plan = lambda: side.model.reopen(session)  # noqa: E731 - it runs before the request
            self._act(side, "staff", session, "reopen", plan)

    @rule(data=st.data())
    def archive_and_add(self, data: st.DataObject) -> None:
        """A table goes, and another one takes its number."""
        side = self.take(data)
        table = self.table(data, side, free=True)
        answer = side.ask(
            lambda: side.people["manager"].delete(f"/tables/{table}"),
            lambda: side.model.archive(table),
        )
        if answer.is_success:
            side.add_table(side.model.tables[table]["number"])

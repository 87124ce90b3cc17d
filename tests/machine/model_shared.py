"""What a party shares and asks for: the model of guests, baskets, calls and switches."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.machine.model_orders import AT_TABLE, OrderModel, Who
from tests.machine.state import WAITING, Apply, Json, refuse_if

AFTER = {
    "open": ("acknowledged", "done", "cancelled"),
    "acknowledged": ("done", "cancelled"),
    "done": (),
    "cancelled": (),
}


class Place(NamedTuple):
    table: str
    session: str | None


class StoreModel(OrderModel):
    # Guests

    def enter(self, table_id: str) -> Apply:
        """A guest at a live table, whose session begins with it if nobody sits there."""
        party = self.party_at(table_id)

        def apply(answer: Json) -> None:
            there = party or self.seat(answer["session_id"], table_id)
            self.guests[answer["refresh_token"]] = {
                "id": answer["refresh_token"],
                "session": there["id"],
                "origin": None,
                "stale": False,
                "gone": False,
            }

        return apply

    def session_of(self, who: Who, table: str | None) -> str:
        """The open session of somebody at a table."""
        if who.session is not None:
            refuse_if(self.sessions[who.session]["status"] != "open", "session-closed")
            return who.session
        party = self.party_at(str(table))
        refuse_if(party is None, "not-found")
        return str(party and party["id"])

    # The shared basket

    def put(self, who: Who, table: str | None, wanted: Json) -> Apply:
        """Put in or change one line."""
        session_id = self.session_of(who, table)
        basket = self.baskets.get(session_id, {})
        there = basket.get(wanted["id"])
        content = {k: v for k, v in wanted.items() if k not in ("id", "version")}
        if there is None:
            refuse_if(wanted.get("version") is not None, "basket-changed")
        elif there["content"] == content:
            return lambda _: None
        else:
            refuse_if(there["version"] != wanted.get("version"), "basket-changed")
        self.check_lines([content])
        version = 1 if there is None else there["version"] + 1
        origin = None if there is None else there["origin"]

        def apply(_: Json) -> None:
            self.baskets.setdefault(session_id, {})[wanted["id"]] = {
                "content": content,
                "version": version,
                "origin": origin,
                "session": session_id,
            }
            self.tell("session.basket_updated", session_id)

        return apply

    def take_out(self, who: Who, table: str | None, line_id: str, version: int) -> Apply:
        session_id = self.session_of(who, table)
        there = self.baskets.get(session_id, {}).get(line_id)
        if there is None:
            return lambda _: None
        refuse_if(there["version"] != version, "basket-changed")

        def apply(_: Json) -> None:
            del self.baskets[session_id][line_id]
            self.tell("session.basket_updated", session_id)

        return apply

    def submit(self, who: Who, table: str | None) -> Apply:
        session_id = self.session_of(who, table)
        basket = self.baskets.get(session_id, {})
        refuse_if(not basket, "basket-empty")
        place = self.place(who, [one["content"] for one in basket.values()], session=session_id)

        def apply(answer: Json) -> None:
            # Which line came first is the service's to say: lines of one instant have no order.
            shown = [one["item_id"] for one in answer["lines"] if one["parent_line_id"] is None]
            assert sorted(shown) == sorted(one["content"]["item_id"] for one in basket.values())
            place(answer)
            self.baskets[session_id] = {}
            self.tell("session.basket_updated", session_id)

        return apply

    # Calls

    def call(self, who: Who, table: str | None, wanted: Json) -> Apply:
        place = self._place(who, table)
        asked = _asked(wanted)
        own = [one for one in self.calls.values() if _belongs(one, place)]
        waiting = [one for one in own if one["status"] in WAITING]
        equal = sorted(one["id"] for one in waiting if one["asked"] == asked)
        if equal:
            return lambda answer: _same(answer["id"], equal[0])
        types = [self.call_types[one["type_id"]] for one in wanted["items"]]
        over = any(n["quantity"] > t["most"] for n, t in zip(wanted["items"], types, strict=True))
        refuse_if(over, "quantity-invalid")
        if who.channel in AT_TABLE:
            refuse_if(len(waiting) >= self.switches["most_calls"], "too-many-service-requests")
            refuse_if(self._cooling(own, types), "cooling-down")

        def apply(answer: Json) -> None:
            self.calls[answer["id"]] = {
                "id": answer["id"],
                "table": place.table,
                "session": place.session,
                "origin": None,
                "status": "open",
                "asked": asked,
                "types": {one["id"] for one in types},
                "at": self.now,
                "version": 1,
            }
            self.tell("service_request.created", answer["id"])

        return apply

    def _cooling(self, own: Sequence[Json], types: Sequence[Json]) -> bool:
        def asked(type_id: str) -> datetime:
            times = [
                one["at"] for one in own if type_id in one["types"] and one["status"] != "cancelled"
            ]
            return max(times, default=datetime.min.replace(tzinfo=self.now.tzinfo))

        return any(
            asked(one["id"]) + timedelta(seconds=one["cooldown"]) > self.now for one in types
        )

    def answer(self, who: Who, table: str | None, call_id: str, target: str) -> Apply:
        at_table = who.channel in AT_TABLE
        refuse_if(at_table and target != "cancelled", "permission-denied")
        place = self._place(who, table) if at_table else None
        call = self.known(self.calls, call_id)
        refuse_if(place is not None and not _belongs(call, place), "not-found")
        if call["status"] == target:
            return lambda _: None
        refuse_if(target not in AFTER[call["status"]], "transition-invalid")
        refuse_if(at_table and call["status"] != "open", "transition-invalid")
        return lambda _: self._touch_call(call, target)

    def _place(self, who: Who, table: str | None) -> Place:
        if who.session is not None:
            return Place(self.sessions[who.session]["table"], self.session_of(who, None))
        party = self.party_at(str(table))
        if party is None:
            self.live_table(str(table))
        return Place(str(table), None if party is None else party["id"])

    # Switches

    def turn(self, **switches: object) -> Apply:
        changed = any(self.switches[name] != value for name, value in switches.items())

        def apply(_: Json) -> None:
            self.switches |= switches
            if changed:
                self.tell("menu.changed", "store")

        return apply


def _belongs(call: Json, place: Place) -> bool:
    """What the party there asked for, and what was asked for at its table before it came."""
    if call["session"] is None:
        return bool(call["table"] == place.table)
    return bool(call["session"] == place.session)


def _asked(wanted: Json) -> str:
    things = sorted((one["type_id"], one["quantity"]) for one in wanted["items"])
    return json.dumps([things, wanted["note"]])


def _same(found: str, expected: str) -> None:
    assert found == expected, "an equal request waits already"

"""What all rules share: two stores, a clock that is held, and choosing among what there is."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple, TypeVar
from uuid import uuid4

from fastapi import FastAPI
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from app.core import clock
from tests.machine import agreement
from tests.machine.model_orders import line
from tests.machine.side import Actor, Side
from tests.machine.state import Json, left
from tests.support.shops import open_shop

# Noon of a Friday in Seoul.
START = datetime(2027, 1, 15, 3, tzinfo=UTC)
STEP = timedelta(seconds=2)
T = TypeVar("T")


class World(NamedTuple):
    """The service that is driven."""

    app: FastAPI
    base_url: str
    database_url: str


class Machine(RuleBasedStateMachine):
    """Each rule asks one store for one thing, of which the model has said what must come of it."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.now = START
        self.sides: list[Side] = []
        self.acted: Side | None = None

    @initialize()
    def open_two_stores(self) -> None:
        self._stack.enter_context(clock.held_at(self.now))
        app, url, database = self.world
        for _ in range(2):
            shop = open_shop(url, app.state.runtime, database)
            side = Side(shop)
            self._stack.callback(side.close)
            side.model.told.clear()
            side.seen = side.head()
            self.sides.append(side)
            side.begin()
            agreement.agree(side)

    def pass_time(self, span: timedelta) -> None:
        self.now += span
        self._stack.enter_context(clock.held_at(self.now))
        for side in self.sides:
            if side.at(self.now):
                agreement.agree(side)

    def take(self, data: st.DataObject) -> Side:
        """The store that is asked next; a moment has passed."""
        self.pass_time(STEP)
        self.acted = data.draw(st.sampled_from(self.sides), "store")
        return self.acted

    @invariant()
    def agree(self) -> None:
        acted, self.acted = self.acted, None
        for side in self.sides:
            if side is acted:
                agreement.agree(side)
            else:
                agreement.is_untouched(side)

    def teardown(self) -> None:
        try:
            for side in self.sides:
                agreement.agree(side)
                agreement.adds_up(side)
        finally:
            self._stack.close()

    # Choosing: mostly what may succeed, now and then anything, of the other store too

    def choose(
        self, data: st.DataObject, likely: Iterable[T], others: Iterable[T], name: str
    ) -> T | None:
        first, rest = list(likely), list(others)
        choices = first * 4 + rest
        return data.draw(st.sampled_from(choices), name) if choices else None

    def elsewhere(self, side: Side, rows: str) -> list[str]:
        [other] = [one for one in self.sides if one is not side]
        found: dict[str, Json] = getattr(other.model, rows)
        return [*list(found)[-1:], str(uuid4())]

    def session(self, data: st.DataObject, side: Side, name: str = "session") -> str:
        rows = side.model.sessions
        live = [id_ for id_, one in rows.items() if one["status"] == "open"]
        others = [*list(rows)[-4:], *self.elsewhere(side, "sessions")]
        return str(self.choose(data, live, others, name))

    def ended(self, data: st.DataObject, side: Side) -> str:
        rows = side.model.sessions
        gone = [id_ for id_, one in rows.items() if one["status"] == "closed"]
        return str(self.choose(data, gone, [*rows, *self.elsewhere(side, "sessions")], "session"))

    def table(self, data: st.DataObject, side: Side, *, free: bool = False) -> str:
        model = side.model
        live = self.live_tables(side)
        likely = [id_ for id_ in live if not free or model.party_at(id_) is None]
        others = [*model.tables, *self.elsewhere(side, "tables")]
        return str(self.choose(data, likely, others, "table"))

    def live_tables(self, side: Side) -> list[str]:
        return [id_ for id_, one in side.model.tables.items() if not one["archived"]]

    def order(self, data: st.DataObject, side: Side, name: str = "order") -> str:
        model = side.model
        live = [
            id_
            for id_, one in model.orders.items()
            if model.sessions[one["session"]]["status"] == "open"
        ]
        others = [*list(model.orders)[-4:], *self.elsewhere(side, "orders")]
        return str(self.choose(data, live, others, name))

    def line_of(self, data: st.DataObject, side: Side, order_id: str) -> str:
        order = side.model.orders.get(order_id)
        rows = order["lines"] if order else []
        likely = [one["id"] for one in rows if left(one)]
        return str(self.choose(data, likely, [*(one["id"] for one in rows), str(uuid4())], "line"))

    def basket(self, data: st.DataObject, side: Side) -> list[Json]:
        """What somebody might order: a dish, the same with an option, a set."""
        dishes, quantity = side.dishes, st.integers(1, 3)
        hot = [{"option_id": side.hot, "quantity": 1}]
        one_line = st.one_of(
            st.builds(lambda n: line(dishes["stew"], n), quantity),
            st.builds(lambda n: line(dishes["rice"], n), quantity),
            st.builds(lambda n: line(dishes["stew"], n, options=hot, seat=1), quantity),
            st.builds(
                side.lunch_set, st.sampled_from(["stew", "beef"]), st.integers(0, 2), quantity
            ),
        )
        return data.draw(st.lists(one_line, min_size=1, max_size=3), "lines")

    def staff(self, data: st.DataObject, side: Side, *names: str) -> Actor:
        known = names or ("staff", "manager")
        return side.person(data.draw(st.sampled_from(known), "who"))

    def at_table(self, data: st.DataObject, side: Side) -> Actor:
        """A tablet of a live table, or a guest's phone, perhaps of a party that has left."""
        model = side.model
        occupied = [id_ for id_ in self.live_tables(side) if model.party_at(id_)]
        guests = [("guest", id_) for id_ in model.guests]
        tablets = [("tablet", id_) for id_ in occupied]
        rest = [("tablet", id_) for id_ in self.live_tables(side)]
        choices: Sequence[Any] = [*guests, *tablets]
        kind, id_ = self.choose(data, choices, rest, "at table") or ("tablet", occupied[0])
        return side.guest(id_) if kind == "guest" else side.tablet(id_)

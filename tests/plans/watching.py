"""What the database reads to answer a request: the statements, explained while they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.support.menu_building import ok
from tests.support.shops import Json, Shop

SMALL = 5_000
"""So few rows are read faster as they lie than by the two hundred ids that a long page asks for."""
GROWING = {"orders", "order_lines", "order_line_options", "line_cancellations", "table_sessions"}
GROWING |= {"audit_entries", "sign_ins"}
"""The tables that grow for as long as a store is open."""
Statement = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Watched:
    shop: Shop
    engine: Engine
    url: str

    def get(self, path: str, **query: Any) -> tuple[Json, list["Plan"]]:
        """The answer to a manager, and the plans of what was asked for it."""
        with self._listening() as statements:
            answer = ok(self.shop.manager.get(path, params=query))
        return answer, [self._explained(one) for one in statements]

    @contextmanager
    def _listening(self) -> Iterator[list[Statement]]:
        heard: list[Statement] = []

        def hear(*arguments: Any) -> None:
            _, _, statement, parameters, *_ = arguments
            if statement.lstrip().upper().startswith(("SELECT", "WITH")):
                heard.append((statement, parameters))

        event.listen(self.engine, "before_cursor_execute", hear)
        try:
            yield heard
        finally:
            event.remove(self.engine, "before_cursor_execute", hear)

    def _explained(self, statement: Statement) -> "Plan":
        """Run it once more, in the role of the API, as the planner sees it on its first runs."""
        text, parameters = statement
        with psycopg.connect(self.url, options="-c role=table_order_app") as connection:
            connection.execute("SELECT set_config('app.store_id', %s, true)", [str(self.shop.id)])
            row = connection.execute(
                f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}".encode(), parameters
            ).fetchone()
        assert row is not None
        return Plan(text, row[0][0]["Plan"])


@dataclass(frozen=True, slots=True)
class Plan:
    """How one statement was answered."""

    text: str
    root: Json

    def nodes(self) -> Iterator[Json]:
        """Every step of the plan."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", [])

    def scans(self) -> list[str]:
        """The growing tables that are read from beginning to end, unless they are still small."""
        return [
            node["Relation Name"]
            for node in self.nodes()
            if node["Node Type"] == "Seq Scan"
            and node["Relation Name"] in GROWING
            and _looked_at(node) > SMALL
        ]

    def rows_read(self) -> float:
        """How many rows of growing tables were looked at, those that were thrown away included."""
        return sum(
            _looked_at(node) for node in self.nodes() if node.get("Relation Name") in GROWING
        )

    def rows_sorted(self) -> float:
        """The largest number of rows that went into one sort."""
        sorts = (node for node in self.nodes() if node["Node Type"] == "Sort")
        return max((float(node["Plans"][0]["Actual Rows"]) for node in sorts), default=0.0)


def _looked_at(node: Json) -> float:
    return (float(node["Actual Rows"]) + _thrown_away(node)) * float(node["Actual Loops"])


def _thrown_away(node: Json) -> float:
    reasons = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(float(node.get(reason, 0)) for reason in reasons)

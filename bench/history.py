"""Millions of orders of the past, made by the database itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

SCRIPT = Path(__file__).with_suffix(".sql")
FIRST = 1_000_000
"""The number of a store's first past order; what is placed later has ids of its own."""


@dataclass(frozen=True, slots=True)
class Past:
    """What each of the stores with these numbers has behind it, the newest before `until`.

    The stores must have `tables` tables and `items` items, with the ids of world.py.
    """

    stores: Sequence[int]
    orders: int
    until: datetime
    tables: int
    items: int
    lines: int = 2
    gap: timedelta = timedelta(minutes=5)


def remember(connection: psycopg.Connection[Any], past: Past) -> None:
    """Add the past to the stores."""
    values = {
        "stores": list(past.stores),
        "first": FIRST,
        "orders": past.orders,
        "until": past.until,
        "gap": past.gap,
        "tables": past.tables,
        "items": past.items,
        "lines": past.lines,
    }
    for statement in SCRIPT.read_text().split(";\n\n"):
        filled = "%(" in statement
        connection.execute(statement.encode(), values if filled else None)

"""Ids of small numbers, and which stores are what."""

from uuid import UUID

STORES, TABLES = 20, 10
"""How many stores take the orders, and how many tables each has."""
ORDERING = range(1, STORES + 1)
LARGE, BUSY, HOT = 101, 102, 103
"""A store with 100 tables, the same with orders at each, and one whose 40 tablets all order."""
RICH, VAST = 111, 112
"""Menus with every feature: of 100 and of 2,000 items."""
SPREAD = range(201, 241)
"""40 stores with one tablet each: what `HOT` is compared with."""
CALM = 1000
"""Stores from here on have streams and no events."""

STORE, TABLE, SESSION, ITEM, OPTION, GROUP, CATEGORY, STAFF, DEVICE, SIGN_IN, ORDER = range(1, 12)
SLOT = 12


def made(kind: int, number: int) -> UUID:
    """The id of row `number` of a kind; `order.sql` builds the same text."""
    return UUID(f"{number:08x}-{kind:04x}-7000-8000-000000000000")

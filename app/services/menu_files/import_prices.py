"""What an import does to prices, for the audit log."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.repositories.menu_file import Row
from app.services.menu_files.import_plan import FinalSlot, ImportPlan

Change = dict[str, Any]
COLUMNS = {"price": "{}", "price_schedule": "{}-price-schedule", "happy_hours": "{}-happy-hours"}
"""The columns that say what a thing costs, and what a change of each is called."""


def price_changes(plan: ImportPlan) -> list[Change]:
    """What the prices of a thing were and are, in minor units: its price, what is planned for it,
    its happy hours, its own prices of options, and what a set asks for its choices."""
    found = []
    for kind in ("item", "option"):
        for one in plan.kinds[kind].changed:
            before: Mapping[str, Any] = one.stored.row if one.stored else {}
            for column, called in COLUMNS.items():
                if before.get(column) != one.row.get(column):
                    values = (before.get(column), one.row.get(column))
                    found.append(_change(called.format(kind), one.id, *values))
    return [*found, *_of_parts(plan)]


def _of_parts(plan: ImportPlan) -> Iterator[Change]:
    changed = [item.id for item in plan.kinds["item"].changed]
    for item_id in changed:
        links = plan.links_before.get(item_id, ()), plan.links.get(item_id, ())
        options = _own_prices(links[0]), _own_prices(links[1])
        if options[0] != options[1]:
            yield _change("item-options", item_id, *options)
    for before, after in plan.sets:
        item_id = (before or after)[0].row["item_id"]
        choices = _upcharges(before), _upcharges(after)
        if item_id in changed and choices[0] != choices[1]:
            yield _change("set-upcharges", item_id, *choices)


def _change(kind: str, row_id: UUID, before: object, after: object) -> Change:
    return {"kind": kind, "id": str(row_id), "before": before, "after": after}


def _own_prices(links: Sequence[Row]) -> dict[str, int]:
    return {key: price for link in links for key, price in (link["prices"] or {}).items()}


def _upcharges(slots: Sequence[FinalSlot]) -> dict[str, int]:
    """By slot and item, as `MenuJournal.upcharges_changed` has them."""
    return {
        f"{slot.row['id']}/{choice['item_id']}": choice["upcharge"]
        for slot in slots
        for choice in slot.choices
    }

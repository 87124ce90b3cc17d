"""Priced lines as an order stores and first shows them; the parts of a set follow it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.core.ids import uuid7
from app.core.language import pick
from app.services.priced_basket import PricedBasket, PricedLine, shown_options, shown_slot


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that is about to be stored, and the set's line that it is part of."""

    id: UUID
    parent_id: UUID | None
    line: PricedLine

    def shown(self, language: tuple[str, str], *, names: bool) -> dict[str, Any]:
        """The line as `OrderLineOutput` shows it."""
        line = self.line
        return {
            "id": self.id,
            "parent_line_id": self.parent_id,
            "slot": shown_slot(line, language),
            "item_id": line.item_id,
            "name": pick(line.names, *language),
            "names": line.names if names else None,
            "quantity": line.quantity,
            "cancelled_quantity": 0,
            "unit_price": line.unit_price,
            "options": shown_options(line, language),
            "allergens": line.allergens,
            "note": line.note,
            "seat": line.seat,
            "status": "pending",
            "cancellations": [],
            "total": line.total,
        }

    def row(self, place: int) -> dict[str, Any]:
        """The line's columns, for `place_order`."""
        line, part = self.line, self.line.part
        row = {
            "id": self.id,
            "position": place,
            "item_id": line.item_id,
            "names": line.names,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "options_total": line.options_total,
            "note": line.note,
            "seat": line.seat,
            "total": line.total,
            "allergens": line.allergens,
        }
        if part is None:
            return row
        return row | {
            "parent_line_id": self.parent_id,
            "slot_id": part.slot_id,
            "slot_names": part.slot_names,
            "per_set": part.per_set,
            "set_share": part.share,
        }

    def option_rows(self) -> list[dict[str, Any]]:
        """The columns of the line's options."""
        return [
            {
                "id": uuid7(),
                "order_line_id": self.id,
                "position": place,
                "option_id": option.option_id,
                "group_names": option.group_names,
                "names": option.names,
                "quantity": option.quantity,
                "price": option.price,
            }
            for place, option in enumerate(self.line.options)
        ]


def order_lines(basket: PricedBasket) -> list[NewLine]:
    """Every line of the basket with an id of its own, each set before its parts."""
    lines: list[NewLine] = []
    parent: UUID | None = None
    for line, owner in basket.rows():
        new = NewLine(uuid7(), parent if owner is not None else None, line)
        if owner is None:
            parent = new.id
        lines.append(new)
    return lines


def utc_text(instant: datetime | None) -> str | None:
    """RFC 3339 in UTC with `Z`."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

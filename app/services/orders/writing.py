"""Priced lines as an order stores and first shows them; the parts of a set follow it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from app.core.ids import uuid7
from app.core.language import pick
from app.services.pricing.priced_basket import PricedBasket, PricedLine, shown_options, shown_slot

Actor = dict[str, Any]
"""Who did something, as events name it: `{kind, id, name}`."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that is about to be stored, the set's line that it is part of, and who added it."""

    id: UUID
    parent_id: UUID | None
    line: PricedLine
    added_by: Actor

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
            "added_by": self.added_by if names else None,
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
            "added_by": self.added_by,
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


def order_lines(basket: PricedBasket, authors: Sequence[Actor]) -> list[NewLine]:
    """Every line of the basket with an id of its own, each set before its parts.

    Args:
        authors: who put each line of the basket there, in its order.
    """
    lines: list[NewLine] = []
    for line, author in zip(basket.lines, authors, strict=True):
        whole = NewLine(uuid7(), None, line, author)
        lines.append(whole)
        lines += [NewLine(uuid7(), whole.id, part, author) for part in line.parts]
    return lines


def fingerprint(lines: Sequence[BaseModel]) -> str:
    """What of a basket makes it the same one again, in hex: its lines in whatever order."""
    parts = sorted(orjson.dumps(line.model_dump(), option=orjson.OPT_SORT_KEYS) for line in lines)
    return blake2b(b"\n".join(parts), digest_size=16).hexdigest()

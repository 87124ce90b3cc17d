"""How the lines of a set move and end: the kitchen works on its parts, the set follows. Pure."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from app.core.errors import NotFoundError
from app.models.order import OrderLine
from app.services.orders.line_states import derived_status


def line_of(lines: Iterable[OrderLine], line_id: UUID) -> OrderLine:
    """The order's line with this id. Raise NotFoundError when it has none such."""
    for line in lines:
        if line.id == line_id:
            return line
    raise NotFoundError


def parts_of(lines: Iterable[OrderLine], line: OrderLine) -> list[OrderLine]:
    """The lines of what was chosen in the set `line`; none for a dish."""
    return [one for one in lines if one.parent_line_id == line.id]


def worked_on(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines that the kitchen moves: dishes and parts, but no sets."""
    sets = {line.parent_line_id for line in lines}
    return [line for line in lines if line.id not in sets]


def counted(lines: Iterable[OrderLine]) -> list[OrderLine]:
    """The lines that an order's total counts: dishes and sets, but no parts."""
    return [line for line in lines if line.parent_line_id is None]


def follow_parts(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Bring each set to the status of its least advanced part; the sets that changed."""
    changed = []
    for line in lines:
        parts = parts_of(lines, line)
        if parts and line.status != (status := derived_status(part.status for part in parts)):
            line.status = status
            changed.append(line)
    return changed


def with_parts(lines: Sequence[OrderLine], line: OrderLine, portions: int) -> dict[OrderLine, int]:
    """What goes when so many portions of a dish or set go: its parts go along, by their units."""
    parts = parts_of(lines, line)
    return {line: portions} | {part: (part.per_set or 1) * portions for part in parts}


def remaining_total(line: OrderLine) -> int:
    """What the portions that are left cost, in minor units."""
    left = line.quantity - line.cancelled_quantity
    if line.per_set is None or line.set_share is None:
        return (line.unit_price + line.options_total) * left
    return (line.set_share + line.options_total * line.per_set) * (left // line.per_set)

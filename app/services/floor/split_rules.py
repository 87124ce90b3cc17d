"""How an order comes apart when some of its portions go to another session. Pure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.core.errors import PartOfSetError, QuantityInvalidError
from app.core.ids import uuid7
from app.models import OrderLine, OrderStatus
from app.services.orders.set_rules import remaining_total, with_parts


def live(line: OrderLine) -> int:
    """The portions of a line that are not cancelled."""
    return line.quantity - line.cancelled_quantity


def check_portions(lines: Sequence[OrderLine], taken: Mapping[UUID, int]) -> None:
    """No line gives more portions than it has left.

    Raises:
        QuantityInvalidError: one would; `line_id` says which, `remaining` how many are left.
    """
    for line in lines:
        if taken.get(line.id, 0) > live(line):
            raise QuantityInvalidError(line_id=str(line.id), remaining=live(line))


def with_their_parts(lines: Sequence[OrderLine], taken: Mapping[UUID, int]) -> dict[UUID, int]:
    """The portions that go, those of the parts of a set along with it.

    Raises:
        PartOfSetError: a part is named, which goes with its set only.
    """
    going: dict[UUID, int] = {}
    for line in lines:
        if line.id in taken:
            if line.parent_line_id is not None:
                raise PartOfSetError(parent_line_id=str(line.parent_line_id))
            portions = with_parts(lines, line, taken[line.id])
            going |= {one.id: quantity for one, quantity in portions.items()}
    return going


def goes_whole(lines: Sequence[OrderLine], taken: Mapping[UUID, int]) -> bool:
    """Whether no live portion is left behind: then the order goes as it is, with its number."""
    return all(taken.get(line.id, 0) == live(line) for line in lines)


def take_part(line: OrderLine, quantity: int) -> OrderLine:
    """Take portions off a line that keeps some, and put them on a new one in the same state.

    What was cancelled stays where it was ordered; if nothing else does, the line is cancelled. The
    two totals add up to what the one was.

    Args:
        quantity: from 1 to the line's live portions, and less than all that were ordered.
    """
    part = line.copy(id=uuid7(), quantity=quantity, cancelled_quantity=0)
    line.quantity -= quantity
    if live(line) == 0:
        line.status = OrderStatus.CANCELLED
    for each in (line, part):
        each.total = remaining_total(each)
    return part

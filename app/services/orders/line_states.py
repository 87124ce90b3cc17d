"""How an order moves: the transition table, and what follows from its lines. Pure."""

from collections.abc import Iterable, Sequence

from app.models.order import OrderStatus

ORDERED = (
    OrderStatus.PENDING,
    OrderStatus.PREPARING,
    OrderStatus.READY,
    OrderStatus.SERVED,
)


def allowed_after(status: OrderStatus) -> list[OrderStatus]:
    """Where a line may go: any step forward, or one step back (recall). Cancelled stays so."""
    if status is OrderStatus.CANCELLED:
        return []
    place = ORDERED.index(status)
    return [*ORDERED[max(place - 1, 0) : place], *ORDERED[place + 1 :]]


def derived_status(lines: Iterable[str]) -> OrderStatus:
    """All cancelled → cancelled; else the least advanced of the live lines."""
    live = [OrderStatus(status) for status in lines if status != OrderStatus.CANCELLED]
    return min(live, key=ORDERED.index) if live else OrderStatus.CANCELLED


def moves(statuses: Sequence[str], target: OrderStatus) -> list[int] | None:
    """Which lines move when the whole order is asked to be `target`; None when it can't be.

    Forward, every live line that is behind. Back (recall, one step), those that are least
    advanced. Asking for what already holds moves nothing.
    """
    current = derived_status(statuses)
    if target is current:
        return []
    if target not in allowed_after(current):
        return None
    live = [
        (index, ORDERED.index(OrderStatus(status)))
        for index, status in enumerate(statuses)
        if status != OrderStatus.CANCELLED
    ]
    wanted, least = ORDERED.index(target), ORDERED.index(current)
    if wanted > least:
        return [index for index, place in live if place < wanted]
    return [index for index, place in live if place == least]

"""Why guests can't order an item now, for staff: what the guests' menu shows as sold out or not at
all may have its cause in an option or in another dish. Pure."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from app.models.menu import Item
from app.schemas.menu import BlockOutput, BlockReason, ItemReadOutput
from app.services.menu.outputs import item_output
from app.services.menu.snapshot import ItemEntry, MenuSnapshot, Orderable

OWN = {Orderable.HIDDEN: BlockReason.HIDDEN, Orderable.SOLD_OUT: BlockReason.SOLD_OUT}


def blocks(item: ItemEntry | None, now: datetime) -> Iterator[tuple[BlockReason, UUID | None]]:
    """All that keeps guests from ordering the item at `now`; None is one that is off the menu."""
    if item is None:
        yield BlockReason.NOT_ON_MENU, None
        return
    own = OWN.get(item.availability.at(now))
    if own is not None:
        yield own, None
    if not item.opening.open_at(now):
        yield BlockReason.NOT_NOW, None
    for group in item.groups:
        if not group.can_be_chosen(now):
            yield BlockReason.OPTION_GROUP, group.id
    for slot in item.slots:
        if not slot.can_be_chosen(now):
            yield BlockReason.SET_SLOT, slot.id


def item_read_output(item: Item, menu: MenuSnapshot, now: datetime) -> ItemReadOutput:
    """The item as `item_output` shows it, judged by the menu as it stands at `now`."""
    found = [BlockOutput(reason=why, id=id_) for why, id_ in blocks(menu.items.get(item.id), now)]
    shown = item_output(item)
    return ItemReadOutput(**dict(shown), orderable=not found, blocked_by=found)

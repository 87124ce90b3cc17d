"""Sets (세트): items that consist of other items, which guests choose."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.money import MAX_AMOUNT
from app.models.base import Model, StoreModel, in_store


class SetSlot(StoreModel):
    """A part of a set, such as the drink: how many units are chosen, in the set's own order."""

    __tablename__ = "set_slots"
    __table_args__ = (
        in_store("item_id", "items"),
        CheckConstraint(
            "min_select >= 0 AND max_select >= min_select AND max_select BETWEEN 1 AND 99",
            name="selection_in_order",
        ),
        Index("ix_set_slots_item", "store_id", "item_id"),
    )

    item_id: Mapped[UUID]
    names: Mapped[dict[str, str]]
    min_select: Mapped[int]
    max_select: Mapped[int]
    position: Mapped[int]
    archived_at: Mapped[datetime | None]
    choices: Mapped[list["SetChoice"]] = relationship(
        lazy="raise", order_by="SetChoice.position", viewonly=True
    )


class SetChoice(Model):
    """A slot offers an item, perhaps at an upcharge per unit of it."""

    __tablename__ = "set_choices"
    __table_args__ = (
        in_store("slot_id", "set_slots"),
        in_store("item_id", "items"),
        CheckConstraint(f"upcharge BETWEEN 0 AND {MAX_AMOUNT}", name="upcharge_in_range"),
        Index("ix_set_choices_item", "store_id", "item_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    slot_id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    upcharge: Mapped[int] = mapped_column(BigInteger)

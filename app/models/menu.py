"""What can be ordered, and how it is grouped. What has been sold is archived, never deleted."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.money import MAX_AMOUNT
from app.models.base import Model, StoreModel, in_store, of_store, one_of
from app.models.menu_set import SetSlot


class Availability(StrEnum):
    AVAILABLE = "available"
    SOLD_OUT = "sold_out"
    HIDDEN = "hidden"


def _plan() -> Any:
    """What the clock does to the menu, as a JSON list of the API's own shapes; usually empty."""
    return mapped_column(server_default=text("'[]'"), default=list)


def _is_list(column: str) -> CheckConstraint:
    return CheckConstraint(f"jsonb_typeof({column}) = 'array'", name=f"{column}_is_list")


def _change_is_whole() -> CheckConstraint:
    whole = "num_nulls(availability_by, availability_at) IN (0, 2)"
    return CheckConstraint(whole, name="availability_change_whole")


def _returns(table: str) -> Index:
    """Finds what comes back by itself, in all stores: nearly always nothing."""
    coming_back = text("sold_out_until IS NOT NULL AND archived_at IS NULL")
    return Index(f"ix_{table}_sold_out_until", "sold_out_until", postgresql_where=coming_back)


class Category(StoreModel):
    __tablename__ = "categories"
    __table_args__ = (of_store(), _is_list("dayparts"), _is_list("daypart_exceptions"))

    names: Mapped[dict[str, str]]
    descriptions: Mapped[dict[str, str] | None]
    position: Mapped[int]
    dayparts: Mapped[list[dict[str, Any]]] = _plan()
    daypart_exceptions: Mapped[list[dict[str, Any]]] = _plan()
    archived_at: Mapped[datetime | None]


class Item(StoreModel):
    __tablename__ = "items"
    __table_args__ = (
        of_store(),
        in_store("category_id", "categories"),
        one_of("availability", Availability),
        CheckConstraint(f"price BETWEEN 0 AND {MAX_AMOUNT}", name="price_in_range"),
        CheckConstraint("stock >= 0", name="stock_not_negative"),
        _change_is_whole(),
        _is_list("dayparts"),
        _is_list("daypart_exceptions"),
        _is_list("price_schedule"),
        _is_list("happy_hours"),
        CheckConstraint(
            "image ?& ARRAY['sha256', 'width', 'height', 'thumbnail']", name="image_whole"
        ),
        Index("ix_items_category", "store_id", "category_id"),
        Index(
            "uq_items_live_external_ref",
            "store_id",
            "external_ref",
            unique=True,
            postgresql_where=text("external_ref IS NOT NULL AND archived_at IS NULL"),
        ),
        _returns("items"),
    )

    category_id: Mapped[UUID]
    names: Mapped[dict[str, str]]
    descriptions: Mapped[dict[str, str] | None]
    price: Mapped[int] = mapped_column(BigInteger)
    tax_class: Mapped[str]
    allergens: Mapped[list[str]]
    tags: Mapped[list[str]]
    origin: Mapped[dict[str, str] | None]
    position: Mapped[int]
    availability: Mapped[str]
    sold_out_until: Mapped[datetime | None]
    availability_by: Mapped[dict[str, Any] | None]
    availability_at: Mapped[datetime | None]
    stock: Mapped[int | None]
    external_ref: Mapped[str | None]
    dayparts: Mapped[list[dict[str, Any]]] = _plan()
    daypart_exceptions: Mapped[list[dict[str, Any]]] = _plan()
    price_schedule: Mapped[list[dict[str, Any]]] = _plan()
    happy_hours: Mapped[list[dict[str, Any]]] = _plan()
    image: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`{sha256, width, height, thumbnail: {sha256, width, height}}`, sizes in pixels."""
    archived_at: Mapped[datetime | None]
    group_links: Mapped[list["ItemOptionGroup"]] = relationship(
        lazy="raise", order_by="ItemOptionGroup.position", viewonly=True
    )
    slots: Mapped[list[SetSlot]] = relationship(
        lazy="raise", order_by=SetSlot.position, viewonly=True
    )


class OptionGroup(StoreModel):
    """Size, toppings, spiciness…: how many options may be picked. Shared between items."""

    __tablename__ = "option_groups"
    __table_args__ = (
        of_store(),
        CheckConstraint(
            "min_select >= 0 AND max_select >= min_select AND max_select >= 1",
            name="selection_in_order",
        ),
        CheckConstraint("free_quota >= 0", name="free_quota_not_negative"),
    )

    names: Mapped[dict[str, str]]
    min_select: Mapped[int]
    max_select: Mapped[int]
    free_quota: Mapped[int]
    position: Mapped[int]
    archived_at: Mapped[datetime | None]
    options: Mapped[list["Option"]] = relationship(
        lazy="raise", order_by="Option.position", viewonly=True
    )


class Option(StoreModel):
    __tablename__ = "options"
    __table_args__ = (
        in_store("group_id", "option_groups"),
        one_of("availability", Availability),
        CheckConstraint(f"price BETWEEN -{MAX_AMOUNT} AND {MAX_AMOUNT}", name="price_in_range"),
        CheckConstraint("max_quantity BETWEEN 1 AND 99", name="max_quantity_in_range"),
        CheckConstraint("stock >= 0", name="stock_not_negative"),
        _change_is_whole(),
        Index("ix_options_group", "store_id", "group_id"),
        _returns("options"),
    )

    group_id: Mapped[UUID]
    names: Mapped[dict[str, str]]
    price: Mapped[int] = mapped_column(BigInteger)
    max_quantity: Mapped[int]
    is_default: Mapped[bool]
    position: Mapped[int]
    allergens_added: Mapped[list[str]]
    allergens_removed: Mapped[list[str]]
    availability: Mapped[str]
    sold_out_until: Mapped[datetime | None]
    availability_by: Mapped[dict[str, Any] | None]
    availability_at: Mapped[datetime | None]
    stock: Mapped[int | None]
    external_ref: Mapped[str | None]
    archived_at: Mapped[datetime | None]


class ItemOptionGroup(Model):
    """An item offers a group, with its own bounds and prices where it has them."""

    __tablename__ = "item_option_groups"
    __table_args__ = (
        in_store("item_id", "items"),
        in_store("group_id", "option_groups"),
        Index("ix_item_option_groups_group", "store_id", "group_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    min_select: Mapped[int | None]
    max_select: Mapped[int | None]
    prices: Mapped[dict[str, int] | None]

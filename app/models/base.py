"""Declarative base, and the columns that every table of a store shares."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Model(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        str: Text,
        # None is SQL's NULL, which checks and defaults know, and not JSON's `null`.
        dict[str, str]: JSONB(none_as_null=True),
        dict[str, Any]: JSONB(none_as_null=True),
        dict[str, int]: JSONB(none_as_null=True),
        list[str]: ARRAY(Text),
        list[dict[str, Any]]: JSONB,
    }


class StoreModel(Model):
    """A row that belongs to exactly one store, the tenant: `store_id` leads its key."""

    __abstract__ = True

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    def copy(self, **changes: Any) -> Self:
        """A new row with the same values in every column but the changed ones."""
        values = {one.key: getattr(self, one.key) for one in type(self).__mapper__.column_attrs}
        return type(self)(**(values | changes))


def in_store(column: str, table: str, *, target: str = "id") -> ForeignKeyConstraint:
    """A reference that can't leave its store: the key includes `store_id`."""
    return ForeignKeyConstraint(
        ["store_id", column], [f"{table}.store_id", f"{table}.{target}"], ondelete="RESTRICT"
    )


def of_store() -> ForeignKeyConstraint:
    """The reference to the store itself."""
    return ForeignKeyConstraint(["store_id"], ["stores.store_id"], ondelete="RESTRICT")


def storage(**parameters: float) -> dict[str, dict[str, float]]:
    """Storage parameters of a table that changes much; the last of its `__table_args__`."""
    return {"postgresql_with": parameters}


def one_of(column: str, values: type[StrEnum] | Sequence[str]) -> CheckConstraint:
    """The column holds one of these words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")

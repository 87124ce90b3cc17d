"""What was sold out until a time that has come: found in all stores, claimed in one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.database import Database
from app.models.menu import Item, Option, OptionGroup
from app.repositories.base import Repository, held

WITH_RETURNS = "SELECT stores_with_returns(%s)"


async def stores_with_returns(database: Database, now: datetime) -> list[UUID]:
    """The stores in which something is due to come back at `now`; two index look-ups."""
    row = await database.call(WITH_RETURNS, (now,))
    return list(row[0])


class ReturnsRepository(Repository):
    """Due rows are locked, and left out where somebody else holds them: each is claimed once."""

    async def items(self, now: datetime) -> Sequence[Item]:
        """The claimed items that are due, in the order in which an order locks them."""
        query = self._due(Item, now).order_by(Item.id)
        return (await self._session.scalars(held(query, skip_locked=True))).all()

    async def groups(self, now: datetime) -> Sequence[OptionGroup]:
        """The claimed groups that have due options: a group is locked before its options."""
        ids = self._due(Option, now).with_only_columns(Option.group_id)
        query = (
            select(OptionGroup)
            .where(OptionGroup.store_id == self.store_id, OptionGroup.id.in_(ids))
            .order_by(OptionGroup.id)
        )
        return (await self._session.scalars(held(query, skip_locked=True))).all()

    async def options(self, groups: Sequence[OptionGroup], now: datetime) -> Sequence[Option]:
        """The claimed options of these groups that are due."""
        query = self._due(Option, now).where(Option.group_id.in_([one.id for one in groups]))
        query = held(query.order_by(Option.id), skip_locked=True)
        return (await self._session.scalars(query)).all()

    def _due(self, model: Any, now: datetime) -> Any:
        return select(model).where(
            model.store_id == self.store_id,
            model.sold_out_until <= now,
            model.archived_at.is_(None),
        )

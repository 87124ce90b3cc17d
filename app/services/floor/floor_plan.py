"""The floor plan: areas and tables, and the board that shows all of it."""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.cache import BoardCache, CachedPage
from app.core.errors import InUseError, NotFoundError, TableOccupiedError
from app.core.ids import uuid7
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import Area, Table
from app.repositories.board import BoardRepository
from app.repositories.table import AreaRepository, TableRepository
from app.schemas.base import Page
from app.schemas.table import (
    AreaInput,
    AreaOutput,
    AreaPatch,
    BoardOutput,
    TableInput,
    TableOutput,
    TablePatch,
)
from app.services.floor.outputs import board_entry, table_output


class FloorPlanService:
    def __init__(
        self,
        areas: AreaRepository,
        tables: TableRepository,
        board: BoardRepository,
        principal: Principal,
    ) -> None:
        self._areas = areas
        self._tables = tables
        self._board = board
        self._principal = principal

    async def list_areas(self, *, archived: bool) -> Page[AreaOutput]:
        rows = await self._areas.all(archived=archived)
        return Page(data=[AreaOutput.model_validate(row) for row in rows], next_cursor=None)

    async def add_area(self, wanted: AreaInput) -> AreaOutput:
        position = wanted.position
        if position is None:
            position = await self._areas.next_position()
        area = await self._areas.add(Area(id=uuid7(), name=wanted.name, position=position))
        return self._area_changed(area)

    async def change_area(
        self, area_id: UUID, wanted: AreaPatch, expected: int | None
    ) -> AreaOutput:
        """Change what was sent; what holds already changes nothing."""
        area = await self._areas.get_for_change(area_id, expected)
        _live(area)
        if not _put(area, wanted.model_dump(exclude_none=True)):
            return AreaOutput.model_validate(area)
        return self._area_changed(await self._areas.touch(area))

    async def archive_area(self, area_id: UUID) -> None:
        """Archive an empty area.

        Raises:
            InUseError: tables still stand in it.
        """
        area = await self._areas.get(area_id, lock=True)
        _live(area)
        if await self._areas.has_tables(area_id):
            raise InUseError
        area.archived_at = clock.now()
        self._area_changed(await self._areas.touch(area))

    async def list_tables(self, *, archived: bool) -> Page[TableOutput]:
        rows = await self._tables.all(archived=archived)
        return Page(data=[table_output(*row) for row in rows], next_cursor=None)

    async def get_table(self, table_id: UUID) -> TableOutput:
        return table_output(*await self._tables.one(table_id))

    async def add_table(self, wanted: TableInput) -> TableOutput:
        """Add a table; its number must be free among the live tables of the store."""
        if wanted.area_id is not None:
            await self._hold_area(wanted.area_id)
        table = await self._tables.add(Table(id=uuid7(), **wanted.model_dump()))
        return self._table_changed(table_output(table, None))

    async def change_table(
        self, table_id: UUID, wanted: TablePatch, expected: int | None
    ) -> TableOutput:
        """Change what was sent; what holds already changes nothing."""
        table = await self._tables.get_for_change(table_id, expected)
        _live(table)
        changes = wanted.model_dump(include=wanted.model_fields_set)
        if changes.get("area_id") is not None:
            await self._hold_area(changes["area_id"])
        if changes.get("number", 0) is None:
            del changes["number"]
        if not _put(table, changes):
            return await self.get_table(table_id)
        await self._tables.touch(table)
        return self._table_changed(await self.get_table(table_id))

    async def archive_table(self, table_id: UUID) -> None:
        """Take a table away; its number may be used again.

        Raises:
            TableOccupiedError: a party sits there.
            InUseError: somebody has called the staff from there and waits.
        """
        table = await self._tables.get(table_id, lock=True)
        _live(table)
        _, session_id = await self._tables.one(table_id)
        if session_id is not None:
            raise TableOccupiedError(session_id=str(session_id))
        if await self._tables.has_waiting_calls(table_id):
            raise InUseError(
                Words(
                    "A service request waits at this table. Answer or cancel it first.",
                    "이 테이블에 처리하지 않은 직원 호출이 있습니다. 먼저 처리하거나 취소해 주세요.",
                )
            )
        table.archived_at = clock.now()
        await self._tables.touch(table)
        self._table_changed(table_output(table, None))

    async def board(self, boards: BoardCache) -> CachedPage:
        """Every table with its party, as JSON of `BoardOutput`.

        The head is read first, so a stream may go on from it: what changed in between is shown
        and told once more, never left out. While nothing happens that is the only statement.
        """
        event_seq = await self._board.head()
        page = boards.get(self._board.store_id, event_seq)
        if page is None:
            entries = [board_entry(row) for row in await self._board.rows()]
            board = BoardOutput(tables=entries, event_seq=event_seq)
            page = CachedPage(board.model_dump_json().encode(), None)
            boards.keep(self._board.store_id, event_seq, page)
        return page

    async def _hold_area(self, area_id: UUID) -> None:
        """Keep others from archiving an area while a table comes into it."""
        _live(await self._areas.get(area_id, lock=True))

    def _area_changed(self, area: Area) -> AreaOutput:
        output = AreaOutput.model_validate(area)
        data = {"area": output.model_dump(mode="json")}
        self._areas.unit.record("table.changed", data, actor=self._principal.actor)
        return output

    def _table_changed(self, output: TableOutput) -> TableOutput:
        self._tables.unit.record(
            "table.changed",
            output.model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=output.id,
        )
        return output


def _put(row: Area | Table, changes: dict[str, Any]) -> bool:
    """Put the values into the row; whether that changed anything."""
    different = {name: value for name, value in changes.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def _live(row: Area | Table) -> None:
    if row.archived_at is not None:
        raise NotFoundError

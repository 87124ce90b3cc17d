"""Inviting guests: the token in each table's QR code, and the code itself for printing."""

import asyncio
import io
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import segno

from app.core import clock
from app.core.errors import NotFoundError
from app.core.security.passwords import new_table_token
from app.core.security.principals import Principal
from app.models import Table
from app.repositories.store import StoreReader
from app.repositories.table import TableRepository
from app.repositories.table_access import TableAccessRepository
from app.schemas.table_access import TableTokenOutput


class GuestInvitationService:
    def __init__(
        self,
        access: TableAccessRepository,
        tables: TableRepository,
        stores: StoreReader,
        fallback_url: str,
        principal: Principal,
    ) -> None:
        self._access = access
        self._tables = tables
        self._stores = stores
        self._fallback_url = fallback_url
        self._principal = principal

    async def show(self, table_id: UUID) -> TableTokenOutput:
        """The token of a table's QR code, made when it is first asked for.

        Raises:
            NotFoundError: no such table, or it is archived.
        """
        table = await self._live(table_id)
        known = await self._access.get(table.id)
        if known is None or known.guest_token is None:
            # Two who ask first must get the same token.
            table = await self._live(table_id, lock=True)
            known = await self._access.get(table.id)
        if known is None or known.guest_token is None or known.guest_token_at is None:
            return await self._renew(table)
        return await self._output(table, known.guest_token, known.guest_token_at)

    async def rotate(self, table_id: UUID) -> TableTokenOutput:
        """Another token: codes that were printed before let nobody in any more.

        Guests who are in stay until their visit ends.
        """
        output = await self._renew(await self._live(table_id))
        await self._access.unit.audit(
            "table-token-rotated",
            actor=self._principal.actor,
            target_kind="table",
            target_id=table_id,
        )
        return output

    async def picture(self, table_id: UUID) -> bytes:
        """The QR code as SVG, one millimetre a module, with the quiet zone that scanners need."""
        output = await self.show(table_id)
        number = (await self._tables.get(table_id)).number
        return await asyncio.to_thread(_draw, output.url, f"Table {number}")

    async def _live(self, table_id: UUID, *, lock: bool = False) -> Table:
        table = await self._tables.get(table_id, lock=lock)
        if table.archived_at is not None:
            raise NotFoundError
        return table

    async def _renew(self, table: Table) -> TableTokenOutput:
        token, now = new_table_token(), clock.now()
        await self._access.set_token(table.id, token, now)
        return await self._output(table, token, now)

    async def _output(self, table: Table, token: str, at: datetime) -> TableTokenOutput:
        base = (await self._stores.get()).ordering_url or self._fallback_url
        return TableTokenOutput(
            table_id=table.id, table_token=token, url=guest_url(base, token), issued_at=at
        )


def guest_url(base: str, token: str) -> str:
    """Where the code leads: the token follows the base, after a `/` unless that says how it ends.

    `https://order.example/t` → `…/t/<token>`; `https://order.example/#` and `…?table=` stay so.
    """
    return f"{base}{token}" if base.endswith(("/", "#", "=")) else f"{base}/{token}"


@lru_cache(maxsize=256)
def _draw(url: str, title: str) -> bytes:
    content = io.BytesIO()
    code = segno.make(url, micro=False, error="m")
    code.save(content, kind="svg", border=4, unit="mm", title=title, light="#fff")
    return content.getvalue()

"""Devices on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from app.core.security.permissions import DeviceKind
from app.schemas.base import Cursor, Id, Input, Instant, Limit, Name, Output, Query
from app.schemas.table import Flag


class ScreenCodeInput(Input):
    """A screen of the store: `board` shows what happens, `kitchen` moves orders along too."""

    kind: Literal["board", "kitchen"]


class DevicePatch(Input):
    name: Name | None = None
    table_id: Id | None = None


class DeviceOutput(Output):
    id: Id
    name: str
    kind: DeviceKind
    table_id: Id | None
    paired_at: Instant
    last_seen_at: Annotated[Instant, Field(description="When it last exchanged its tokens.")]
    revoked_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


class DeviceFilter(Query):
    archived: Annotated[Flag, Field(description="Those that were revoked.")] = False
    cursor: Cursor | None = None
    limit: Limit = 50

"""Reading the audit log: who did what, when and why."""

from app.repositories.audit import AuditRepository, AuditSearch
from app.schemas.audit import AuditFilter, AuditOutput
from app.schemas.base import Page


class AuditReadingService:
    def __init__(self, entries: AuditRepository) -> None:
        self._entries = entries

    async def find(self, wanted: AuditFilter) -> Page[AuditOutput]:
        """The store's entries that match, newest first."""
        search = AuditSearch(
            action=wanted.action,
            actor_id=wanted.actor_id,
            target_kind=wanted.target_kind,
            target_id=wanted.target_id,
            since=wanted.from_,
            until=wanted.to,
        )
        rows, cursor = await self._entries.find(search, cursor=wanted.cursor, limit=wanted.limit)
        return Page(data=[AuditOutput.model_validate(row) for row in rows], next_cursor=cursor)

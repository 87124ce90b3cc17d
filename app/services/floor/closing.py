"""Closing table sessions (이용 완료): what must be done before, and what ends with the visit."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.errors import (
    CloseBlockedError,
    FieldError,
    InvalidRequestError,
    PermissionDeniedError,
    VersionMismatchError,
)
from app.core.events.revocations import SESSION_CLOSED
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import Order
from app.models.table import SessionStatus
from app.repositories.store import StoreReader
from app.repositories.table import SessionRepository, TableRepository
from app.schemas.session import SessionCloseInput, SessionOutput
from app.services.access.credentials import Credentials
from app.services.calls.following import CallFollowing
from app.services.floor.outputs import session_output, table_output
from app.services.orders.cancelling import CancellingService


class CloseBlockers:
    """What a session must be rid of before it closes."""

    def __init__(
        self,
        sessions: SessionRepository,
        stores: StoreReader,
        cancelling: CancellingService,
        principal: Principal,
    ) -> None:
        self._sessions = sessions
        self._stores = stores
        self._cancelling = cancelling
        self._principal = principal

    async def clear(self, session_id: UUID, wanted: SessionCloseInput) -> dict[str, int] | None:
        """Do away with what blocks the close, if that is wanted.

        Returns:
            None where nothing did; otherwise what the audit log is told of it.

        Raises:
            CloseBlockedError, PermissionDeniedError: as `ClosingService.close` says.
            InvalidRequestError: to force needs a reason.
        """
        unfinished = await self._sessions.unfinished(session_id)
        owed = await self._owed(session_id)
        if not unfinished and not owed:
            return None
        if not wanted.force:
            raise CloseBlockedError(blockers=[*_of_orders(unfinished), *_of_bill(owed)])
        if not self._principal.may(Permission.ORDERS_CANCEL_ANY):
            raise PermissionDeniedError(permission=str(Permission.ORDERS_CANCEL_ANY))
        if not wanted.reason:
            error = FieldError(
                "/reason",
                "missing",
                Words("A forced close needs a reason.", "강제로 마감하려면 사유가 필요합니다."),
            )
            raise InvalidRequestError(errors=[error])
        await self._cancelling.cancel_unfinished([order.id for order in unfinished], wanted.reason)
        written_off = await self._owed(session_id)
        return {"written_off": written_off} if owed else {}

    async def _owed(self, session_id: UUID) -> int:
        """What keeps the party from leaving, in minor units: the whole bill, since no payments
        are recorded yet; nothing where the store does not ask for settlement."""
        if not (await self._stores.get()).settlement_required:
            return 0
        return (await self._sessions.row(session_id)).total


class ClosingService:
    def __init__(
        self,
        sessions: SessionRepository,
        tables: TableRepository,
        blockers: CloseBlockers,
        credentials: Credentials,
        calls: CallFollowing,
        principal: Principal,
    ) -> None:
        self._sessions = sessions
        self._tables = tables
        self._blockers = blockers
        self._credentials = credentials
        self._calls = calls
        self._principal = principal

    async def close(
        self, session_id: UUID, wanted: SessionCloseInput, expected: int | None
    ) -> SessionOutput:
        """End the party's visit, and its guests' sign-ins. Closing again changes nothing.

        Raises:
            CloseBlockedError: orders are still pending or preparing, or the store asks for
                settlement and the bill is not zero; `blockers` lists what it is.
            PermissionDeniedError: `force` is for managers.
        """
        session = await self._sessions.get(session_id, lock=True)
        if session.status == SessionStatus.CLOSED:
            return session_output(await self._sessions.row(session_id))
        if expected is not None and session.version != expected:
            raise VersionMismatchError(version=session.version)
        forced = await self._blockers.clear(session_id, wanted)
        linked = (await self._sessions.row(session_id)).linked_tables
        session.status = SessionStatus.CLOSED
        session.closed_at = clock.now()
        session.close_reason = wanted.reason
        await self._sessions.touch(session)
        await self._sessions.drop_basket(session_id)
        output = session_output(await self._sessions.row(session_id))
        self._tell(output)
        await self._calls.end(session, [table.id for table in linked])
        for table in linked:
            await self._tell_freed(table.id)
        for guest in await self._sessions.end_guests(session_id, SESSION_CLOSED):
            self._credentials.revoke(guest, SESSION_CLOSED)
        await self._audit(output, forced, wanted.reason)
        return output

    async def _audit(
        self, output: SessionOutput, forced: dict[str, int] | None, reason: str | None
    ) -> None:
        await self._sessions.unit.audit(
            "session-closed" if forced is None else "session-force-closed",
            actor=self._principal.actor,
            target_kind="session",
            target_id=output.id,
            reason=reason,
            details={"total": output.total, "order_count": output.order_count} | (forced or {}),
        )

    def _tell(self, output: SessionOutput) -> None:
        self._sessions.unit.record(
            "session.closed",
            output.model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=output.table.id,
            session_id=output.id,
        )

    async def _tell_freed(self, table_id: UUID) -> None:
        """A tablet at a linked table learns that the party has gone."""
        output = table_output(*await self._tables.one(table_id))
        self._tables.unit.record(
            "table.changed",
            output.model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=table_id,
        )


def _of_orders(unfinished: Sequence[Order]) -> list[dict[str, Any]]:
    return [
        {
            "kind": "order",
            "order_id": str(order.id),
            "number": order.number,
            "display_number": order.display_number,
            "status": order.status,
        }
        for order in unfinished
    ]


def _of_bill(owed: int) -> list[dict[str, Any]]:
    return [{"kind": "bill", "amount": owed}] if owed else []

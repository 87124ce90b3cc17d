"""Whether the database answers, asked outside the pool: that may be full while all is well."""

import asyncio
import time

from app.core.config import Settings
from app.core.connection import connect
from app.core.context import outside_requests
from app.core.database import connect_arguments

PATIENCE = 1.0
"""How long the database may take, in seconds; the proxy's checks wait for twice as long."""
KEPT_SECONDS = 0.5
"""For how long an answer is shared; the proxy comes that often."""


async def ask_revision(settings: Settings) -> str | None:
    """The database's migration revision, asked on a new connection; None when it can't be had."""
    # Asked once: a statement that is not prepared is one exchange instead of two.
    arguments = {**connect_arguments(settings), "prepare_threshold": None}
    began = time.monotonic()
    try:
        # Around connecting only: to be cancelled, a statement needs the server's answer.
        async with asyncio.timeout(PATIENCE):
            opened = await connect(
                settings.api_url, patience=PATIENCE, autocommit=True, **arguments
            )
        async with opened:
            opened.patience = PATIENCE - (time.monotonic() - began)
            cursor = await opened.execute("SELECT version_num FROM alembic_version")
            row = await cursor.fetchone()
            return row[0] if row else ""
    except Exception:  # noqa: BLE001 - whatever it is, the database does not answer
        return None


class Probe:
    """A worker's question whether the database answers; all who ask share it.

    Health is public and no limit counts it: were each request to open a connection, strangers
    would take all that the server admits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asking: asyncio.Task[str | None] | None = None
        self._answered_at = 0.0

    async def revision(self) -> str | None:
        """What `ask_revision` says now, or has said within `KEPT_SECONDS`."""
        if self._asking is None or self._is_outdated(self._asking):
            with outside_requests():
                self._asking = asyncio.create_task(self._ask(), name="probe")
        # Shielded: one who hangs up must not take the others' answer along.
        return await asyncio.shield(self._asking)

    def _is_outdated(self, asked: asyncio.Task[str | None]) -> bool:
        return asked.done() and time.monotonic() - self._answered_at > KEPT_SECONDS

    async def _ask(self) -> str | None:
        revision = await ask_revision(self._settings)
        self._answered_at = time.monotonic()
        return revision

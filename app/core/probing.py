"""Whether the database answers, asked outside the pool: that may be full while all is well."""

import asyncio
import time

from app.core.config import Settings
from app.core.connection import connect
from app.core.database import connect_arguments

PATIENCE = 1.0
"""How long the database may take, in seconds; the proxy's checks wait for twice as long."""


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

"""Whether this process can serve."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from app.core.database import probe
from app.core.errors import NotReadyError
from app.core.runtime import Runtime

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.1.0"


@lru_cache
def newest_revision() -> str | None:
    """The newest migration that this code ships with."""
    config = Config(ROOT / "alembic.ini")
    return ScriptDirectory.from_config(config).get_current_head()


async def check_ready(runtime: Runtime) -> dict[str, Any]:
    """Say that traffic may come.

    Raises:
        NotReadyError: draining, no database, or not migrated; `checks` says which.
    """
    revision = await probe(runtime.settings)
    checks = {
        "draining": runtime.draining,
        "database": revision is not None,
        "migrated": revision == newest_revision(),
    }
    if checks["draining"] or not checks["database"] or not checks["migrated"]:
        raise NotReadyError(checks=checks)
    return {"status": "ok", "checks": checks}


async def summary(runtime: Runtime) -> dict[str, Any]:
    """Status and version; `degraded` while the database does not answer."""
    answers = await probe(runtime.settings) is not None
    return {"status": "ok" if answers else "degraded", "version": VERSION}

"""Whether this process can serve."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.core.database import probe
from app.core.errors import NotReadyError
from app.core.runtime import Runtime

VERSIONS = Path(__file__).resolve().parents[2] / "alembic" / "versions"
_REVISION = re.compile(r'^revision = "(.+)"', re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision = "(.+)"', re.MULTILINE)
VERSION = "0.1.0"


@lru_cache
def newest_revision() -> str | None:
    """The newest migration that this code ships with: the one that no other builds on.

    Read from the files' text: alembic itself takes 10 MiB that every worker would carry.
    """
    texts = _migrations()
    made = known_revisions()
    built_on = {found[1] for text in texts if (found := _DOWN_REVISION.search(text))}
    return next(iter(made - built_on), None)


@lru_cache
def known_revisions() -> frozenset[str]:
    """All migrations that this code ships with."""
    return frozenset(found[1] for text in _migrations() if (found := _REVISION.search(text)))


def _migrations() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in VERSIONS.glob("*.py")]


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

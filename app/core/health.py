"""Whether this process can serve."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from app.core.errors import NotReadyError
from app.core.runtime import Runtime

VERSIONS = Path(__file__).resolve().parents[2] / "alembic" / "versions"
_REVISION = re.compile(r'^revision = "(.+)"', re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision = "(.+)"', re.MULTILINE)
_NOT_REQUIRED = re.compile(r"^required_by_code = False$", re.MULTILINE)
VERSION = "0.1.0"


class Migration(NamedTuple):
    """One step of the schema, and whether this code needs it."""

    revision: str
    builds_on: str | None
    required: bool


@lru_cache
def migrations() -> dict[str, Migration]:
    """The migrations that this code ships with, by revision.

    Read from the files' text: alembic itself takes 10 MiB that every worker would carry.
    """
    steps = {}
    for path in VERSIONS.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if found := _REVISION.search(text):
            before = _DOWN_REVISION.search(text)
            optional = _NOT_REQUIRED.search(text)
            steps[found[1]] = Migration(found[1], before and before[1], required=optional is None)
    return steps


@lru_cache
def newest_revision() -> str | None:
    """The newest migration that this code ships with: the one that no other builds on."""
    steps = migrations()
    return next(iter(steps.keys() - {step.builds_on for step in steps.values()}), None)


def serves_on(revision: str | None) -> bool:
    """Whether this code serves on a schema at that revision.

    It does on its own newest one; before it, as far back as no step is needed; and on any that it
    doesn't know, since the schema goes first: a release's migrations leave the release before
    working, and its replicas must not all drop out while the new ones start.
    """
    steps, step = migrations(), newest_revision()
    if not revision or revision not in steps:
        return bool(revision)
    while step is not None and step != revision and not steps[step].required:
        step = steps[step].builds_on
    return step == revision


async def check_ready(runtime: Runtime) -> dict[str, Any]:
    """Say that traffic may come.

    Raises:
        NotReadyError: draining, no database, or not migrated; `checks` says which.
    """
    revision = await runtime.probe.revision()
    checks = {
        "draining": runtime.draining,
        "database": revision is not None,
        "migrated": serves_on(revision),
    }
    if checks["draining"] or not checks["database"] or not checks["migrated"]:
        raise NotReadyError(checks=checks)
    return {"status": "ok", "checks": checks}


async def summary(runtime: Runtime) -> dict[str, Any]:
    """Status and version; `degraded` while the database does not answer."""
    answers = await runtime.probe.revision() is not None
    return {"status": "ok" if answers else "degraded", "version": VERSION}

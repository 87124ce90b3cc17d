"""`db prune`: deleting by hand what is too old, beside the service's own hourly run."""

import asyncio
from typing import Annotated

import typer

from app.cli.console import result, say
from app.cli.database import opened
from app.core.config import Settings, get_settings
from app.core.runtime import Runtime
from app.services.retention.deleting import RetentionService


def prune(
    dry_run: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--dry-run", help="Only print how many rows would be deleted.")
    ] = False,
) -> None:
    """Delete what is older than the settings keep it; prints each kind and how many went."""
    with opened(get_settings()) as settings:
        total = asyncio.run(_prune(settings, dry_run=dry_run))
    say(f"{total} {'would be' if dry_run else 'were'} deleted")


async def _prune(settings: Settings, *, dry_run: bool) -> int:
    runtime = Runtime(settings)
    total = 0
    try:
        service = RetentionService(runtime.database, runtime.media, settings)
        async for kind, deleted, done in service.run(dry_run=dry_run):
            if done:
                result(f"{kind}\t{deleted}")
                total += deleted
            else:
                say(f"{kind}: {deleted} so far")
    finally:
        await runtime.close()
    return total

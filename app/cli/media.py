"""`media …`: looking after stored pictures."""

import asyncio
from typing import Annotated

import typer

from app.cli.console import result, say
from app.cli.database import opened
from app.core.config import Settings, get_settings
from app.core.jobs import job_run
from app.core.runtime import Runtime
from app.services.retention.media_sweeping import MediaSweepingService

cli = typer.Typer(help="Look after stored pictures.", no_args_is_help=True)


@cli.callback()
def _group() -> None:
    """Keeps `sweep` a command of its own name while it is the only one."""


@cli.command("sweep")
def sweep_command(
    dry_run: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--dry-run", help="Only print what would be deleted.")
    ] = False,
) -> None:
    """Delete pictures older than a day that no item of any store shows; their names are printed."""
    with opened(get_settings()) as settings:
        swept = asyncio.run(_sweep(settings, dry_run=dry_run))
    for digest in swept:
        result(digest)
    say(f"{len(swept)} files {'would be' if dry_run else 'were'} deleted")


async def _sweep(settings: Settings, *, dry_run: bool) -> list[str]:
    runtime = Runtime(settings)
    try:
        sweeping = MediaSweepingService(runtime.database, runtime.media)
        with job_run("media-sweep"):
            return [digest async for digest in sweeping.sweep(dry_run=dry_run)]
    finally:
        await runtime.close()

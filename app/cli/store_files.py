"""`store export`, `store import`: one store as a file, to leave or to move house."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from app.cli.console import complain, result, say
from app.cli.database import opened
from app.core.config import Settings, get_settings
from app.core.runtime import Runtime
from app.schemas.auth import StoreCode
from app.services.store_archive import ArchiveError, ArchiveReader, ArchiveWriter, Manifest
from app.services.store_moving import StoreExportService, StoreImportService

PATIENCE_MS = 3_600_000
"""One statement may carry a whole table."""


def export(
    code: Annotated[str, typer.Argument(help="The store's code, such as hanok.")],
    file: Annotated[Path, typer.Argument(help="The archive to write; must not exist.")],
) -> None:
    """Write all of a store into one archive, as it is at one instant; keep the file secret."""
    with opened(get_settings()) as settings:
        try:
            manifest = asyncio.run(_export(_patient(settings), code.strip().lower(), file))
        except ArchiveError as error:
            complain(str(error))
            raise typer.Exit(1) from error
    _tell(manifest)
    say(f"Wrote {file.stat().st_size / 2**20:.1f} MiB to {file}. It holds password hashes")


def import_(
    file: Annotated[Path, typer.Argument(help="An archive that `store export` has written.")],
    code: Annotated[
        str | None, typer.Option(help="Another code for the store, when its own is taken here.")
    ] = None,
) -> None:
    """Take a store in from an archive: all of it, or nothing. Everybody signs in anew."""
    if code is not None:
        try:
            code = TypeAdapter(StoreCode).validate_python(code)
        except ValidationError as error:
            words = "--code: 2 to 40 lower-case letters, digits and hyphens"
            raise typer.BadParameter(words) from error
    with opened(get_settings()) as settings:
        try:
            manifest = asyncio.run(_import(_patient(settings), file, code))
        except ArchiveError as error:
            complain(f"{error}. Nothing was imported")
            raise typer.Exit(1) from error
    _tell(manifest)
    say(f"{manifest.store.name} is in, with the code {code or manifest.store.code}")


def _patient(settings: Settings) -> Settings:
    return settings.model_copy(update={"database_statement_timeout_ms": PATIENCE_MS})


async def _export(settings: Settings, code: str, file: Path) -> Manifest:
    runtime = Runtime(settings)
    try:
        with ArchiveWriter.to(file) as archive:
            async with runtime.database.transaction() as unit:
                return await StoreExportService(unit, runtime.media).export(code, archive)
    finally:
        await runtime.close()


async def _import(settings: Settings, file: Path, code: str | None) -> Manifest:
    runtime = Runtime(settings)
    try:
        with ArchiveReader.of(file) as archive:
            async with runtime.database.transaction() as unit:
                return await StoreImportService(unit, runtime.media, say).take_in(archive, code)
    finally:
        await runtime.close()


def _tell(manifest: Manifest) -> None:
    for table in manifest.tables:
        result(f"{table.name}: {table.rows}")
    result(f"pictures: {len(manifest.pictures)}")

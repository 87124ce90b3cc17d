"""`store export`, `store import`: one store as a file, to leave or to move house."""

import asyncio
import contextlib
import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from pydantic import TypeAdapter, ValidationError

from app.cli.console import STANDARD, binary_input, binary_output, complain, result, say
from app.cli.database import opened
from app.core.config import Settings, get_settings
from app.core.runtime import Runtime
from app.schemas.auth import StoreCode
from app.services.store.archive import ArchiveError, ArchiveReader, ArchiveWriter, Manifest
from app.services.store.moving import StoreExportService, StoreImportService

PATIENCE_MS = 3_600_000
"""One statement may carry a whole table."""


def export(
    code: Annotated[str, typer.Argument(help="The store's code, such as hanok.")],
    file: Annotated[
        Path, typer.Argument(help="The archive to write; must not exist. - is stdout.")
    ],
) -> None:
    """Write all of a store into one archive, as it is at one instant; keep the file secret."""
    target = binary_output() if file == STANDARD else file
    with opened(get_settings()) as settings:
        try:
            manifest = asyncio.run(_export(_patient(settings), code.strip().lower(), target))
        except ArchiveError as error:
            complain(str(error))
            raise typer.Exit(1) from error
        except OSError as error:
            if error.errno != errno.EROFS:
                raise
            complain(f"{error}. In a container FILE is -, and > {file.name} comes after it")
            raise typer.Exit(1) from error
    if file == STANDARD:
        _tell(manifest, say)
        say("Wrote it to standard output. It holds password hashes")
        return
    _tell(manifest, result)
    say(f"Wrote {file.stat().st_size / 2**20:.1f} MiB to {file}. It holds password hashes")


def import_(
    file: Annotated[Path, typer.Argument(help="An archive of `store export`. - is stdin.")],
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
    with opened(get_settings()) as settings, _seekable(file) as source:
        try:
            manifest = asyncio.run(_import(_patient(settings), source, code))
        except ArchiveError as error:
            complain(f"{error}. Nothing was imported")
            raise typer.Exit(1) from error
    _tell(manifest, result)
    say(f"{manifest.store.name} is in, with the code {code or manifest.store.code}")


@contextlib.contextmanager
def _seekable(file: Path) -> Iterator[Path | BinaryIO]:
    """The archive as something in which one can go back: a ZIP file is read from its end."""
    if file != STANDARD:
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(binary_input(), copy)
        yield copy


def _patient(settings: Settings) -> Settings:
    return settings.model_copy(update={"database_statement_timeout_ms": PATIENCE_MS})


async def _export(settings: Settings, code: str, target: Path | BinaryIO) -> Manifest:
    runtime = Runtime(settings)
    try:
        writing = (
            ArchiveWriter.to(target) if isinstance(target, Path) else ArchiveWriter.into(target)
        )
        with writing as archive:
            async with runtime.database.transaction() as unit:
                return await StoreExportService(unit, runtime.media).export(code, archive)
    finally:
        await runtime.close()


async def _import(settings: Settings, source: Path | BinaryIO, code: str | None) -> Manifest:
    runtime = Runtime(settings)
    try:
        with ArchiveReader.of(source) as archive:
            async with runtime.database.transaction() as unit:
                return await StoreImportService(unit, runtime.media, say).take_in(archive, code)
    finally:
        await runtime.close()


def _tell(manifest: Manifest, tell: Callable[[str], None]) -> None:
    for table in manifest.tables:
        tell(f"{table.name}: {table.rows}")
    tell(f"pictures: {len(manifest.pictures)}")

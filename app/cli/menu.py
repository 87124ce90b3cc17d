"""`menu …`: a store's menu as a file."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import psycopg
import typer
from sqlalchemy.exc import DBAPIError

from app.cli.console import STANDARD, binary_input, complain, result, say
from app.cli.database import opened
from app.core.config import Settings, get_settings
from app.core.database import UnitOfWork, may_succeed_again
from app.core.errors import (
    FieldError,
    InvalidRequestError,
    MalformedBodyError,
    MenuFileInvalidError,
    NotFoundError,
)
from app.core.media import Folder, MediaStore
from app.core.runtime import Runtime
from app.core.security.principals import SYSTEM_ACTOR
from app.core.upload import Upload
from app.core.words import Words
from app.repositories.media import MediaRepository
from app.repositories.menu_file import MenuFileRepository
from app.repositories.sign_in import SignInRepository
from app.repositories.store import StoreReader
from app.schemas.menu_file import ImportFilter, ImportOutput
from app.services.menu_files.exporting import ExportedFile, MenuExportService
from app.services.menu_files.import_images import ImportedImages
from app.services.menu_files.importing import ImportSources, MenuImportService

T = TypeVar("T")
ATTEMPTS = 4
MEDIA_TYPES = {".json": "application/json", ".csv": "text/csv", ".tsv": "text/csv"}
STANDARD_INPUT = "standard input"
WORDS = {
    "categories": "categories",
    "items": "items",
    "option_groups": "option groups",
    "options": "options",
}

cli = typer.Typer(help="Read and write menus as files.", no_args_is_help=True)
StoreOption = Annotated[str, typer.Option("--store", help="The store's code, such as hanok.")]


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"


@cli.command("import")
def import_command(  # noqa: PLR0913, PLR0917 - the options of a command line
    file: Annotated[
        Path, typer.Argument(help="A .json or .csv file; see docs/menu-import.md. - is stdin.")
    ],
    store: StoreOption,
    format_: Annotated[
        Format | None, typer.Option("--format", help="What comes from stdin.")
    ] = None,
    dry_run: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    archive_missing: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--archive-missing", help="Archive what the file doesn't have.")
    ] = False,
    set_availability: Annotated[  # noqa: FBT002 - a flag of the command line
        bool,
        typer.Option("--set-availability", help="Set status and stock also of what is there."),
    ] = False,
    images: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="A folder of pictures, as export --images writes it."
        ),
    ] = None,
) -> None:
    """Make a store's menu what a file says: all of it, or nothing when the file has errors."""
    upload = _read(file, format_)
    name = STANDARD_INPUT if file == STANDARD else file.name
    wanted = ImportFilter(
        dry_run=dry_run, archive_missing=archive_missing, set_availability=set_availability
    )
    with opened(get_settings()) as settings:
        try:
            done = asyncio.run(_in_store(settings, store, _importing(upload, wanted, images)))
        except MalformedBodyError as error:
            complain(f"{name}: {error}")
            raise typer.Exit(1) from error
        except (MenuFileInvalidError, InvalidRequestError) as error:
            _complain_of_file(name, error)
            raise typer.Exit(1) from error
    _tell(done)


def _read(file: Path, format_: Format | None) -> Upload:
    """The file's content and kind: by its name, or by `format_`."""
    suffix = f".{format_}" if format_ else file.suffix.lower()
    if file == STANDARD and format_ is None:
        raise typer.BadParameter("-: say what comes: --format json or --format csv")
    if suffix not in MEDIA_TYPES:
        raise typer.BadParameter(
            f"{file.name}: the name must end with {', '.join(MEDIA_TYPES)}; save a workbook as CSV"
        )
    content = binary_input().read() if file == STANDARD else file.read_bytes()
    return Upload(MEDIA_TYPES[suffix], content)


@cli.command("export")
def export_command(
    store: StoreOption,
    format_: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.JSON,
    output: Annotated[
        Path | None, typer.Option(help="Write it into this file instead of stdout.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write the pictures into this folder.")
    ] = None,
) -> None:
    """Write a store's menu into a file."""

    async def export(place: Place) -> ExportedFile:
        exporting = MenuExportService(place.rows, place.stores)
        exported = await exporting.export(format_.value)
        if images is not None:
            count = await exporting.copy_pictures(place.media, Folder(images))
            say(f"Wrote {count} files of pictures to {images}")
        return exported

    with opened(get_settings()) as settings:
        say(f"Reading the menu of {store}")
        exported = asyncio.run(_in_store(settings, store, export))
    if output is None or output == STANDARD:
        result(exported.content.decode().removesuffix("\n"))
    else:
        output.write_bytes(exported.content)
        say(f"Wrote {len(exported.content) / 1024:.0f} KiB to {output}")


@dataclass(frozen=True, slots=True)
class Place:
    """The store that a command works on, and where pictures are kept."""

    unit: UnitOfWork
    rows: MenuFileRepository
    stores: StoreReader
    media: MediaStore


Work = Callable[[Place], Awaitable[T]]


def _importing(upload: Upload, wanted: ImportFilter, images: Path | None) -> Work[ImportOutput]:
    async def run(place: Place) -> ImportOutput:
        source = None if images is None else Folder(images)
        pictures = ImportedImages(place.media, MediaRepository(place.unit), source)
        sources = ImportSources(place.unit, place.rows, place.stores, pictures)
        return await MenuImportService(sources, SYSTEM_ACTOR, say).import_file(upload, wanted)

    return run


async def _in_store(settings: Settings, code: str, work: Work[T]) -> T:
    """Do the work in one transaction of the store; again, when another one made it give way.

    Raises:
        NotFoundError: no store has the code.
    """
    runtime = Runtime(settings)
    try:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await _attempt(runtime, code, work)
            except (DBAPIError, psycopg.Error) as error:
                if attempt == ATTEMPTS or not may_succeed_again(error):
                    raise
                say("Another change came first: once more")
        raise AssertionError("unreachable")
    finally:
        await runtime.close()


async def _attempt(runtime: Runtime, code: str, work: Work[T]) -> T:
    async with runtime.database.transaction() as unit:
        store = await SignInRepository(unit).store_by_code(code.strip().lower())
        if store is None:
            raise NotFoundError(
                Words(f"There is no store with the code {code}.", f"없는 매장 코드입니다: {code}")
            )
        place = (unit, await unit.session(), store.store_id)
        return await work(
            Place(unit, MenuFileRepository(*place), StoreReader(*place), runtime.media)
        )


def _complain_of_file(name: str, error: MenuFileInvalidError | InvalidRequestError) -> None:
    for one in error.errors:
        complain(f"{name}: {_where(one)}: {one.detail.en} ({one.code})")
    left = error.members.get("error_count", 0) - len(error.errors)
    if left > 0:
        complain(f"{name}: and {left} more")
    complain("Nothing was imported")


def _where(error: FieldError) -> str:
    if error.row is None:
        return error.pointer or "the file"
    return f"row {error.row}" + (f", column {error.column}" if error.column else "")


def _tell(done: ImportOutput) -> None:
    """The counts to stdout; what the file could not say in full to stderr."""
    for note in done.warnings:
        where = note.pointer if note.row is None else f"row {note.row}"
        say(f"warning: {where}: {note.detail} ({note.code})")
    for field, words in WORDS.items():
        found = getattr(done.counts, field)
        result(
            f"{words}: {found.created} created, {found.updated} updated,"
            f" {found.unchanged} unchanged, {found.archived} archived"
        )
    say("Nothing was changed: this was a dry run" if done.dry_run else "Imported")

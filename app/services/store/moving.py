"""A store leaves, or moves in: all that belongs to it, as one archive (ADR 0024)."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from uuid import UUID

from app.core import clock
from app.core.database import UnitOfWork
from app.core.health import newest_revision
from app.core.media import MediaStore
from app.repositories.media import MediaRepository
from app.repositories.sign_in import SignInRepository
from app.repositories.store_archive import (
    BATCH,
    LEFT_BEHIND,
    ArchivedTable,
    StoreArchiveRepository,
)
from app.services.store.archive import (
    FORMAT,
    FORMAT_VERSION,
    ArchiveError,
    ArchiveReader,
    ArchiveWriter,
    LinesDigest,
    Manifest,
    ManifestStore,
    ManifestTable,
)

CODED = frozenset({"stores", "store_directory"})
"""The tables that hold the store's code."""


class StoreExportService:
    """Writes one store into an archive, as it is at one instant."""

    def __init__(self, unit: UnitOfWork, media: MediaStore) -> None:
        self._unit = unit
        self._rows = StoreArchiveRepository(unit)
        self._media = media

    async def export(self, code: str, archive: ArchiveWriter) -> Manifest:
        """Write the store with this code.

        Raises:
            ArchiveError: there is no such store, or one of its pictures is missing.
        """
        await self._rows.freeze()
        store = await SignInRepository(self._unit).store_by_code(code)
        if store is None:
            raise ArchiveError(f"There is no store with the code {code}")
        tables = [
            await self._write(table, store.store_id, archive) for table in await self._rows.tables()
        ]
        pictures = await self._rows.pictures(store.store_id)
        for digest in pictures:
            content = await self._media.get(digest)
            if content is None:
                raise ArchiveError(f"The picture {digest} is shown and is not stored (DATA_DIR?)")
            archive.picture(digest, content)
        manifest = Manifest(
            format=FORMAT,
            format_version=FORMAT_VERSION,
            schema_revision=newest_revision() or "",
            exported_at=clock.now().isoformat(),
            store=ManifestStore(store_id=str(store.store_id), code=store.code, name=store.name),
            tables=tables,
            pictures=pictures,
            left_behind=sorted(LEFT_BEHIND),
        )
        archive.manifest(manifest)
        return manifest

    async def _write(
        self, table: ArchivedTable, store_id: UUID, archive: ArchiveWriter
    ) -> ManifestTable:
        with archive.table(table.name) as file:
            async for line in self._rows.lines(table, store_id):
                file.line(line)
        return ManifestTable(
            name=table.name,
            columns=list(table.columns),
            rows=file.lines.rows,
            sha256=file.lines.sha256,
        )


class StoreImportService:
    """Takes a store in from an archive: all of it, or nothing when the transaction fails."""

    def __init__(
        self, unit: UnitOfWork, media: MediaStore, say: Callable[[str], None] = lambda _line: None
    ) -> None:
        self._rows = StoreArchiveRepository(unit)
        self._held = MediaRepository(unit)
        self._media = media
        self._say = say

    async def take_in(self, archive: ArchiveReader, code: str | None = None) -> Manifest:
        """Make the archive's store; its ids, numbers and passwords stay as they are.

        Args:
            code: another code for it; the same ids can't be taken in twice all the same.

        Raises:
            ArchiveError: another schema, damage, or the store or its code is there already.
        """
        manifest = archive.manifest
        if manifest.schema_revision != newest_revision():
            raise ArchiveError(
                f"The archive's schema is {manifest.schema_revision} and this one's is "
                f"{newest_revision()}: bring both installations to the same release"
            )
        self._say("Checking the archive")
        archive.check()
        await self._rows.let_run()
        store_id = UUID(manifest.store.store_id)
        wanted = code or manifest.store.code
        if not await self._rows.enter_new(store_id, wanted):
            raise ArchiveError(f"The store {store_id} or the code {wanted} is here already")
        tables = await self._rows.tables()
        there = {table.name: table.columns for table in manifest.tables}
        if {table.name: list(table.columns) for table in tables} != there:
            raise ArchiveError("The archive's tables are not those of this schema")
        await self._rows.stage()
        for table in tables:
            self._say(f"{table.name}")
            await self._fill(table, store_id, archive, wanted)
        await self._store_pictures(archive)
        return manifest

    async def _fill(
        self, table: ArchivedTable, store_id: UUID, archive: ArchiveReader, code: str
    ) -> None:
        """Insert the lines of a table, and read them back: what is stored is what was written."""
        meant, stored = LinesDigest(), LinesDigest()
        lines = _coded(table.name, archive.lines(table.name), code)
        while batch := list(islice(lines, BATCH)):
            for line in batch:
                meant.add(line)
            await self._rows.take(batch)
        await self._rows.fill(table)
        async for line in self._rows.lines(table, store_id):
            stored.add(line)
        if (meant.rows, meant.sha256) != (stored.rows, stored.sha256):
            raise ArchiveError(f"{table.name} can't be stored as it was")

    async def _store_pictures(self, archive: ArchiveReader) -> None:
        pictures = archive.manifest.pictures
        await self._held.hold(*pictures)  # no sweep takes them before the rows are there
        for digest in pictures:
            await self._media.put(digest, archive.picture(digest))


def _coded(table: str, lines: Iterator[str], code: str) -> Iterator[str]:
    """The lines with this code for the store in them."""
    for line in lines:
        if table not in CODED or (row := json.loads(line))["code"] == code:
            yield line
        else:
            # The code is ASCII without quotes, so that its own member alone changes.
            yield line.replace(f'"code":{json.dumps(row["code"])}', f'"code":"{code}"', 1)

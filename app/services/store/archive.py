"""The archive of one store: a ZIP file of JSON lines, pictures, and a manifest with checksums.

    manifest.json             what is in it; see `Manifest`
    tables/<table>.jsonl      one row a line, in the order of the primary key
    pictures/<sha256>.webp    the files that the store's items show

docs/operations/moving-a-store.md describes it for whoever reads it with another program.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from pydantic import BaseModel, ConfigDict, ValidationError

FORMAT, FORMAT_VERSION = "table-order-store", 1
MANIFEST = "manifest.json"


class ArchiveError(Exception):
    """An archive can't be made or taken in; the text says why and, if anything, what to do."""


class ManifestTable(BaseModel):
    """One table: how many rows, and the SHA-256 of its file."""

    model_config = ConfigDict(extra="forbid")

    name: str
    columns: list[str]
    rows: int
    sha256: str


class ManifestStore(BaseModel):
    """The store as it was exported."""

    model_config = ConfigDict(extra="forbid")

    store_id: str
    code: str
    name: str


class Manifest(BaseModel):
    """What an archive says of itself."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    format: str
    format_version: int
    schema_revision: str
    """The newest migration of the database that it came from."""
    exported_at: str
    store: ManifestStore
    tables: list[ManifestTable]
    """In an order in which their rows may be inserted."""
    pictures: list[str]
    """SHA-256 of each file, which is its name."""
    left_behind: list[str]
    """Tables of the store that are not carried along: sign-ins and their like."""


class ArchiveWriter:
    """Writes an archive; the file gets its name when all of it is there."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zip = zipped

    @classmethod
    @contextmanager
    def to(cls, path: Path) -> Iterator["ArchiveWriter"]:
        """An archive that appears at `path`, private to its owner, when the block ends well.

        Raises:
            ArchiveError: something is there already.
        """
        if path.exists():
            raise ArchiveError(f"{path} is there already")
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        try:
            with (
                os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file,
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as zipped,
            ):
                yield cls(zipped)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    @contextmanager
    def into(cls, file: BinaryIO) -> Iterator["ArchiveWriter"]:
        """An archive that is sent as it is made, to where nothing can be taken back.

        When the block ends badly the ZIP's end is not sent: what came is taken for whole by nobody.
        """
        stream = _Stream(file)
        with zipfile.ZipFile(
            cast("BinaryIO", stream), "w", zipfile.ZIP_DEFLATED, compresslevel=6
        ) as zipped:
            try:
                yield cls(zipped)
            except BaseException:
                stream.cut_off = True
                raise
        file.flush()

    @contextmanager
    def table(self, name: str) -> Iterator["TableWriter"]:
        """The lines of one table."""
        with self._zip.open(_table_file(name), "w", force_zip64=True) as file:
            yield TableWriter(file)

    def picture(self, digest: str, content: bytes) -> None:
        # WebP is compressed already.
        self._zip.writestr(_picture_file(digest), content, zipfile.ZIP_STORED)

    def manifest(self, manifest: Manifest) -> None:
        self._zip.writestr(MANIFEST, manifest.model_dump_json(indent=2) + "\n")


class _Stream:
    """What `zipfile` needs of a file in which it can't go back: it has no position."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.cut_off = False

    def write(self, content: bytes) -> int:
        return len(content) if self.cut_off else self._file.write(content)

    def flush(self) -> None:
        if not self.cut_off:
            self._file.flush()


class TableWriter:
    """Counts and digests what it writes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.lines = LinesDigest()

    def line(self, line: str) -> None:
        self.lines.add(line)
        self._file.write(line.encode() + b"\n")


class LinesDigest:
    """The number and the SHA-256 of lines, each with its line feed."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = hashlib.sha256()

    def add(self, line: str) -> None:
        self.rows += 1
        self._digest.update(line.encode() + b"\n")

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class ArchiveReader:
    """Reads an archive, and trusts nothing that its checksums do not confirm."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zip = zipped
        self.manifest = self._read_manifest()

    @classmethod
    @contextmanager
    def of(cls, source: Path | BinaryIO) -> Iterator["ArchiveReader"]:
        """The archive at a path, or in a file that is open and can be gone back in.

        Raises:
            ArchiveError: it is none, it is damaged, or its format is another one.
        """
        try:
            with zipfile.ZipFile(source) as zipped:
                yield cls(zipped)
        except (zipfile.BadZipFile, EOFError, KeyError, UnicodeDecodeError) as error:
            name = source.name if isinstance(source, Path) else "What was sent"
            raise ArchiveError(f"{name} is damaged, or no archive of a store: {error}") from error

    def _read_manifest(self) -> Manifest:
        try:
            told: dict[str, Any] = json.loads(self._zip.read(MANIFEST))
            if told.get("format") != FORMAT or told.get("format_version") != FORMAT_VERSION:
                raise ArchiveError(
                    f"The archive's format is {told.get('format')} {told.get('format_version')}, "
                    f"and this release reads {FORMAT} {FORMAT_VERSION}"
                )
            return Manifest.model_validate(told)
        except (ValueError, ValidationError, AttributeError) as error:
            raise ArchiveError(f"The archive's {MANIFEST} is damaged") from error

    def check(self) -> None:
        """Read all of it once.

        Raises:
            ArchiveError: something is missing, too much, or not what the manifest says.
        """
        expected = {MANIFEST, *map(_picture_file, self.manifest.pictures)}
        expected |= {_table_file(table.name) for table in self.manifest.tables}
        names = self._zip.namelist()
        if set(names) != expected or len(names) != len(expected):
            odd = sorted(set(names) ^ expected)
            raise ArchiveError(f"The archive does not hold what its manifest says: {odd[:5]}")
        for table in self.manifest.tables:
            digest = LinesDigest()
            for line in self.lines(table.name):
                digest.add(line)
            if (digest.rows, digest.sha256) != (table.rows, table.sha256):
                raise ArchiveError(f"The archive is damaged: {table.name} is not what was written")
        for picture in self.manifest.pictures:
            self.picture(picture)

    def lines(self, table: str) -> Iterator[str]:
        """The rows of a table."""
        with self._zip.open(_table_file(table)) as file:
            for line in file:
                yield line.decode().removesuffix("\n")

    def picture(self, digest: str) -> bytes:
        """A picture's bytes.

        Raises:
            ArchiveError: they are not what their name says.
        """
        content = self._zip.read(_picture_file(digest))
        if hashlib.sha256(content).hexdigest() != digest:
            raise ArchiveError(f"The archive is damaged: picture {digest}")
        return content


def _table_file(name: str) -> str:
    return f"tables/{name}.jsonl"


def _picture_file(digest: str) -> str:
    return f"pictures/{digest}.webp"

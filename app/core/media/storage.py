"""Where pictures are kept: a folder, or a bucket of any S3-compatible service.

Files are named by the SHA-256 of their bytes: the same picture is stored once, whatever shows it,
and what a name stands for never changes.
"""

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import uuid4

from anyio import to_thread

from app.core.config import Settings
from app.core.errors import StorageUnavailableError

T = TypeVar("T")

SUFFIX = ".webp"
_NAME = re.compile(r"[0-9a-f]{64}\.webp\Z")


def path_of(digest: str) -> str:
    """Where the service serves the file, from the root of its address."""
    return f"/media/{digest}{SUFFIX}"


def digest_of(name: str) -> str | None:
    """The digest that a file name stands for; None when it is no name of ours."""
    return name.removesuffix(SUFFIX) if _NAME.match(name) else None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is kept, and when it was last put there."""

    digest: str
    stored_at: datetime


class MediaStore(Protocol):
    """Any of these raises `StorageUnavailableError` when the place can't be used now."""

    async def put(self, digest: str, content: bytes) -> None:
        """Keep the file. Putting it again renews its time."""

    async def get(self, digest: str) -> bytes | None:
        """The file, or None when there is none."""

    async def delete(self, digest: str) -> None:
        """Forget the file, if there is one."""

    def files(self) -> AsyncIterator[StoredFile]:
        """All that is kept, in no order."""


def media_store(settings: Settings) -> MediaStore:
    """The store that the settings name; the S3 client is loaded only where it is used."""
    if settings.media_s3_bucket:
        bucket: MediaStore = import_module("app.core.media.s3").Bucket(settings)
        return bucket
    return Folder(settings.data_dir / "media")


class Folder:
    """A folder of this machine: for one host, or for several that share a file system."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, digest: str, content: bytes) -> None:
        await _in_thread(self._write, self._file(digest), content)

    async def get(self, digest: str) -> bytes | None:
        return await _in_thread(self._read, self._file(digest))

    async def delete(self, digest: str) -> None:
        file = self._file(digest)
        await _in_thread(lambda: file.unlink(missing_ok=True))

    async def files(self) -> AsyncIterator[StoredFile]:
        for found in await _in_thread(self._list):
            yield found

    def _file(self, digest: str) -> Path:
        # 256 folders: a chain of restaurants has tens of thousands of pictures.
        return self._root / digest[:2] / f"{digest}{SUFFIX}"

    @staticmethod
    def _write(file: Path, content: bytes) -> None:
        """Readers see the whole file or none, after a power cut too."""
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{uuid4().hex}.part")
        try:
            with draft.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise

    @staticmethod
    def _read(file: Path) -> bytes | None:
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return None

    def _list(self) -> list[StoredFile]:
        found = []
        for file in self._root.glob(f"??/*{SUFFIX}"):
            digest = digest_of(file.name)
            with suppress(FileNotFoundError):
                if digest is not None:
                    stored_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                    found.append(StoredFile(digest, stored_at))
        return found


async def _in_thread(function: Callable[..., T], *args: object) -> T:
    try:
        return await to_thread.run_sync(function, *args)
    except OSError as error:
        raise StorageUnavailableError from error

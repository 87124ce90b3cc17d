"""Deleting pictures that nothing shows any more."""

from collections.abc import AsyncIterator
from datetime import timedelta

from app.core import clock
from app.core.database import Database
from app.core.media import MediaStore
from app.repositories.media import MediaRepository

MIN_AGE = timedelta(days=1)
"""Younger files may belong to a menu page that a tablet still shows."""
BATCH = 20
"""So few that a slow bucket deletes them before their transaction counts as idle (10 s)."""


class MediaSweepingService:
    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    async def sweep(self, *, dry_run: bool) -> AsyncIterator[str]:
        """The digests of the files that no item of any store shows, each deleted unless `dry_run`.

        Raises:
            StorageUnavailableError: the files can't be listed or deleted now.
        """
        before = clock.now() - MIN_AGE
        # In order, so that a batch claims few of the names that uploads may want meanwhile.
        old = sorted([file.digest async for file in self._media.files() if file.stored_at < before])
        for start in range(0, len(old), BATCH):
            async with self._database.transaction() as unit:
                unused = await MediaRepository(unit).unused(old[start : start + BATCH])
                if not dry_run:
                    for digest in unused:
                        await self._media.delete(digest)
            for digest in unused:
                yield digest

"""Which stored pictures are shown. Pictures are named by their content and belong to no store.

Uploads hold the names of their files (shared) until they commit, the sweep claims what it looks at
(exclusive): a file that an upload is about to refer to is never taken away.
"""

from collections.abc import Collection

from sqlalchemy import text

from app.core.database import UnitOfWork

_HOLD = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:digest, 0))")
_CLAIM = text("SELECT pg_advisory_xact_lock(hashtextextended(:digest, 0))")
_IN_USE = text("SELECT digest FROM media_in_use(:digests)")


class MediaRepository:
    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    async def hold(self, *digests: str) -> None:
        """Keep the files from being swept until this transaction ends."""
        session = await self._unit.session()
        for digest in sorted(digests):
            await session.execute(_HOLD, {"digest": digest})

    async def unused(self, digests: Collection[str]) -> list[str]:
        """Those that no item of any store shows, nor will when a running upload commits."""
        session = await self._unit.session()
        for digest in sorted(digests):
            await session.execute(_CLAIM, {"digest": digest})
        used = set(await session.scalars(_IN_USE, {"digests": list(digests)}))
        return sorted(set(digests) - used)

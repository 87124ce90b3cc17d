"""Which stored pictures are shown. Pictures are named by their content and belong to no store.

Who is about to refer to files holds their names (shared) until it commits, the sweep claims what it
looks at (exclusive): a file that will be shown is never taken away. Names are held 256 at most at a
time, by their first two digits: a menu of thousands of pictures must not fill the server's lock table.
"""

from collections.abc import Collection

from sqlalchemy import text

from app.core.database import UnitOfWork

_NAMES = "hashtextextended('media ' || :names, 0)"
_HOLD = text(f"SELECT pg_advisory_xact_lock_shared({_NAMES})")
_CLAIM = text(f"SELECT pg_try_advisory_xact_lock({_NAMES})")
_IN_USE = text("SELECT digest FROM media_in_use(:digests)")


DIGITS = 2


class MediaRepository:
    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    async def hold(self, *digests: str) -> None:
        """Keep the files from being swept until this transaction ends."""
        session = await self._unit.session()
        for names in _names(digests):
            await session.execute(_HOLD, {"names": names})

    async def unused(self, digests: Collection[str]) -> list[str]:
        """Those that no item of any store shows, nor will when what runs now commits.

        What somebody holds counts as used: the next sweep looks at it again.
        """
        session = await self._unit.session()
        claimed = {
            names for names in _names(digests) if await session.scalar(_CLAIM, {"names": names})
        }
        free = [digest for digest in digests if digest[:DIGITS] in claimed]
        used = set(await session.scalars(_IN_USE, {"digests": free}))
        return sorted(set(free) - used)


def _names(digests: Collection[str]) -> list[str]:
    return sorted({digest[:DIGITS] for digest in digests})

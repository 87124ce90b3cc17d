"""Ending sign-ins: in the transaction of what ends them, and on every worker after its commit."""

from collections.abc import Callable
from uuid import UUID

from app.models import SignIn
from app.repositories.staff import FamilyRepository


class SignInEnding:
    """What changes who somebody is ends what was given out before.

    Args:
        revoke: makes a family's end known to every worker once the transaction is committed.
    """

    def __init__(self, families: FamilyRepository, revoke: Callable[[UUID], None]) -> None:
        self._families = families
        self._revoke = revoke

    async def end(self, family: SignIn, reason: str) -> None:
        """End one sign-in with all its tokens and streams."""
        await self._families.end(family, reason)
        self._revoke(family.id)

    async def end_all(self, staff_id: UUID, reason: str, *, keep: UUID | None = None) -> int:
        """End a person's sign-ins, except for one that may be kept; how many there were.

        The person's row is locked by the caller, as signing in does: no sign-in slips through.
        """
        ended = await self._families.end_all(staff_id, reason, keep)
        for family_id in ended:
            self._revoke(family_id)
        return len(ended)

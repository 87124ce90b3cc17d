"""The people of a store, and the sign-ins of people and devices."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from app.core import clock
from app.core.errors import NotFoundError
from app.core.security.permissions import Role
from app.core.security.principals import PrincipalKind
from app.core.words import Words
from app.models import SignIn, Staff
from app.repositories.base import StoreRepository, held


class StaffRepository(StoreRepository[Staff]):
    model = Staff

    async def all(self, *, archived: bool) -> Sequence[Staff]:
        """The store's people by user name."""
        wanted = Staff.archived_at.is_not(None) if archived else Staff.archived_at.is_(None)
        query = self.select().where(wanted).order_by(Staff.username, Staff.id)
        return (await self._session.scalars(query)).all()

    async def by_username(self, username: str) -> Staff:
        """The live person with a user name.

        Raises:
            NotFoundError: nobody has it.
        """
        query = self.select().where(Staff.username == username, Staff.archived_at.is_(None))
        found: Staff | None = await self._session.scalar(query)
        if found is None:
            raise NotFoundError(
                Words(
                    f"Nobody in the store has the user name {username}.",
                    f"매장에 이 아이디를 쓰는 직원이 없습니다: {username}",
                )
            )
        return found

    async def lock_owners(self) -> list[UUID]:
        """The owners who can sign in, locked in id order.

        Whoever takes an owner away locks all of them first: of two at once, the second one sees
        what the first has left.
        """
        query = (
            select(Staff.id)
            .where(
                Staff.store_id == self.store_id,
                Staff.role == Role.OWNER,
                Staff.active.is_(True),
                Staff.archived_at.is_(None),
            )
            .order_by(Staff.id)
        )
        return list((await self._session.scalars(held(query))).all())


class FamilyRepository(StoreRepository[SignIn]):
    """Token families; each is one entry of the list of somebody's sign-ins."""

    model = SignIn

    async def live(
        self, kind: PrincipalKind, subject_id: UUID, *, cursor: UUID | None, limit: int
    ) -> tuple[list[SignIn], str | None]:
        """A page of the families of a person or device that can still be used, newest first.

        Guests and keys have none in this list.
        """
        # One column, not either of two: so it is read from an index in the list's order.
        subject = SignIn.staff_id if kind is PrincipalKind.STAFF else SignIn.device_id
        query = self.select().where(
            subject == subject_id, SignIn.revoked_at.is_(None), SignIn.expires_at > clock.now()
        )
        return await self.page(query, cursor=cursor, limit=limit)

    async def end_all(self, staff_id: UUID, reason: str, keep: UUID | None) -> list[UUID]:
        """Revoke every family of a person but `keep`; the ids of those that it ended."""
        query = update(SignIn).where(
            SignIn.store_id == self.store_id,
            SignIn.staff_id == staff_id,
            SignIn.revoked_at.is_(None),
        )
        if keep is not None:
            query = query.where(SignIn.id != keep)
        ended = query.values(revoked_at=clock.now(), revoked_reason=reason).returning(SignIn.id)
        return list((await self._session.scalars(ended)).all())

    async def end(self, family: SignIn, reason: str) -> None:
        """Revoke one family; ending it again changes nothing."""
        family.revoke(reason, clock.now())
        await self._session.flush()

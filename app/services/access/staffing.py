"""Who works in the store: adding people, changing what they are, letting them go."""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError, LastOwnerError, NotFoundError
from app.core.ids import uuid7
from app.core.security.passwords import PasswordHasher, new_first_password
from app.core.security.permissions import Role
from app.core.words import Words
from app.models import Staff
from app.repositories.staff import StaffRepository
from app.schemas.base import Page
from app.schemas.staff import StaffInput, StaffOutput, StaffPatch
from app.services.access.password_rules import check_new_password
from app.services.access.sign_in_ending import SignInEnding


class StaffingService:
    """A change of what somebody may do, or of the password, ends that person's sign-ins.

    Args:
        actor: who does it, as the audit log names them: an owner, or the operator's command.
    """

    def __init__(
        self,
        staff: StaffRepository,
        ending: SignInEnding,
        passwords: PasswordHasher,
        actor: dict[str, Any],
    ) -> None:
        self._staff = staff
        self._ending = ending
        self._passwords = passwords
        self._actor = actor

    async def find(self, *, archived: bool) -> Page[StaffOutput]:
        rows = await self._staff.all(archived=archived)
        return Page(data=[StaffOutput.model_validate(row) for row in rows], next_cursor=None)

    async def get(self, staff_id: UUID) -> StaffOutput:
        return StaffOutput.model_validate(await self._staff.get(staff_id))

    async def add(self, wanted: StaffInput) -> StaffOutput:
        """Add a person; the user name must be free among the live ones of the store.

        Raises:
            InvalidRequestError: the first password is the user name.
        """
        check_new_password("/password", wanted.password, wanted.username)
        person = await self._staff.add(
            Staff(
                id=uuid7(),
                username=wanted.username,
                display_name=wanted.display_name,
                role=wanted.role,
                password_hash=await self._passwords.hash(wanted.password),
                must_change_password=True,
                active=True,
            )
        )
        await self._audit("staff-added", person, username=person.username, role=str(wanted.role))
        return StaffOutput.model_validate(person)

    async def change(self, staff_id: UUID, wanted: StaffPatch, expected: int | None) -> StaffOutput:
        """Change a person; what already is so is no change.

        Raises:
            LastOwnerError: nobody else could manage the store.
            InvalidRequestError: the password is the user name, or the caller's own.
        """
        demotes = wanted.role not in (None, Role.OWNER) or wanted.active is False
        owners = await self._staff.lock_owners() if demotes else []
        person = await self._staff.get_for_change(staff_id, expected)
        _live(person)
        if demotes:
            _check_another_owner(owners, staff_id)
        reasons = [
            reason
            for reason in (
                await self._rename(person, wanted.display_name),
                await self._assign(person, wanted.role),
                await self._switch(person, active=wanted.active),
                await self._reset(person, wanted.password),
            )
            if reason is not None
        ]
        if reasons:
            await self._staff.touch(person)
        ending = [reason for reason in reasons if reason != RENAMED]
        if ending:
            await self._ending.end_all(staff_id, ending[0])
        return StaffOutput.model_validate(person)

    async def archive(self, staff_id: UUID) -> None:
        """Let a person go; the user name may be used again.

        Raises:
            LastOwnerError: nobody else could manage the store.
        """
        owners = await self._staff.lock_owners()
        person = await self._staff.get(staff_id, lock=True)
        _live(person)
        _check_another_owner(owners, staff_id)
        person.archived_at = clock.now()
        await self._staff.touch(person)
        await self._ending.end_all(staff_id, "staff-archived")
        await self._audit("staff-archived", person, username=person.username, role=person.role)

    async def reset_password(self, username: str) -> str:
        """Give a person a new first password: for the operator, when no owner can.

        Raises:
            NotFoundError: nobody has that user name.
        """
        found = await self._staff.by_username(username)
        person = await self._staff.get_for_change(found.id, None)
        _live(person)
        password = new_first_password()
        await self._reset(person, password)
        await self._staff.touch(person)
        await self._ending.end_all(person.id, "password-reset")
        return password

    async def _rename(self, person: Staff, name: str | None) -> str | None:
        if name is None or name == person.display_name:
            return None
        before, person.display_name = person.display_name, name
        await self._audit(RENAMED, person, before=before, after=name)
        return RENAMED

    async def _assign(self, person: Staff, role: Role | None) -> str | None:
        if role is None or role == person.role:
            return None
        before, person.role = person.role, role
        await self._audit("role-changed", person, before=before, after=str(role))
        return "role-changed"

    async def _switch(self, person: Staff, *, active: bool | None) -> str | None:
        if active is None or active == person.active:
            return None
        person.active = active
        action = "staff-enabled" if active else "staff-disabled"
        await self._audit(action, person)
        return action

    async def _reset(self, person: Staff, password: str | None) -> str | None:
        if password is None:
            return None
        if self._actor["id"] == str(person.id):
            # Or whoever finds a screen unlocked could take the account without its password.
            error = FieldError(
                "/password",
                "own-password",
                Words(
                    "Use PUT /api/v1/auth/password.",
                    "자신의 비밀번호는 PUT /api/v1/auth/password로 바꿔 주세요.",
                ),
            )
            raise InvalidRequestError(errors=[error])
        check_new_password("/password", password, person.username)
        person.password_hash = await self._passwords.hash(password)
        person.must_change_password = True
        await self._audit("password-reset", person)
        return "password-reset"

    async def _audit(self, action: str, person: Staff, **details: str) -> None:
        await self._staff.unit.audit(
            action,
            actor=self._actor,
            target_kind="staff",
            target_id=person.id,
            details=details,
        )


RENAMED = "staff-renamed"


def _live(person: Staff) -> None:
    if person.archived_at is not None:
        raise NotFoundError


def _check_another_owner(owners: list[UUID], staff_id: UUID) -> None:
    if owners == [staff_id]:
        raise LastOwnerError

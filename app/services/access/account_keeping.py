"""Keeping one's own account: which sign-ins are live, ending them, changing the password."""

from uuid import UUID

from app.core.errors import (
    FieldError,
    InvalidRequestError,
    NotAuthenticatedError,
    NotFoundError,
    PasswordWrongError,
    PermissionDeniedError,
)
from app.core.security.passwords import PasswordHasher
from app.core.security.permissions import Permission
from app.core.security.principals import Principal, PrincipalKind
from app.core.words import Words
from app.models import SignIn, Staff
from app.repositories.staff import FamilyRepository, StaffRepository
from app.schemas.auth import PasswordInput, SignInFilter, SignInOutput, TokensOutput
from app.schemas.base import Page
from app.services.access.password_rules import check_new_password
from app.services.access.sign_in import SignInService
from app.services.access.sign_in_ending import SignInEnding


class AccountKeepingService:
    """Everybody looks after their own sign-ins; owners also after those of the others."""

    def __init__(
        self,
        staff: StaffRepository,
        families: FamilyRepository,
        sign_in: SignInService,
        passwords: PasswordHasher,
        principal: Principal,
    ) -> None:
        self._staff = staff
        self._families = families
        self._sign_in = sign_in
        self._ending = SignInEnding(families, sign_in.revoke)
        self._passwords = passwords
        self._principal = principal

    async def find(self, wanted: SignInFilter) -> Page[SignInOutput]:
        """The live sign-ins of the caller, or of the person that an owner asks for, newest first.

        Raises:
            PermissionDeniedError: the caller is no owner.
            NotFoundError: no such person in the store.
        """
        kind, subject = self._principal.kind, self._principal.id
        if wanted.staff_id is not None and wanted.staff_id != subject:
            if not self._principal.may(Permission.STAFF_MANAGE):
                raise PermissionDeniedError(permission=str(Permission.STAFF_MANAGE))
            await self._staff.get(wanted.staff_id)
            kind, subject = PrincipalKind.STAFF, wanted.staff_id
        rows, cursor = await self._families.live(
            kind, subject, cursor=wanted.cursor, limit=wanted.limit
        )
        return Page(data=[self._output(row) for row in rows], next_cursor=cursor)

    async def end(self, sign_in_id: UUID) -> None:
        """End a sign-in of the caller's, or as an owner anybody's.

        Raises:
            NotFoundError: no such live sign-in, or somebody else's.
        """
        family = await self._families.get(sign_in_id, lock=True)
        subject = family.staff_id or family.device_id
        own = subject == self._principal.id
        if family.revoked_at is not None or not (
            own or self._principal.may(Permission.STAFF_MANAGE)
        ):
            raise NotFoundError
        await self._ending.end(family, "ended-by-hand")
        await self._audit("sign-in-ended", family.kind, subject, sign_in_id=family.id)

    async def change_password(self, wanted: PasswordInput) -> TokensOutput:
        """Replace the caller's password, and end every other sign-in of the account.

        Raises:
            PasswordWrongError: the current one is another; nothing is changed.
            InvalidRequestError: the new one is the current one, or the user name.
            PermissionDeniedError: devices, guests and keys have no password.
            NotAuthenticatedError: the sign-in has just ended.
            RateLimitedError: the current one was wrong too often.
        """
        if self._principal.kind is not PrincipalKind.STAFF:
            raise PermissionDeniedError
        async with self._sign_in.throttle("own-password", self._principal.id):
            person = await self._verified(wanted.current_password)
        if wanted.new_password == wanted.current_password:
            error = FieldError(
                "/new_password",
                "same-as-current",
                Words("Must be another one.", "지금 비밀번호와 달라야 합니다."),
            )
            raise InvalidRequestError(errors=[error])
        check_new_password("/new_password", wanted.new_password, person.username)
        family = await self._sign_in.repository.take_over(self._principal.sign_in_id)
        if family.revoked_at is not None:
            raise NotAuthenticatedError(
                Words("This sign-in has ended.", "종료된 로그인입니다. 다시 로그인해 주세요.")
            )
        person.password_hash = await self._passwords.hash(wanted.new_password)
        person.must_change_password = False
        await self._staff.touch(person)
        ended = await self._ending.end_all(person.id, "password-changed", keep=family.id)
        await self._audit("password-changed", "staff", person.id, sign_ins_ended=ended)
        return await self._sign_in.renew(person, family)

    async def _verified(self, password: str) -> Staff:
        """The caller's row, locked, if this is their password."""
        person = await self._staff.get(self._principal.id, lock=True)
        if not await self._passwords.verify(password, person.password_hash):
            await self._audit("password-change-refused", "staff", person.id)
            await self._sign_in.repository.keep()
            error = FieldError(
                "/current_password",
                "wrong",
                Words("Is not the current password.", "현재 비밀번호가 아닙니다."),
            )
            raise PasswordWrongError(errors=[error])
        return person

    def _output(self, row: SignIn) -> SignInOutput:
        return SignInOutput(
            id=row.id,
            kind=row.kind,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            user_agent=row.user_agent,
            current=row.id == self._principal.sign_in_id,
        )

    async def _audit(
        self, action: str, kind: str, target_id: UUID | None, **details: object
    ) -> None:
        await self._staff.unit.audit(
            action,
            actor=self._principal.actor,
            target_kind=kind,
            target_id=target_id,
            details=details,
        )

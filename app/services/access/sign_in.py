"""Signing in, staying signed in, signing out."""

from datetime import timedelta
from hmac import compare_digest
from typing import NoReturn
from uuid import UUID

from app.core import clock
from app.core.errors import (
    NotAuthenticatedError,
    PermissionDeniedError,
    SessionClosedError,
    SignInRefusedError,
    spoken_in,
)
from app.core.events.revocations import SESSION_CLOSED
from app.core.ids import uuid7
from app.core.metrics import SIGN_INS_REFUSED
from app.core.security.passwords import digest, new_secret
from app.core.security.permissions import DeviceKind, Role
from app.core.security.principals import (
    SYSTEM_ACTOR,
    UNKNOWN_ACTOR,
    Principal,
    PrincipalKind,
)
from app.core.security.throttle import Throttle
from app.core.words import Words
from app.models import (
    Device,
    RefreshToken,
    SessionStatus,
    SignIn,
    Staff,
    Store,
    TableSession,
)
from app.repositories.sign_in import SignInRepository
from app.schemas.auth import LoginInput, MeOutput, TokensOutput
from app.services.access.credentials import Credentials, Revoke


class SignInService:
    """Staff sign in with a password; everybody stays signed in by rotating a refresh token.

    A refresh token is `<store>.<token id>.<secret>`: the store says where to look, the secret's
    SHA-256 is compared. An old one that comes back was stolen or copied, and ends its family;
    within a short grace it is only an answer that got lost on the way.
    """

    def __init__(
        self,
        sign_ins: SignInRepository,
        credentials: Credentials,
        user_agent: str | None = None,
    ) -> None:
        self._sign_ins = sign_ins
        self._credentials = credentials
        self._user_agent = user_agent

    @property
    def repository(self) -> SignInRepository:
        return self._sign_ins

    @property
    def revoke(self) -> Revoke:
        """Makes a family's end known to every worker once the transaction is committed."""
        return self._credentials.revoke

    @property
    def throttle(self) -> Throttle:
        """Goes around every look at a secret that can be guessed."""
        return self._credentials.throttle

    @property
    def device_ttl(self) -> timedelta:
        """How long a tablet stays signed in without being used."""
        return timedelta(seconds=self._credentials.settings.device_sign_in_ttl)

    async def login(self, wanted: LoginInput) -> TokensOutput:
        """Tokens for a staff member.

        Raises:
            SignInRefusedError: whatever was wrong; the answer doesn't say which.
            RateLimitedError: too many failures; `retry_after` says how long to wait.
        """
        account = (wanted.store_code, wanted.username)
        async with self._credentials.throttle("sign-in", *account, device=wanted.device_id):
            store, staff = await self._verified(wanted)
        if self._credentials.passwords.needs_rehash(staff.password_hash):
            staff.password_hash = await self._credentials.passwords.hash(wanted.password)
        now = clock.now()
        family = SignIn(
            id=uuid7(),
            kind="staff",
            staff_id=staff.id,
            expires_at=now + timedelta(seconds=self._credentials.settings.staff_sign_in_ttl),
            last_used_at=now,
            user_agent=self._user_agent,
        )
        await self._sign_ins.add(family)
        principal = staff_principal(store, staff, family.id)
        await self._sign_ins.audit("signed-in", principal.actor, "staff", staff.id)
        return await self.issue(principal, family)

    async def _verified(self, wanted: LoginInput) -> tuple[Store, Staff]:
        store = await self._sign_ins.store_by_code(wanted.store_code)
        staff = await self._sign_ins.staff_by_username(wanted.username) if store else None
        hashed = staff.password_hash if staff and staff.active else None
        matches = await self._credentials.passwords.verify(wanted.password, hashed)
        if staff is not None and hashed is not None and matches:
            # Locked and looked at again: what ends a person's sign-ins meanwhile ends this one too.
            await self._sign_ins.lock_staff(staff)
            matches = staff.password_hash == hashed and staff.active and staff.archived_at is None
        if store is None or staff is None or not matches:
            await self._refuse(store, staff)
        return store, staff

    async def issue(self, principal: Principal, family: SignIn) -> TokensOutput:
        """An access token and the family's next refresh token."""
        token, seconds = self._credentials.tokens.issue(principal, family.expires_at)
        secret = new_secret()
        refresh = RefreshToken(
            id=uuid7(),
            sign_in_id=family.id,
            token_hash=digest(secret),
            issued_at=clock.now(),
            expires_at=family.expires_at,
        )
        await self._sign_ins.add(refresh)
        return TokensOutput(
            access_token=token,
            token_type="Bearer",  # noqa: S106 - the scheme's name
            expires_in=seconds,
            refresh_token=f"{principal.store_id.hex}.{refresh.id.hex}.{secret}",
            refresh_expires_at=family.expires_at,
            store_id=principal.store_id,
            table_id=principal.table_id,
            session_id=principal.session_id,
            device_kind=principal.device_kind,
            must_change_password=principal.must_change_password,
        )

    async def renew(self, staff: Staff, family: SignIn) -> TokensOutput:
        """A new pair for a family whose tokens say what is no longer so.

        Raises:
            NotAuthenticatedError: the store is gone.
        """
        store = await self._sign_ins.enter(family.store_id)
        if store is None:
            raise NotAuthenticatedError
        return await self.issue(staff_principal(store, staff, family.id), family)

    async def refresh(self, text: str) -> TokensOutput:
        """The next pair of tokens for the family of a refresh token.

        Raises:
            NotAuthenticatedError: unknown, expired, revoked, or used before.
            SessionClosedError: a guest's, whose visit has ended.
        """
        store_id, token_id, secret = _parse(text)
        store = await self._sign_ins.enter(store_id)
        found = await self._sign_ins.lock_refresh_token(token_id) if store else None
        if (
            store is None
            or found is None
            or not compare_digest(found[0].token_hash, digest(secret))
        ):
            raise NotAuthenticatedError(
                Words(
                    "The refresh token is not valid.",
                    "유효하지 않은 갱신 토큰입니다. 다시 로그인해 주세요.",
                )
            )
        with spoken_in(store.default_language):
            return await self._rotate(store, *found)

    async def _rotate(self, store: Store, token: RefreshToken, family: SignIn) -> TokensOutput:
        """The next pair for a token that the store has issued.

        Raises: as `refresh`.
        """
        now = clock.now()
        if family.revoked_at is not None and family.revoked_reason == SESSION_CLOSED:
            raise SessionClosedError
        if family.revoked_at is not None or family.expires_at <= now:
            raise NotAuthenticatedError(
                Words("This sign-in has ended.", "종료된 로그인입니다. 다시 로그인해 주세요.")
            )
        grace = timedelta(seconds=self._credentials.settings.refresh_reuse_grace)
        if token.used_at is not None and now - token.used_at > grace:
            await self._sign_ins.end(family, "refresh-token-reused")
            self._credentials.revoke(family.id)
            await self._sign_ins.audit(
                "refresh-token-reused",
                SYSTEM_ACTOR,
                family.kind,
                family.staff_id or family.device_id,
            )
            await self._sign_ins.keep()
            raise NotAuthenticatedError(
                Words(
                    "The refresh token was used before; sign in again.",
                    "이미 사용된 갱신 토큰입니다. 다시 로그인해 주세요.",
                )
            )
        token.used_at = token.used_at or now
        principal = await self._principal(store, family)
        family.last_used_at = now
        if family.kind == "device":
            family.expires_at = now + self.device_ttl
        return await self.issue(principal, family)

    async def logout(self, principal: Principal) -> None:
        """End the caller's own family on every worker.

        Raises:
            PermissionDeniedError: an API key has no sign-in to end; its owner revokes it.
        """
        if principal.kind is PrincipalKind.API_KEY:
            raise PermissionDeniedError
        family = await self._sign_ins.family(principal.sign_in_id)
        await self._sign_ins.end(family, "signed-out")
        await self._sign_ins.audit("signed-out", principal.actor, principal.kind, principal.id)
        self._credentials.revoke(family.id)

    def me(self, principal: Principal) -> MeOutput:
        return MeOutput(
            kind=principal.kind,
            id=principal.id,
            name=principal.name,
            role=principal.role,
            store_id=principal.store_id,
            table_id=principal.table_id,
            session_id=principal.session_id,
            device_kind=principal.device_kind,
            permissions=sorted(principal.grants),
            must_change_password=principal.must_change_password,
        )

    async def _refuse(self, store: Store | None, staff: Staff | None) -> NoReturn:
        """Say no, in the same way whatever was wrong; the store's audit log keeps that it was tried.

        What was typed is not kept: a password may have come in the place of the user name.
        """
        SIGN_INS_REFUSED.labels("staff").inc()
        if store is not None:
            target = staff.id if staff is not None else None
            await self._sign_ins.audit("sign-in-refused", UNKNOWN_ACTOR, "staff", target)
            await self._sign_ins.keep()
        raise SignInRefusedError

    async def _principal(self, store: Store, family: SignIn) -> Principal:
        """Who the family speaks for today: roles and tables may have changed since sign-in."""
        if family.staff_id is not None:
            staff = await self._sign_ins.staff(family.staff_id)
            if not staff.active or staff.archived_at is not None:
                raise NotAuthenticatedError(
                    Words("The account is disabled.", "사용이 중지된 계정입니다.")
                )
            return staff_principal(store, staff, family.id)
        if family.session_id is not None:
            session = await self._sign_ins.session(family.session_id)
            if session.status != SessionStatus.OPEN:
                raise SessionClosedError
            return guest_principal(store, session, family)
        device = await self._sign_ins.device(family.device_id)
        if device.revoked_at is not None:
            raise NotAuthenticatedError(
                Words("The device was revoked.", "연결이 해제된 기기입니다.")
            )
        device.last_seen_at = clock.now()
        return device_principal(store, device, family)


def staff_principal(store: Store, staff: Staff, family_id: UUID) -> Principal:
    return Principal(
        PrincipalKind.STAFF,
        store.store_id,
        staff.id,
        staff.display_name,
        family_id,
        store.default_language,
        role=Role(staff.role),
        must_change_password=staff.must_change_password,
    )


def device_principal(store: Store, device: Device, family: SignIn) -> Principal:
    """A tablet of its table, or a screen of the store."""
    on_table = device.kind == DeviceKind.TABLE
    return Principal(
        PrincipalKind.TABLET if on_table else PrincipalKind.SCREEN,
        store.store_id,
        device.id,
        device.name,
        family.id,
        store.default_language,
        table_id=device.table_id,
        device_kind=DeviceKind(device.kind),
        generation=family.generation,
    )


def guest_principal(store: Store, session: TableSession, family: SignIn) -> Principal:
    """A guest is nobody but the phone that scanned the code: its sign-in is all that it has."""
    return Principal(
        PrincipalKind.GUEST,
        store.store_id,
        family.id,
        "guest",
        family.id,
        store.default_language,
        table_id=session.table_id,
        session_id=session.id,
        generation=family.generation,
    )


def _parse(text: str) -> tuple[UUID, UUID, str]:
    try:
        store, token, secret = text.split(".")
        return UUID(hex=store), UUID(hex=token), secret
    except ValueError:
        raise NotAuthenticatedError(
            Words(
                "The refresh token is not valid.",
                "유효하지 않은 갱신 토큰입니다. 다시 로그인해 주세요.",
            )
        ) from None

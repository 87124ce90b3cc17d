"""Signing in, staying signed in, signing out."""

from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.errors import NotAuthenticatedError, PermissionDeniedError, SignInRefusedError
from app.core.ids import uuid7
from app.core.metrics import SIGN_INS_REFUSED
from app.core.security.passwords import digest, new_secret
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind
from app.core.security.throttle import Throttle
from app.models import RefreshToken, SignIn, Staff, Store
from app.repositories.sign_in import SignInRepository
from app.schemas.auth import LoginInput, MeOutput, TokensOutput
from app.services.credentials import Credentials


class SignInService:
    """Staff sign in with a password; everybody stays signed in by rotating a refresh token.

    A refresh token is `<store>.<token id>.<secret>`: the store says where to look, the secret's
    SHA-256 is compared. An old one that comes back was stolen or copied, and ends its family;
    within a short grace it is only an answer that got lost on the way.
    """

    def __init__(self, sign_ins: SignInRepository, credentials: Credentials) -> None:
        self._sign_ins = sign_ins
        self._credentials = credentials

    @property
    def repository(self) -> SignInRepository:
        return self._sign_ins

    @property
    def throttle(self) -> Throttle:
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
        )
        await self._sign_ins.add(family)
        principal = staff_principal(
            store, staff.id, staff.display_name, Role(staff.role), family.id
        )
        await self._sign_ins.audit("signed-in", principal.actor, "staff", staff.id)
        return await self.issue(principal, family)

    async def _verified(self, wanted: LoginInput) -> tuple[Store, Staff]:
        store = await self._sign_ins.store_by_code(wanted.store_code)
        staff = await self._sign_ins.staff_by_username(wanted.username) if store else None
        hashed = staff.password_hash if staff and staff.active else None
        matches = await self._credentials.passwords.verify(wanted.password, hashed)
        if store is None or staff is None or not matches:
            SIGN_INS_REFUSED.labels("staff").inc()
            raise SignInRefusedError
        return store, staff

    async def issue(self, principal: Principal, family: SignIn) -> TokensOutput:
        """An access token and the family's next refresh token."""
        token, seconds = self._credentials.tokens.issue(principal)
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
        )

    async def refresh(self, text: str) -> TokensOutput:
        """The next pair of tokens for the family of a refresh token.

        Raises:
            NotAuthenticatedError: unknown, expired, revoked, or used before.
        """
        store_id, token_id, secret = _parse(text)
        store = await self._sign_ins.enter(store_id)
        found = await self._sign_ins.lock_refresh_token(token_id) if store else None
        if store is None or found is None or found[0].token_hash != digest(secret):
            raise NotAuthenticatedError("The refresh token is not valid.")
        token, family = found
        now = clock.now()
        if family.revoked_at is not None or family.expires_at <= now:
            raise NotAuthenticatedError("This sign-in has ended.")
        grace = timedelta(seconds=self._credentials.settings.refresh_reuse_grace)
        if token.used_at is not None and now - token.used_at > grace:
            await self._sign_ins.end(family, "refresh-token-reused")
            self._credentials.revoke(family.id)
            await self._sign_ins.keep()
            raise NotAuthenticatedError("The refresh token was used before; sign in again.")
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
            permissions=sorted(principal.grants),
        )

    async def _principal(self, store: Store, family: SignIn) -> Principal:
        """Who the family speaks for today: roles and tables may have changed since sign-in."""
        if family.staff_id is not None:
            staff = await self._sign_ins.staff(family.staff_id)
            if not staff.active or staff.archived_at is not None:
                raise NotAuthenticatedError("The account is disabled.")
            role = Role(staff.role)
            return staff_principal(store, staff.id, staff.display_name, role, family.id)
        device = await self._sign_ins.device(family.device_id)
        if device.revoked_at is not None:
            raise NotAuthenticatedError("The device was revoked.")
        device.last_seen_at = clock.now()
        return tablet_principal(store, device.id, device.name, device.table_id, family.id)


def staff_principal(
    store: Store, staff_id: UUID, name: str, role: Role, family_id: UUID
) -> Principal:
    language = store.default_language
    return Principal(
        PrincipalKind.STAFF, store.store_id, staff_id, name, family_id, language, role=role
    )


def tablet_principal(
    store: Store, device_id: UUID, name: str, table_id: UUID | None, family_id: UUID
) -> Principal:
    language = store.default_language
    return Principal(
        PrincipalKind.TABLET,
        store.store_id,
        device_id,
        name,
        family_id,
        language,
        table_id=table_id,
    )


def _parse(text: str) -> tuple[UUID, UUID, str]:
    try:
        store, token, secret = text.split(".")
        return UUID(hex=store), UUID(hex=token), secret
    except ValueError:
        raise NotAuthenticatedError("The refresh token is not valid.") from None

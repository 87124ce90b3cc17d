"""Opening a store: what an operator does once for each restaurant."""

from dataclasses import dataclass
from uuid import UUID

from app.core.database import UnitOfWork
from app.core.errors import NumberTakenError
from app.core.ids import uuid7
from app.core.security.passwords import PasswordHasher, new_first_password
from app.core.security.permissions import Role
from app.core.security.principals import SYSTEM_ACTOR
from app.core.words import Words
from app.models import Staff, Store
from app.repositories.opening import OpeningRepository
from app.schemas.store import StoreInput
from app.services.calls.defaults import default_types


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """`owner_password` is shown once and kept nowhere."""

    store_id: UUID
    code: str
    owner: str
    owner_id: UUID
    owner_password: str


class StoreOpeningService:
    def __init__(self, unit: UnitOfWork, passwords: PasswordHasher) -> None:
        self._unit = unit
        self._rows = OpeningRepository(unit)
        self._passwords = passwords

    async def open(
        self,
        wanted: StoreInput,
        owner_password: str | None = None,
        owner_name: str | None = None,
    ) -> OpenedStore:
        """Create the store with its owner and what its guests can ask for.

        Args:
            owner_password: for demo and test stores; else a random one is made, which the
                owner must replace at the first sign-in.
            owner_name: what the others call the owner; the user name unless given.

        Raises:
            NumberTakenError: another store has the code.
        """
        if await self._rows.has_code(wanted.code):
            raise NumberTakenError(
                Words(
                    f"There is a store with the code {wanted.code}.",
                    f"이미 있는 매장 코드입니다: {wanted.code}",
                )
            )
        languages = list(dict.fromkeys([wanted.default_language, *wanted.languages]))
        store_id = await self._rows.add_store(
            Store(
                store_id=uuid7(),
                code=wanted.code,
                name=wanted.name,
                timezone=wanted.timezone,
                currency=wanted.currency,
                default_language=wanted.default_language,
                languages=languages,
                business_day_start=wanted.business_day_start,
                ordering_paused=False,
                settlement_required=False,
            )
        )
        await self._rows.add_service_request_types(store_id, default_types())
        password = owner_password or new_first_password()
        owner = await self._add_staff(
            store_id,
            Staff(
                username=wanted.owner,
                display_name=owner_name or wanted.owner,
                role=Role.OWNER,
                # Whoever opened the store knows the password that was made.
                must_change_password=owner_password is None,
            ),
            password,
        )
        await self._unit.audit(
            "store-opened",
            actor=SYSTEM_ACTOR,
            target_kind="store",
            target_id=store_id,
            details={"code": wanted.code},
        )
        return OpenedStore(store_id, wanted.code, wanted.owner, owner.id, password)

    async def add_staff(
        self, store_id: UUID, username: str, name: str, role: Role, password: str
    ) -> Staff:
        """A person who may sign in to the store with this password, for as long as they like."""
        staff = Staff(username=username, display_name=name, role=role, must_change_password=False)
        return await self._add_staff(store_id, staff, password)

    async def _add_staff(self, store_id: UUID, staff: Staff, password: str) -> Staff:
        staff.password_hash = await self._passwords.hash(password)
        staff.active = True
        return await self._rows.add_staff(store_id, staff)

"""Loading the demo stores, for `python -m app.cli demo`.

They are built by the services that the API calls, so that a demo store is one that staff could
have typed in: the same checks, the same events and the same audit trail.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID

from app.core import clock
from app.core.business_time import instant_of
from app.core.clock import instant_text
from app.core.config import Settings
from app.core.database import UnitOfWork
from app.core.errors import StorageUnavailableError
from app.core.ids import uuid7
from app.core.runtime import Runtime
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind
from app.demo.blueprint import (
    DEMO_STORES,
    AreaPlan,
    Availability,
    CategoryPlan,
    GroupUse,
    ItemPlan,
    OptionGroupPlan,
    OptionPlan,
    ServiceRequestTypePlan,
    SetSlotPlan,
    StaffMember,
    StoreBlueprint,
    read_blueprint,
)
from app.demo.pictures import draw_dish
from app.repositories.board import BoardRepository
from app.repositories.media import MediaRepository
from app.repositories.menu import (
    CategoryRepository,
    ItemRepository,
    OptionGroupRepository,
    OptionRepository,
)
from app.repositories.menu_set import SetSlotRepository
from app.repositories.opening import OpeningRepository
from app.repositories.service_request_type import ServiceRequestTypeRepository
from app.repositories.store import StoreReader
from app.repositories.table import AreaRepository, TableRepository
from app.schemas import menu
from app.schemas.menu_set import ItemSetInput, SetChoiceInput, SetSlotInput
from app.schemas.service_request import ServiceRequestTypeInput, ServiceRequestTypesInput
from app.schemas.store import StoreInput
from app.schemas.table import AreaInput, TableInput
from app.schemas.timing import PriceStep
from app.services.calls.catalogue import CallCatalogueService
from app.services.floor.floor_plan import FloorPlanService
from app.services.menu.dayparts import local_day
from app.services.menu.editing import CategoryEditingService, ItemEditingService
from app.services.menu.item_images import ImageRows, ItemImageService
from app.services.menu.journal import MenuJournal
from app.services.menu.option_editing import OptionEditingService
from app.services.menu.price_planning import PricePlanningService
from app.services.menu.set_editing import SetEditingService
from app.services.store.opening import StoreOpeningService

DEMO_PASSWORD = "table-order-demo"  # noqa: S105 - stands in the README; demo stores are local
"""What every staff member of a demo store signs in with."""


async def has_stores(settings: Settings) -> bool:
    """Whether the database holds a store already, a demo store or any other."""
    runtime = Runtime(settings)
    try:
        async with runtime.database.transaction() as unit:
            return await OpeningRepository(unit).has_stores()
    finally:
        await runtime.close()


async def present_demo_stores(settings: Settings) -> list[str]:
    """The codes of the demo stores that the database holds."""
    runtime = Runtime(settings)
    try:
        async with runtime.database.transaction() as unit:
            rows = OpeningRepository(unit)
            return [code for code in DEMO_STORES if await rows.has_code(code)]
    finally:
        await runtime.close()


async def load_demo(settings: Settings) -> list[str]:
    """Load the demo stores that are not there yet; the codes of those that were loaded.

    Each store is one transaction: it is there as a whole or not at all. A store whose code exists
    is left as it is, whatever happened to it since.
    """
    runtime = Runtime(settings)
    loaded = []
    try:
        for code in DEMO_STORES:
            async with runtime.database.transaction() as unit:
                if await OpeningRepository(unit).has_code(code):
                    continue
                await _load(unit, runtime, code)
            loaded.append(code)
    finally:
        await runtime.close()
    return loaded


async def _load(unit: UnitOfWork, runtime: Runtime, code: str) -> None:
    blueprint = read_blueprint(code)
    owner = await _open(StoreOpeningService(unit, runtime.passwords), blueprint)
    builder = _Builder(await _services(unit, runtime, owner), blueprint.store.timezone)
    for area in blueprint.areas:
        await builder.add_area(area)
    await builder.put_calls(blueprint.service_request_types)
    for group in blueprint.option_groups:
        await builder.add_group(group)
    for category in blueprint.categories:
        await builder.add_category(category)
    await builder.add_sets()


async def _open(opening: StoreOpeningService, blueprint: StoreBlueprint) -> Principal:
    """Open the store with all who work there; its owner, who does the rest."""
    profile = blueprint.store
    owner, *others = sorted(blueprint.staff, key=lambda member: Role(member.role) is not Role.OWNER)
    opened = await opening.open(
        StoreInput(
            code=profile.code,
            name=profile.name,
            timezone=profile.timezone,
            currency=profile.currency,
            default_language=profile.default_language,
            languages=profile.languages,
            owner=owner.username,
            business_day_start=time.fromisoformat(profile.business_day_start),
        ),
        DEMO_PASSWORD,
        owner.display_name,
    )
    for member in others:
        await _employ(opening, opened.store_id, member)
    return Principal(
        kind=PrincipalKind.STAFF,
        store_id=opened.store_id,
        id=opened.owner_id,
        name=owner.display_name,
        sign_in_id=uuid7(),
        language=profile.default_language,
        role=Role.OWNER,
    )


async def _employ(opening: StoreOpeningService, store_id: UUID, member: StaffMember) -> None:
    await opening.add_staff(
        store_id, member.username, member.display_name, Role(member.role), DEMO_PASSWORD
    )


@dataclass(frozen=True, slots=True)
class _Services:
    """What the owner of a new store fills it with."""

    floor: FloorPlanService
    calls: CallCatalogueService
    options: OptionEditingService
    categories: CategoryEditingService
    items: ItemEditingService
    prices: PricePlanningService
    images: ItemImageService
    sets: SetEditingService


async def _services(unit: UnitOfWork, runtime: Runtime, owner: Principal) -> _Services:
    session = await unit.session()
    place = (unit, session, owner.store_id)
    journal = MenuJournal(unit, owner)
    stores, groups = StoreReader(*place), OptionGroupRepository(*place)
    categories, items = CategoryRepository(*place), ItemRepository(*place)

    async def begin() -> ImageRows:
        return ImageRows(items, MediaRepository(unit), journal)

    return _Services(
        FloorPlanService(
            AreaRepository(*place),
            TableRepository(*place),
            BoardRepository(session, owner.store_id),
            owner,
        ),
        CallCatalogueService(
            ServiceRequestTypeRepository(*place), stores, owner, (owner.language, owner.language)
        ),
        OptionEditingService(groups, OptionRepository(*place), stores, journal),
        CategoryEditingService(categories, stores, journal),
        ItemEditingService(items, categories, groups, stores, journal),
        PricePlanningService(items, journal),
        ItemImageService(runtime.pictures, runtime.media, begin),
        SetEditingService(items, SetSlotRepository(*place), stores, journal),
    )


class _Builder:
    """Adds the parts of a blueprint, and knows the ids that their keys have got."""

    def __init__(self, services: _Services, zone: str) -> None:
        self._services = services
        self._zone = zone
        self._now = clock.now()
        self._groups: dict[str, UUID] = {}
        self._options: dict[tuple[str, str], UUID] = {}
        self._items: dict[str, UUID] = {}
        self._sets: list[tuple[UUID, ItemPlan]] = []

    async def add_area(self, plan: AreaPlan) -> None:
        area = await self._services.floor.add_area(AreaInput(name=plan.name))
        for table in plan.tables:
            await self._services.floor.add_table(
                TableInput(
                    number=table.number,
                    label=table.label,
                    area_id=area.id,
                    capacity=table.capacity,
                )
            )

    async def put_calls(self, plans: list[ServiceRequestTypePlan]) -> None:
        """The store's own list in place of the one that every store begins with."""
        given = await self._services.calls.read(archived=False)
        ids = {one.code: one.id for one in given.data}
        types = [
            ServiceRequestTypeInput(
                id=ids.get(plan.code),
                code=plan.code,
                name=plan.name,
                max_quantity=plan.max_quantity,
                cooldown_seconds=plan.cooldown_seconds,
            )
            for plan in plans
        ]
        await self._services.calls.put(ServiceRequestTypesInput(types=types), given.version)

    async def add_group(self, plan: OptionGroupPlan) -> None:
        group = await self._services.options.add(
            menu.OptionGroupInput(
                name=plan.name,
                min_select=plan.min_select,
                max_select=plan.max_select,
                free_quota=plan.free_quota,
                options=[_option(option) for option in plan.options],
            )
        )
        self._groups[plan.key] = group.id
        for option, stored in zip(plan.options, group.options, strict=True):
            self._options[plan.key, option.key] = stored.id

    async def add_category(self, plan: CategoryPlan) -> None:
        category = await self._services.categories.add(
            menu.CategoryInput(
                name=plan.name,
                description=plan.description,
                dayparts=plan.dayparts,
                daypart_exceptions=plan.daypart_exceptions,
            )
        )
        stored = []
        for item in plan.items:
            added = await self._services.items.add(self._item(category.id, item))
            stored.append(added)
            await self._plan_prices(added.id, item)
            if item.key is not None:
                self._items[item.key] = added.id
            if item.set_slots:
                self._sets.append((added.id, item))
        await self._add_picture(stored[0])

    async def _plan_prices(self, item_id: UUID, item: ItemPlan) -> None:
        prices = self._services.prices
        if item.happy_hours:
            await prices.set_happy_hours(item_id, item.happy_hours, None)
        if item.price_changes:
            today = local_day(self._now, self._zone)
            steps = [
                PriceStep(
                    starts_at=instant_of(
                        today + timedelta(days=change.in_days), time(0), self._zone
                    ),
                    price=change.price,
                )
                for change in item.price_changes
            ]
            await prices.schedule(item_id, steps, None)

    async def _add_picture(self, item: menu.ItemOutput) -> None:
        """The first of each category has one; a demo without pictures is better than none."""
        picture = draw_dish(next(iter(item.name.values())))
        with suppress(StorageUnavailableError):
            await self._services.images.put(item.id, picture, None)

    async def add_sets(self) -> None:
        """Once every dish has its id."""
        for item_id, plan in self._sets:
            slots = [self._slot(slot) for slot in plan.set_slots]
            await self._services.sets.put(item_id, ItemSetInput(set_slots=slots), None)

    def _slot(self, plan: SetSlotPlan) -> SetSlotInput:
        choices = [
            SetChoiceInput(item_id=self._items[choice.item], upcharge=choice.upcharge)
            for choice in plan.choices
        ]
        return SetSlotInput(name=plan.name, min=plan.min, max=plan.max, choices=choices)

    def _item(self, category_id: UUID, plan: ItemPlan) -> menu.ItemInput:
        return menu.ItemInput(
            category_id=category_id,
            name=plan.name,
            description=plan.description,
            price=plan.price,
            tax_class=plan.tax_class,
            allergens=plan.allergens,
            tags=plan.tags,
            origin=plan.origin,
            availability=_availability(plan.availability),
            dayparts=plan.dayparts,
            daypart_exceptions=plan.daypart_exceptions,
            option_groups=[self._use(use) for use in plan.option_groups],
        )

    def _use(self, use: GroupUse) -> menu.GroupUse:
        prices = {self._options[use.group, key]: price for key, price in use.prices.items()}
        return menu.GroupUse(
            id=self._groups[use.group],
            min_select=use.min_select,
            max_select=use.max_select,
            prices=prices or None,
        )


def _option(plan: OptionPlan) -> menu.OptionInput:
    return menu.OptionInput(
        name=plan.name,
        price=plan.price,
        max_quantity=plan.max_quantity,
        is_default=plan.is_default,
        allergens_added=plan.allergens_added,
        allergens_removed=plan.allergens_removed,
        availability=_availability(plan.availability),
    )


def _availability(plan: Availability) -> menu.AvailabilityInput:
    until: str | None = plan.until
    if plan.for_hours is not None:
        until = instant_text(clock.now() + timedelta(hours=plan.for_hours))
    body = {"status": plan.status, "until": until, "stock": plan.stock}
    return menu.AvailabilityInput.model_validate(body)

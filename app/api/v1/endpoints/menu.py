"""The menu: what guests read, and what managers edit."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from app.api.conditional import page_response
from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.menu import (
    CategoryEditingDep,
    ItemEditingDep,
    ItemFindingDep,
    MenuAvailabilityDep,
    MenuReadingDep,
    OptionEditingDep,
)
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.schemas.base import Page
from app.schemas.menu import (
    AvailabilityInput,
    CategoryInput,
    CategoryOutput,
    CategoryPatch,
    ItemFilter,
    ItemGroupsInput,
    ItemInput,
    ItemOutput,
    ItemPatch,
    ItemReadOutput,
    OptionGroupInput,
    OptionGroupOutput,
    OptionGroupPatch,
    OptionOutput,
)
from app.schemas.menu_page import MenuFilter, MenuOutput
from app.schemas.table import ArchivedFilter

router = APIRouter(prefix="/menu", tags=["Menu"], route_class=OperationRoute)

AcceptLanguage = Annotated[str | None, Header(include_in_schema=False)]


@router.get("", summary="Read the menu as guests see it", response_model=MenuOutput)
@operation(Permission.MENU_READ, conditional=True)
async def read_menu(
    request: Request,
    wanted: Annotated[MenuFilter, Query()],
    reading: MenuReadingDep,
    accept_language: AcceptLanguage = None,
) -> Response:
    """Categories, items, option groups and options in the language that was asked for.

    Hidden and archived things are left out, and so is what is served at other times of the day.
    Read it again at `valid_until`, and when an event says that the menu or an availability has
    changed. Send the `ETag` as `If-None-Match`: 304 means that nothing has.
    """
    return page_response(request, *await reading.page(accept_language, wanted.at))


@router.get("/categories", summary="List categories")
@operation(Permission.MENU_MANAGE_READ)
async def list_categories(
    wanted: Annotated[ArchivedFilter, Query()], categories: CategoryEditingDep
) -> Page[CategoryOutput]:
    """All of them, in display order."""
    return await categories.all(archived=wanted.archived)


@router.post("/categories", status_code=201, summary="Add a category")
@operation(Permission.MENU_MANAGE, idempotency="accepted")
async def create_category(body: CategoryInput, categories: CategoryEditingDep) -> CategoryOutput:
    """Without a position it comes after the others."""
    return await categories.add(body)


@router.patch("/categories/{category_id}", summary="Change a category")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="required")
async def change_category(
    category_id: PathId,
    body: CategoryPatch,
    categories: CategoryEditingDep,
    expected: IfMatchDep,
) -> CategoryOutput:
    """Only the fields that are sent change."""
    return await categories.change(category_id, body, expected)


@router.delete("/categories/{category_id}", status_code=204, summary="Archive a category")
@operation(Permission.MENU_MANAGE, problems=("not-found", "in-use"), if_match="accepted")
async def archive_category(
    category_id: PathId, categories: CategoryEditingDep, expected: IfMatchDep
) -> None:
    """It must have no items left."""
    return await categories.archive(category_id, expected)


@router.get("/items", summary="List items, or find them by name")
@operation(Permission.MENU_MANAGE_READ)
async def list_items(
    wanted: Annotated[ItemFilter, Query()], items: ItemFindingDep
) -> Page[ItemReadOutput]:
    """Newest first, in pages; with `q`, the items whose names fit, the best first.

    `orderable` says whether guests can order the item now, `blocked_by` why not.
    """
    return await items.find(wanted)


@router.post("/items", status_code=201, summary="Add an item")
@operation(Permission.MENU_MANAGE, problems=("reference-taken",), idempotency="accepted")
async def create_item(body: ItemInput, items: ItemEditingDep) -> ItemOutput:
    """Names and descriptions by language, the price in minor units, option groups by id."""
    return await items.add(body)


@router.get("/items/{item_id}", summary="Read an item")
@operation(Permission.MENU_MANAGE_READ, problems=("not-found",))
async def read_item(item_id: PathId, items: ItemFindingDep) -> ItemReadOutput:
    """Archived items can be read too: past orders refer to them.

    `orderable` says whether guests can order it now, `blocked_by` why not.
    """
    return await items.get(item_id)


@router.patch("/items/{item_id}", summary="Change an item")
@operation(Permission.MENU_MANAGE, problems=("not-found", "reference-taken"), if_match="required")
async def change_item(
    item_id: PathId, body: ItemPatch, items: ItemEditingDep, expected: IfMatchDep
) -> ItemOutput:
    """Only the fields that are sent change. Orders that were placed keep their prices."""
    return await items.change(item_id, body, expected)


@router.delete("/items/{item_id}", status_code=204, summary="Archive an item")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="accepted")
async def archive_item(item_id: PathId, items: ItemEditingDep, expected: IfMatchDep) -> None:
    """It leaves the menu and the lists; past orders keep it."""
    return await items.archive(item_id, expected)


@router.put("/items/{item_id}/availability", summary="Mark an item as available or sold out")
@operation(Permission.MENU_AVAILABILITY, problems=("not-found",), if_match="accepted")
async def set_item_availability(
    item_id: PathId,
    body: AvailabilityInput,
    availability: MenuAvailabilityDep,
    expected: IfMatchDep,
) -> ItemOutput:
    """Until undone, until a time, until the business day ends, or while the stock lasts."""
    return await availability.set_item(item_id, body, expected)


@router.put("/options/{option_id}/availability", summary="Mark an option as available or sold out")
@operation(Permission.MENU_AVAILABILITY, problems=("not-found",), if_match="accepted")
async def set_option_availability(
    option_id: PathId,
    body: AvailabilityInput,
    availability: MenuAvailabilityDep,
    expected: IfMatchDep,
) -> OptionOutput:
    """Holds for every item that offers the option."""
    return await availability.set_option(option_id, body, expected)


@router.put("/items/{item_id}/option-groups", summary="Choose the option groups of an item")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="required")
async def set_item_groups(
    item_id: PathId, body: ItemGroupsInput, items: ItemEditingDep, expected: IfMatchDep
) -> ItemOutput:
    """The whole list, in the order in which guests choose."""
    return await items.set_groups(item_id, body, expected)


@router.get("/option-groups", summary="List option groups")
@operation(Permission.MENU_MANAGE_READ)
async def list_option_groups(
    wanted: Annotated[ArchivedFilter, Query()], groups: OptionEditingDep
) -> Page[OptionGroupOutput]:
    """All of them with their options, in display order."""
    return await groups.all(archived=wanted.archived)


@router.post("/option-groups", status_code=201, summary="Add an option group")
@operation(Permission.MENU_MANAGE, idempotency="accepted")
async def create_option_group(
    body: OptionGroupInput, groups: OptionEditingDep
) -> OptionGroupOutput:
    """A group with its options; items then offer it by its id."""
    return await groups.add(body)


@router.patch("/option-groups/{group_id}", summary="Change an option group")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="required")
async def change_option_group(
    group_id: PathId,
    body: OptionGroupPatch,
    groups: OptionEditingDep,
    expected: IfMatchDep,
) -> OptionGroupOutput:
    """`options`, when sent, is the whole list: those left out are archived."""
    return await groups.change(group_id, body, expected)


@router.delete("/option-groups/{group_id}", status_code=204, summary="Archive an option group")
@operation(Permission.MENU_MANAGE, problems=("not-found", "in-use"), if_match="accepted")
async def archive_option_group(
    group_id: PathId, groups: OptionEditingDep, expected: IfMatchDep
) -> None:
    """No item may offer it any more."""
    return await groups.archive(group_id, expected)

"""Writing a store's menu into a file: the same menu gives the same bytes, in any store."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from pydantic import TypeAdapter

from app.core import clock
from app.core.media import MediaStore
from app.models.menu import Availability
from app.models.store import Store
from app.repositories.menu_file import MenuFileRepository, MenuFileRows, Row
from app.repositories.store import StoreReader
from app.schemas.menu_file import (
    COLUMNS,
    PLANS,
    AvailabilityPart,
    CategoryPart,
    ChoicePart,
    GroupPart,
    ImagePart,
    ImageSizePart,
    ItemPart,
    MenuFile,
    OptionPart,
    Part,
    SlotPart,
    UsePart,
)
from app.schemas.timing import DaypartExceptions, Dayparts, HappyHours, PriceSchedule
from app.services.menu_files.csv_writing import csv_bytes
from app.services.menu_files.stored_menu import Slot, StoredMenu, Thing, stored_menu

READINGS = 5
FILES = ThreadPoolExecutor(max_workers=1, thread_name_prefix="menu-file")
"""Files are read and written here, one at a time: thousands of rows must not hold up the loop."""

_PLANS: dict[str, TypeAdapter[Any]] = {
    "dayparts": TypeAdapter(Dayparts),
    "daypart_exceptions": TypeAdapter(DaypartExceptions),
    "price_schedule": TypeAdapter(PriceSchedule),
    "happy_hours": TypeAdapter(HappyHours),
}


@dataclass(frozen=True, slots=True)
class ExportedFile:
    content: bytes
    media_type: str
    name: str


class MenuExportService:
    def __init__(self, rows: MenuFileRepository, stores: StoreReader) -> None:
        self._rows = rows
        self._stores = stores

    async def export(self, format_: Literal["json", "csv"]) -> ExportedFile:
        """The whole live menu."""
        store = await self._stores.get()
        rows = await self._consistent()
        loop = asyncio.get_running_loop()
        content = await loop.run_in_executor(FILES, _written, store, rows, format_)
        media_type = {"json": "application/json", "csv": "text/csv; charset=utf-8"}[format_]
        return ExportedFile(content, media_type, f"menu-{store.code}.{format_}")

    async def copy_pictures(self, source: MediaStore, target: MediaStore) -> int:
        """Take along what the menu shows, each picture under its name; how many there are."""
        copied = 0
        for digest in sorted(await self._rows.pictures()):
            content = await source.get(digest)
            if content is not None:
                await target.put(digest, content)
                copied += 1
        return copied

    async def _consistent(self) -> MenuFileRows:
        """The menu between two looks at its version, so that no half of a change is in it."""
        for _ in range(READINGS):
            version = await self._rows.version()
            rows = await self._rows.rows()
            if await self._rows.version() == version:
                break
        return rows


def _written(store: Store, rows: MenuFileRows, format_: str) -> bytes:
    now = clock.now()
    file = menu_file(store, stored_menu(rows, store.default_language, now), now)
    if format_ == "csv":
        return csv_bytes(file)
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(file.model_dump(mode="json"), option=options)


def menu_file(store: Store, stored: StoredMenu, now: datetime) -> MenuFile:
    """The menu as it stands at the instant `now`, with every field of every part."""
    keys = {group.id: group.key for group in stored.groups}
    options = {
        group_id: {str(option.id): option.key for option in several}
        for group_id, several in stored.options.items()
    }
    dishes = {thing.id: thing.key for thing in stored.all_items()}

    def item(thing: Thing) -> ItemPart:
        return ItemPart.model_construct(
            **_fields(ItemPart, thing, now),
            image=_image(thing.row["image"]),
            option_groups=[_use(link, keys, options) for link in stored.links.get(thing.id, ())],
            set_slots=[_slot(slot, dishes) for slot in stored.slots.get(thing.id, ())],
        )

    return MenuFile(
        currency=store.currency,
        default_language=store.default_language,
        languages=list(store.languages),
    ).model_copy(
        update={
            "option_groups": [
                GroupPart.model_construct(
                    **_fields(GroupPart, group, now),
                    options=[
                        OptionPart.model_construct(**_fields(OptionPart, option, now))
                        for option in stored.options[group.id]
                    ],
                )
                for group in stored.groups
            ],
            "categories": [
                CategoryPart.model_construct(
                    **_fields(CategoryPart, category, now),
                    items=[item(one) for one in stored.items[category.id]],
                )
                for category in stored.categories
            ],
        }
    )


def _fields(part: type[Part], thing: Thing, now: datetime) -> dict[str, Any]:
    """The key, the plain fields and the availability of one thing."""
    fields = {name: thing.row[COLUMNS.get(name, name)] for name in part.plain_fields()}
    values = {
        name: _planned(name, value) if name in PLANS else _sorted(value)
        for name, value in fields.items()
    }
    values["key"] = thing.key
    if "availability" in part.model_fields:
        status, until, stock = availability_state(thing.row, now)
        values["availability"] = AvailabilityPart.model_construct(
            status=Availability(status), until=until, stock=stock
        )
    return values


def _planned(name: str, value: list[dict[str, Any]]) -> Any:
    """What the database keeps as JSON, in the shapes and with the order of fields of the API."""
    return _PLANS[name].validate_python(value, extra="ignore") if value else []


def _image(image: Mapping[str, Any] | None) -> ImagePart | None:
    if image is None:
        return None
    thumbnail = ImageSizePart.model_construct(**image["thumbnail"])
    return ImagePart.model_construct(**{**image, "thumbnail": thumbnail})


def _slot(slot: Slot, dishes: Mapping[Any, str]) -> SlotPart:
    row = slot.thing.row
    return SlotPart.model_construct(
        key=slot.thing.key,
        name=dict(sorted(row["names"].items())),
        min=row["min_select"],
        max=row["max_select"],
        choices=[
            ChoicePart.model_construct(key=dishes[one["item_id"]], upcharge=one["upcharge"])
            for one in slot.choices
        ],
    )


def _sorted(value: object) -> object:
    return dict(sorted(value.items())) if isinstance(value, Mapping) else value


def _use(link: Row, groups: Mapping[Any, str], options: Mapping[Any, Mapping[str, str]]) -> UsePart:
    """Prices in the order of the group's options."""
    own = link["prices"] or {}
    known = options[link["group_id"]] if own else {}
    prices = {key: own[option_id] for option_id, key in known.items() if option_id in own}
    return UsePart.model_construct(
        key=groups[link["group_id"]],
        min_select=link["min_select"],
        max_select=link["max_select"],
        prices=prices or None,
    )


def availability_state(row: Row, now: datetime) -> tuple[str, datetime | None, int | None]:
    """Status, end and stock as they hold: a "sold out until" that has passed is over."""
    until = row["sold_out_until"]
    if until is not None and until <= now:
        return (str(Availability.AVAILABLE), None, row["stock"])
    return (row["availability"], until, row["stock"])

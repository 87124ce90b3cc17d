"""Importing a menu from a file: all of it or nothing, and only what differs."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from app.core import clock
from app.core.database import UnitOfWork
from app.core.errors import FieldError
from app.core.upload import Upload
from app.core.words import Words
from app.models.menu import Availability
from app.models.store import Store
from app.repositories.menu_file import TABLES, MenuFileRepository, MenuFileRows, Row
from app.repositories.store import StoreReader
from app.schemas.menu_file import ImportCounts, ImportFilter, ImportOutput
from app.services.menu_files.exporting import FILES
from app.services.menu_files.import_checks import plan_errors
from app.services.menu_files.import_images import ImportedImages
from app.services.menu_files.import_plan import ImportPlan, ImportTerms, KindPlan
from app.services.menu_files.import_planner import plan_import
from app.services.menu_files.import_prices import price_changes
from app.services.menu_files.merging import AVAILABILITY_COLUMNS
from app.services.menu_files.read_menu import KnownNames, ReadMenu, note, refusal
from app.services.menu_files.reading import read_file
from app.services.menu_files.stored_menu import stored_menu, things

T = TypeVar("T")

MAX_SHOWN = 500
AVAILABLE_KINDS = ("item", "option")
WORDS = {
    "category": "categories",
    "item": "items",
    "option_group": "option groups",
    "option": "options",
}
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ImportSources:
    """What an import reads and writes in its transaction."""

    unit: UnitOfWork
    rows: MenuFileRepository
    stores: StoreReader
    images: ImportedImages


class MenuImportService:
    def __init__(
        self,
        sources: ImportSources,
        actor: dict[str, Any],
        progress: Progress = lambda _: None,
        language: str = "en",
    ) -> None:
        """`actor` is who imports, as events and the audit log name them; `language` that of the
        warnings."""
        self._unit = sources.unit
        self._rows = sources.rows
        self._stores = sources.stores
        self._images = sources.images
        self._actor = actor
        self._progress = progress
        self._language = language

    async def import_file(self, upload: Upload, wanted: ImportFilter) -> ImportOutput:
        """Make the store's menu what the file says, in this transaction.

        A file that says what is stored already changes nothing and publishes nothing. Whether what
        is there can be had is the floor's word unless `wanted` says otherwise. The menu is
        locked when the file has been compared with it: whoever orders or edits waits for the
        writing only, and for another comparison if somebody edited meanwhile.

        Raises:
            MalformedBodyError: the file can't be read.
            MenuFileInvalidError: it can, and is wrong; says where.
            StorageUnavailableError: the pictures that it names can't be looked at now.
        """
        await self._rows.take_time()
        store = await self._stores.get()
        self._progress(f"Reading {len(upload.content) / 1024:.0f} KiB")
        groups, references = await self._rows.groups(), await self._rows.references()
        read = await _apart(_read, upload, store, groups, references)
        known = await self._rows.pictures()
        read = await self._images.check(read, known, keep=not wanted.dry_run)
        if not wanted.dry_run:
            await self._rows.lock()
        version = await self._rows.version()
        plan, output = await self._compare(read, store, wanted)
        if not wanted.dry_run and plan.changes_anything:
            left = await self._rows.hold()
            if await self._rows.version() != version:
                plan, output = await self._compare(read, store, wanted)
            await self._apply(plan, left)
            await self._tell(plan, output.counts)
        return output

    async def _compare(
        self, read: ReadMenu, store: Store, wanted: ImportFilter
    ) -> tuple[ImportPlan, ImportOutput]:
        items = sum(len(category.items) for category in read.file.categories)
        self._progress(f"Comparing {items} items with the menu")
        return await _apart(_plan, read, store, await self._rows.rows(), wanted, self._language)

    async def _apply(self, plan: ImportPlan, left: Mapping[UUID, int | None]) -> None:
        now = clock.now()
        for kind in TABLES:
            one = plan.kinds[kind]  # type: ignore[index] # the tables are named by the kinds
            self._sign(kind, one, now)
            _keep_stock(one, left)
            gone = [thing.row | {"archived_at": now} for thing in one.archived]
            changed = [placed.row for placed in one.changed] + gone
            if one.added or changed:
                self._progress(
                    f"Writing {WORDS[kind]}: {len(one.added)} new, {len(changed)} others"
                )
            await self._rows.add(kind, [placed.row for placed in one.added], now)
            await self._rows.change(kind, changed, now)
        if plan.links or plan.sets:
            links, sets = len(plan.links), len(plan.sets)
            self._progress(f"Writing what {links} items offer and {sets} sets consist of")
        await self._rows.replace_links(plan.links)
        await self._write_sets(plan, now)

    async def _write_sets(self, plan: ImportPlan, now: datetime) -> None:
        """Slots are archived and keep their ids, since lines of orders refer to them."""
        before = {slot.row["id"]: slot.row for slots, _ in plan.sets for slot in slots}
        after = {slot.row["id"]: slot for _, slots in plan.sets for slot in slots}
        gone = [row | {"archived_at": now} for id_, row in before.items() if id_ not in after]
        kept = [slot.row for id_, slot in after.items() if id_ in before]
        new = [slot.row for id_, slot in after.items() if id_ not in before]
        await self._rows.add("set_slot", new, now)
        await self._rows.change("set_slot", kept + gone, now)
        await self._rows.replace_choices({id_: slot.choices for id_, slot in after.items()})

    def _sign(self, kind: str, plan: KindPlan, now: datetime) -> None:
        """Note who set the availabilities that the file sets."""
        if kind not in AVAILABLE_KINDS:
            return
        signed = {"availability_by": self._actor, "availability_at": now}
        unset = (str(Availability.AVAILABLE), None, None)
        for placed in plan.added:
            own = tuple(placed.row[name] for name in AVAILABILITY_COLUMNS)
            placed.row |= signed if own != unset else dict.fromkeys(signed)
        for placed in plan.changed:
            if any(change.field == "availability" for change in placed.changes):
                placed.row |= signed

    async def _tell(self, plan: ImportPlan, counts: ImportCounts) -> None:
        """One event, one catalog version and one audit entry for all of it."""
        shown = counts.model_dump(mode="json")
        data = {"kind": "menu", "change": "imported", "counts": shown}
        self._unit.record("menu.changed", data, actor=self._actor)
        self._unit.bump_catalog()
        await self._unit.audit(
            "menu-imported",
            actor=self._actor,
            target_kind="menu",
            details={"counts": shown, "prices": price_changes(plan)},
        )


def _keep_stock(plan: KindPlan, left: Mapping[UUID, int | None]) -> None:
    """Where the file doesn't say how much there is, it is what orders have left."""
    for thing in plan.archived:
        thing.row["stock"] = left[thing.id]
    for placed in plan.changed:
        if not any(change.field == "availability" for change in placed.changes):
            placed.row["stock"] = left[placed.id]


async def _apart(work: Callable[..., T], *arguments: object) -> T:
    """Done in the thread for files: it may take seconds, so not on the loop."""
    return await asyncio.get_running_loop().run_in_executor(FILES, partial(work, *arguments))


def _read(
    upload: Upload, store: Store, groups: Sequence[Row], references: frozenset[str]
) -> ReadMenu:
    language = store.default_language
    known = KnownNames({group.key for group in things(groups, language)}, references)
    return read_file(upload.content, upload.media_type, store.currency, language, known)


def _plan(
    read: ReadMenu, store: Store, rows: MenuFileRows, wanted: ImportFilter, spoken: str
) -> tuple[ImportPlan, ImportOutput]:
    """Everything between reading the rows and writing them; the warnings are in `spoken`."""
    language, now = store.default_language, clock.now()
    stored = stored_menu(rows, language, now)
    terms = ImportTerms(language, now, wanted.archive_missing, wanted.set_availability)
    plan = plan_import(stored, read, terms)
    errors = plan_errors(plan, language)
    if errors:
        raise refusal([read.places.located(error) for error in errors])
    changes = plan.changes(language)
    output = ImportOutput(
        dry_run=wanted.dry_run,
        format=read.format,
        counts=ImportCounts(
            categories=plan.kinds["category"].counts(),
            items=plan.kinds["item"].counts(),
            option_groups=plan.kinds["option_group"].counts(),
            options=plan.kinds["option"].counts(),
        ),
        changes=changes[:MAX_SHOWN],
        changes_left_out=max(len(changes) - MAX_SHOWN, 0),
        warnings=[
            note(read, one, spoken) for one in (*read.warnings, *_begun(read, now), *plan.warnings)
        ],
    )
    return plan, output


def _begun(read: ReadMenu, now: datetime) -> Iterator[FieldError]:
    """Items whose planned prices have begun since the file was written, or were never to come."""
    for at, category in enumerate(read.file.categories):
        for place, item in enumerate(category.items):
            if any(step.starts_at <= now for step in item.price_schedule):
                pointer = f"/categories/{at}/items/{place}/price_schedule"
                detail = Words(
                    "A planned price has begun: the item costs that, not what price says.",
                    "예약 가격이 이미 시작되어 가격 대신 적용됩니다.",
                )
                yield FieldError(pointer, "price-begun", detail)

"""Importing a menu from a file: all of it or nothing, and only what differs."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.database import UnitOfWork
from app.core.upload import Upload
from app.models.menu import Availability
from app.models.store import Store
from app.repositories.menu_file import TABLES, MenuFileRepository, MenuFileRows, Row
from app.repositories.store import StoreReader
from app.schemas.menu_file import ImportCounts, ImportFilter, ImportOutput
from app.services.menu_export import FILES
from app.services.menu_file_reading import read_file
from app.services.menu_import_checks import plan_errors
from app.services.menu_import_plan import ImportPlan, ImportTerms, KindPlan
from app.services.menu_import_planner import plan_import
from app.services.menu_merging import AVAILABILITY_COLUMNS
from app.services.read_menu import refusal
from app.services.stored_menu import stored_menu

MAX_SHOWN = 500
AVAILABLE_KINDS = ("item", "option")
Progress = Callable[[str], None]


class MenuImportService:
    """`actor` is who imports, as events and the audit log name them."""

    def __init__(
        self,
        unit: UnitOfWork,
        rows: MenuFileRepository,
        stores: StoreReader,
        actor: dict[str, Any],
        progress: Progress = lambda _: None,
    ) -> None:
        self._unit = unit
        self._rows = rows
        self._stores = stores
        self._actor = actor
        self._progress = progress

    async def import_file(self, upload: Upload, wanted: ImportFilter) -> ImportOutput:
        """Make the store's menu what the file says, in this transaction.

        A file that says what is stored already changes nothing and publishes nothing.

        Raises:
            MalformedBodyError: the file can't be read.
            MenuFileInvalidError: it can, and is wrong; says where.
        """
        store = await self._stores.get()
        if not wanted.dry_run:
            await self._rows.lock()
        rows = await self._rows.rows(lock=not wanted.dry_run)
        self._progress(f"Comparing {len(upload.content) / 1024:.0f} KiB with the menu")
        loop = asyncio.get_running_loop()
        prepare = partial(_prepare, upload, store, rows, wanted)
        plan, output = await loop.run_in_executor(FILES, prepare)
        if not wanted.dry_run and plan.changes_anything:
            self._progress(f"Writing {_written(plan)} changes")
            await self._apply(plan)
            await self._tell(plan, output.counts)
        return output

    async def _apply(self, plan: ImportPlan) -> None:
        now = clock.now()
        for kind in TABLES:
            one = plan.kinds[kind]  # type: ignore[index] # the tables are named by the kinds
            self._sign(kind, one, now)
            await self._rows.add(kind, [placed.row for placed in one.added], now)
            gone = [thing.row | {"archived_at": now} for thing in one.archived]
            await self._rows.change(kind, [placed.row for placed in one.changed] + gone, now)
        await self._rows.replace_links(plan.links)

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
            details={"counts": shown, "prices": _price_changes(plan)},
        )


def _prepare(
    upload: Upload, store: Store, rows: MenuFileRows, wanted: ImportFilter
) -> tuple[ImportPlan, ImportOutput]:
    """Everything between reading the rows and writing them; takes seconds, so not on the loop."""
    language = store.default_language
    stored = stored_menu(rows, language)
    groups = [group.key for group in stored.groups]
    read = read_file(upload.content, upload.media_type, store.currency, language, groups)
    terms = ImportTerms(language, clock.now(), wanted.archive_missing)
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
        warnings=list(read.warnings),
    )
    return plan, output


def _written(plan: ImportPlan) -> int:
    kinds = plan.kinds.values()
    return sum(len(one.added) + len(one.changed) + len(one.archived) for one in kinds)


def _price_changes(plan: ImportPlan) -> list[dict[str, Any]]:
    """What the price of a thing was and is, in minor units; of links, the item's own prices."""
    found: list[dict[str, Any]] = []
    for kind in ("item", "option"):
        for one in plan.kinds[kind].changed:
            before = one.stored.row["price"] if one.stored else None
            if before != one.row["price"]:
                found.append(_price(kind, one.id, before, one.row["price"]))
    for item in plan.kinds["item"].changed:
        for change in item.changes:
            if change.field == "option_groups":
                before, after = _own_prices(change.before), _own_prices(change.after)
                if before != after:
                    found.append(_price("item-options", item.id, before, after))
    return found


def _price(kind: str, row_id: UUID, before: object, after: object) -> dict[str, Any]:
    return {"kind": kind, "id": str(row_id), "before": before, "after": after}


def _own_prices(links: list[Row]) -> dict[str, int]:
    return {key: price for link in links for key, price in (link["prices"] or {}).items()}

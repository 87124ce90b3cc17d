"""Any menu that a file can hold comes out of a store as it went in, whatever is in its texts."""

from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings

from app.core.ids import uuid7
from app.models.store import Store
from app.repositories.menu_file import MenuFileRows
from app.schemas.menu_file import MenuFile
from app.services.menu_files.csv_writing import csv_bytes
from app.services.menu_files.exporting import menu_file
from app.services.menu_files.import_checks import plan_errors
from app.services.menu_files.import_plan import ImportPlan, ImportTerms
from app.services.menu_files.import_planner import plan_import
from app.services.menu_files.read_menu import KnownNames, ReadMenu
from app.services.menu_files.reading import read_file
from app.services.menu_files.stored_menu import StoredMenu, stored_menu
from tests.support.menu_strategies import menus

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
STORE = Store(
    store_id=uuid7(), code="hanok", currency="EUR", default_language="ko", languages=["ko", "en"]
)
NOTHING = MenuFileRows([], [], [], [], [])


def planned(stored: StoredMenu, read: ReadMenu) -> ImportPlan:
    plan = plan_import(stored, read, ImportTerms("ko", NOW))
    assert plan_errors(plan, "ko") == []
    return plan


def stored_from(plan: ImportPlan) -> StoredMenu:
    """An empty store after the import: its rows as the database would give them back."""
    ordered = {
        kind: sorted((one.row for one in found.added), key=lambda row: (row["position"], row["id"]))
        for kind, found in plan.kinds.items()
    }
    links = [link for several in plan.links.values() for link in several]
    slots = [slot for _, after in plan.sets for slot in after]
    rows = MenuFileRows(
        ordered["category"],
        ordered["item"],
        ordered["option_group"],
        ordered["option"],
        links,
        [slot.row for slot in slots],
        [choice for slot in slots for choice in slot.choices],
    )
    return stored_menu(rows, "ko", NOW)


def read(content: bytes, media_type: str) -> ReadMenu:
    return read_file(content, media_type, "EUR", "ko", KnownNames())


def as_json(file: MenuFile) -> bytes:
    return orjson.dumps(file.model_dump(mode="json"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(menus())
def test_a_menu_comes_out_as_it_went_in(menu: dict[str, Any]) -> None:
    empty = stored_menu(NOTHING, "ko", NOW)
    first = stored_from(planned(empty, read(orjson.dumps(menu), "application/json")))
    file = menu_file(STORE, first, NOW)
    tables = without_pictures(file)
    for content, media_type, wanted in (
        (as_json(file), "application/json", file),
        (csv_bytes(file), "text/csv", tables),
    ):
        again = planned(empty, read(content, media_type))
        assert as_json(menu_file(STORE, stored_from(again), NOW)) == as_json(wanted)
        assert not planned(first, read(content, media_type)).changes_anything


def without_pictures(file: MenuFile) -> MenuFile:
    """What a table can say of the menu."""
    copy = file.model_copy(deep=True)
    for category in copy.categories:
        for item in category.items:
            item.image = None
    return copy

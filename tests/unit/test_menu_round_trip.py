"""Any menu that a file can hold comes out of a store as it went in, whatever is in its texts."""

from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.ids import uuid7
from app.models.store import Store
from app.repositories.menu_file import MenuFileRows
from app.schemas.menu_file import MenuFile
from app.services.menu_csv_writing import csv_bytes
from app.services.menu_export import menu_file
from app.services.menu_file_reading import read_file
from app.services.menu_import_checks import plan_errors
from app.services.menu_import_plan import ImportPlan, ImportTerms
from app.services.menu_import_planner import plan_import
from app.services.read_menu import ReadMenu
from app.services.stored_menu import StoredMenu, stored_menu

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
STORE = Store(
    store_id=uuid7(), code="hanok", currency="EUR", default_language="ko", languages=["ko", "en"]
)
NOTHING = MenuFileRows([], [], [], [], [])

nasty = st.sampled_from([*list("=+-@'\",;#:\\/~%"), "김치", "é", "🍜", "a b", "1"])
texts = st.lists(st.one_of(nasty, st.characters(exclude_categories=["C", "Z"])), min_size=1)
name = texts.map(lambda parts: "".join(parts)[:60])
note = st.tuples(name, name).map("\n".join) | name


def localized(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({"ko": text}, optional={"en": text, "zh-Hans": text})


allergens = st.lists(st.sampled_from(["milk", "egg", "pine-nut", "soybean"]), unique=True)
tags = st.lists(st.sampled_from(["vegan", "gluten-free", "hot"]), unique=True)
availability = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["available", "sold_out", "hidden"]),
        "until": st.none(),
        "stock": st.none() | st.integers(0, 9),
    }
) | st.just({"status": "sold_out", "until": "2099-01-01T00:00:00Z", "stock": None})
options = st.fixed_dictionaries(
    {
        "name": localized(name),
        "price": st.integers(-1000, 1000),
        "max_quantity": st.integers(1, 9),
        "is_default": st.booleans(),
        "allergens_added": allergens,
        "allergens_removed": allergens,
        "availability": availability,
    }
)
groups = st.fixed_dictionaries(
    {
        "name": localized(name),
        "min_select": st.integers(0, 1),
        "max_select": st.integers(4, 9),
        "free_quota": st.integers(0, 2),
        "options": st.lists(options, min_size=1, max_size=4),
        "position": st.none() | st.integers(0, 2),
    }
)
items = st.fixed_dictionaries(
    {
        "name": localized(name),
        "price": st.integers(0, 10**9),
        "allergens": allergens,
        "tags": tags,
        "tax_class": st.sampled_from(["standard", "reduced"]),
        "availability": availability,
    },
    optional={
        "external_ref": st.sampled_from(["A", "B", "=C", "D"]),
        "description": localized(note),
        "origin": localized(note),
        "position": st.integers(0, 3),
    },
)
categories = st.fixed_dictionaries(
    {"name": localized(name), "items": st.lists(items, max_size=4)},
    optional={"description": localized(note), "position": st.integers(0, 2)},
)


@st.composite
def menus(draw: st.DrawFn) -> dict[str, Any]:
    """A menu whose items offer some of its groups, some with bounds and prices of their own."""
    menu: dict[str, Any] = {
        "option_groups": draw(st.lists(groups, max_size=3)),
        "categories": draw(st.lists(categories, max_size=3)),
    }
    for place, group in enumerate(menu["option_groups"]):
        group["key"] = f"g{place}"
        for at, option in enumerate(group["options"]):
            option["key"] = f"o{at}"
    for category in menu["categories"]:
        for item in category["items"]:
            offered = draw(st.lists(st.sampled_from(menu["option_groups"] or [None]), unique_by=id))
            item["option_groups"] = [
                {
                    "key": group["key"],
                    "min_select": draw(st.sampled_from([None, 0, 1])),
                    "max_select": draw(st.sampled_from([None, 3])),
                    "prices": draw(
                        st.none()
                        | st.dictionaries(
                            st.sampled_from([one["key"] for one in group["options"]]),
                            st.integers(-500, 500),
                            min_size=1,
                        )
                    ),
                }
                for group in offered
                if group is not None
            ]
    return menu


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
    rows = MenuFileRows(
        ordered["category"], ordered["item"], ordered["option_group"], ordered["option"], links
    )
    return stored_menu(rows, "ko", NOW)


def read(content: bytes, media_type: str) -> ReadMenu:
    return read_file(content, media_type, "EUR", "ko", [])


def as_json(file: MenuFile) -> bytes:
    return orjson.dumps(file.model_dump(mode="json"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(menus())
def test_a_menu_comes_out_as_it_went_in(menu: dict[str, Any]) -> None:
    empty = stored_menu(NOTHING, "ko", NOW)
    first = stored_from(planned(empty, read(orjson.dumps(menu), "application/json")))
    file = menu_file(STORE, first, NOW)
    for content, media_type in ((as_json(file), "application/json"), (csv_bytes(file), "text/csv")):
        again = planned(empty, read(content, media_type))
        assert as_json(menu_file(STORE, stored_from(again), NOW)) == as_json(file)
        assert not planned(first, read(content, media_type)).changes_anything

"""Sending menu files, and stores that have something to export."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.support.menu_building import add_category, add_group, add_item, if_match, ok
from tests.support.pictures import picture, upload
from tests.support.shops import Json, Shop

DATA = Path(__file__).resolve().parents[1] / "data"
CSV = "text/csv"
LUNCHES = [{"weekday": day, "start": "11:00", "end": "14:30"} for day in (1, 2, 3, 5)]
NIGHTS = [{"weekday": 6, "start": "18:00", "end": "02:00"}]
HOLIDAYS: list[Json] = [
    {"date": "2099-12-25", "windows": []},
    {
        "date": "2098-01-01",
        "windows": [{"start": "12:00", "end": "00:00"}, {"start": "01:00", "end": "02:00"}],
    },
]
STEPS = [
    {"starts_at": "2098-01-01T00:00:00+09:00", "price": 9500},
    {"starts_at": "2099-01-01T00:00:00+09:00", "price": 0},
]
HAPPY_HOURS = [
    {"price": 8000, "windows": LUNCHES, "exceptions": []},
    {"price": 7000, "windows": NIGHTS + LUNCHES, "exceptions": HOLIDAYS},
]


def send(
    shop: Shop, content: bytes | str, media_type: str = CSV, query: str = "", **headers: str
) -> httpx.Response:
    """Import a file; `query` such as `dry_run=true`."""
    raw = content.encode() if isinstance(content, str) else content
    path = f"/menu/import?{query}" if query else "/menu/import"
    sent = {"Content-Type": media_type, **headers}
    return shop.manager.post(path, content=raw, headers=sent, timeout=60)


def exported(shop: Shop, format_: str = "json") -> bytes:
    answer = shop.manager.get("/menu/export", params={"format": format_})
    assert answer.status_code == 200, answer.text
    return answer.content


def counts(answer: Json) -> dict[str, tuple[int, int, int, int]]:
    """Created, updated, unchanged and archived, by kind."""
    names = ("created", "updated", "unchanged", "archived")
    return {
        kind: (found[names[0]], found[names[1]], found[names[2]], found[names[3]])
        for kind, found in answer["counts"].items()
    }


def fill(shop: Shop) -> dict[str, Any]:
    """A menu with something in every field that a file has."""
    group = add_group(shop, min_select=1, free_quota=1)
    same_name = add_group(shop)
    mild, hot = group["options"]
    shop.staff.put(f"/menu/options/{mild['id']}/availability", json={"status": "hidden"})
    stews = add_category(shop, description={"ko": "뜨거운 것", "en": "Hot"})
    empty = add_category(
        shop, name={"ko": "찌개"}, dayparts=NIGHTS, daypart_exceptions=HOLIDAYS[:1]
    )
    stew = add_item(
        shop,
        stews,
        description={"ko": "묵은지로\n끓인", "en": 'Aged, "sour"'},
        tax_class="reduced",
        allergens=["soybean", "milk"],
        tags=["spicy"],
        origin={"ko": "국내산"},
        external_ref="POS-1",
        availability={"status": "sold_out", "until": "2099-01-01T00:00:00Z", "stock": 3},
        option_groups=[
            {"id": same_name["id"], "min_select": 0, "max_select": 2},
            {"id": group["id"], "prices": {hot["id"]: 700}},
        ],
        dayparts=LUNCHES + NIGHTS,
        daypart_exceptions=HOLIDAYS,
    )
    put(shop, stew, "price-schedule", STEPS)
    put(shop, stew, "happy-hours", HAPPY_HOURS)
    ok(upload(shop, stew, picture(size=(400, 300), left="green")))
    formula = add_item(shop, stews, name={"ko": "=1+1", "en": "'@x"}, price=0, position=7)
    drink = {"name": {"ko": "음료", "en": "Drink"}, "min": 0, "max": 3}
    main = {"name": {"ko": "음료"}, "choices": [{"item_id": stew["id"]}]}
    more = {"choices": [{"item_id": stew["id"], "upcharge": 500}]}
    put(shop, formula, "set", {"set_slots": [drink | more, main]})
    return {"group": group, "stew": stew, "formula": formula, "empty": empty, "stews": stews}


def put(shop: Shop, item: Json, what: str, wanted: object) -> Json:
    """Set what has an address of its own under the item, such as its happy hours."""
    path = f"/menu/items/{item['id']}"
    version = ok(shop.manager.get(path))["version"]
    return ok(shop.manager.put(f"{path}/{what}", json=wanted, headers=if_match(version)))


def must(answer: httpx.Response) -> Json:
    return ok(answer)


def errors_of(shop: Shop, content: bytes | str, media_type: str = CSV) -> list[Json]:
    """The errors of a file that must be refused and change nothing."""
    before, menu = shop.counters(), exported(shop)
    refused = send(shop, content, media_type)
    assert (refused.status_code, refused.json()["code"]) == (422, "menu-file-invalid"), refused.text
    assert (shop.counters(), exported(shop)) == (before, menu)
    errors: list[Json] = refused.json()["errors"]
    assert refused.json()["error_count"] == len(errors)
    return errors


def places(errors: list[Json]) -> list[tuple[int | None, int | None, str]]:
    return [(one.get("row"), one.get("column"), one["code"]) for one in errors]


def large_menu(count: int) -> bytes:
    """A file with so many items, each with every field but a picture; each tenth is a set."""

    def texts(text: str) -> dict[str, str]:
        return {language: f"{text} {language}" for language in ("ko", "en", "ja", "zh-Hans")}

    def slot(place: int) -> Json:
        keys = [f"i{place - back}" for back in range(1, 9)]
        choices = [{"key": key, "upcharge": 500} for key in keys]
        return {"name": texts("부분"), "choices": choices}

    def item(place: int) -> Json:
        uses = [{"key": f"g{(place + more) % 50}", "prices": {"o1": place}} for more in range(3)]
        return {
            "key": f"i{place}",
            "external_ref": f"POS-{place}",
            "name": texts(f"메뉴 {place}"),
            "description": texts("묵은지로 끓인 찌개"),
            "origin": texts("국내산"),
            "price": 9000 + place,
            "price_schedule": STEPS,
            "happy_hours": HAPPY_HOURS,
            "allergens": ["soybean", "milk"],
            "tags": ["spicy"],
            "dayparts": LUNCHES + NIGHTS,
            "daypart_exceptions": HOLIDAYS,
            "availability": {"status": "available", "stock": 100},
            "option_groups": uses,
            "set_slots": [slot(place), slot(place)] if place % 10 == 9 else [],
        }

    options = [{"key": f"o{at}", "name": texts(f"옵션 {at}"), "price": at} for at in range(8)]
    groups = [
        {"key": f"g{at}", "name": texts(f"그룹 {at}"), "options": options} for at in range(50)
    ]
    categories = [
        {
            "key": f"c{start}",
            "name": texts(f"분류 {start}"),
            "items": [item(place) for place in range(start, min(start + 50, count))],
        }
        for start in range(0, count, 50)
    ]
    return json.dumps({"option_groups": groups, "categories": categories}).encode()

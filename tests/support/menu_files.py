"""Sending menu files, and stores that have something to export."""

from pathlib import Path
from typing import Any

import httpx

from tests.support.menu_building import add_category, add_group, add_item, ok
from tests.support.shops import Json, Shop

DATA = Path(__file__).resolve().parents[1] / "data"
CSV = "text/csv"


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
    empty = add_category(shop, name={"ko": "찌개"})
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
    )
    formula = add_item(shop, stews, name={"ko": "=1+1", "en": "'@x"}, price=0, position=7)
    return {"group": group, "stew": stew, "formula": formula, "empty": empty, "stews": stews}


def must(answer: httpx.Response) -> Json:
    return ok(answer)

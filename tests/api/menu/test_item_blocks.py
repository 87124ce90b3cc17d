"""Staff are told why guests can't order an item, wherever the cause is."""

import pytest

from app.core.ids import uuid7
from tests.support.menu_building import add_category, add_group, add_item, availability, ok
from tests.support.sets import Diner
from tests.support.shops import Json, Shop

NEVER = [{"weekday": 1, "start": "03:00", "end": "03:01"}]


def blocked(shop: Shop, item: str) -> list[tuple[str, str | None]]:
    """As the list says, and the item itself, and the search."""
    one = ok(shop.staff.get(f"/menu/items/{item}"))
    archived = one["archived_at"] is not None
    listed = ok(shop.staff.get("/menu/items", params={"archived": archived}))["data"]
    if not archived:
        listed += ok(shop.staff.get("/menu/items", params={"q": one["name"]["ko"]}))["data"]
    for same in listed:
        if same["id"] == item:
            assert same == one
    assert one["orderable"] is (one["blocked_by"] == [])
    return [(why["reason"], why["id"]) for why in one["blocked_by"]]


def guests_see(shop: Shop, item: str) -> str | None:
    menu = ok(shop.tablet(uuid7()).get("/menu"))
    seen = [one for part in menu["categories"] for one in part["items"] if one["id"] == item]
    return seen[0]["availability"]["status"] if seen else None


@pytest.mark.parametrize("status", ["sold_out", "hidden"])
def test_its_own_availability(shop: Shop, status: str) -> None:
    item = add_item(shop, add_category(shop))
    assert blocked(shop, item["id"]) == []
    availability(shop, item, {"status": status})
    assert blocked(shop, item["id"]) == [(status, None)]


def test_stock_that_has_run_out(shop: Shop) -> None:
    item = add_item(shop, add_category(shop), availability={"status": "available", "stock": 0})
    assert blocked(shop, item["id"]) == [("sold_out", None)]


def test_a_required_group_of_which_nothing_is_left(shop: Shop) -> None:
    required, free = add_group(shop, min_select=1), add_group(shop)
    uses = [{"id": required["id"]}, {"id": free["id"]}]
    item = add_item(shop, add_category(shop), option_groups=uses)
    options = [one["id"] for group in (required, free) for one in group["options"]]
    ok(shop.staff.put("/menu/availability", json={"status": "sold_out", "options": options}))

    assert item["availability"]["status"] == "available"
    assert guests_see(shop, item["id"]) == "sold_out"
    assert blocked(shop, item["id"]) == [("option_group", required["id"])]


def test_a_part_of_a_set_whose_last_dish_was_archived(shop: Shop) -> None:
    diner = Diner(shop)
    item = diner.item["id"]
    assert blocked(shop, item) == []
    for dish in ("stew", "galbitang", "rice", "cola"):
        assert shop.manager.delete(f"/menu/items/{diner.dishes[dish]}").status_code == 204

    assert guests_see(shop, item) == "sold_out"
    assert blocked(shop, item) == [("set_slot", diner.main)]
    assert blocked(shop, diner.dishes["stew"]) == [("not_on_menu", None)]


def test_another_time_of_day_and_all_that_is_in_the_way(shop: Shop) -> None:
    category: Json = add_category(shop, dayparts=NEVER)
    item = add_item(shop, category, availability={"status": "sold_out"})
    assert blocked(shop, item["id"]) == [("sold_out", None), ("not_now", None)]

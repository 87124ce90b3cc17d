"""What files say of times, planned prices, sets and pictures: checked, compared, carried over."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from app.core.ids import uuid7
from tests.support.menu_building import add_category, add_item, ok
from tests.support.menu_files import (
    CSV,
    HAPPY_HOURS,
    LUNCHES,
    STEPS,
    counts,
    errors_of,
    exported,
    fill,
    large_menu,
    must,
    places,
    put,
    send,
)
from tests.support.pictures import picture, upload
from tests.support.shops import Json, Shop

JSON = "application/json"
NOWHERE = {"sha256": "ab" * 32, "width": 64, "height": 48}


def a_menu(*items: Json) -> Json:
    return {"categories": [{"key": "A", "items": [{"price": 1000, **item} for item in items]}]}


def dish(key: str, **fields: Any) -> Json:
    return {"key": key, "name": {"ko": key}, **fields}


def slot(*keys: str, **fields: Any) -> Json:
    return {"name": {"ko": "밥"}, "choices": [{"key": key} for key in keys], **fields}


def audited(shop: Shop) -> list[Json]:
    """What the one import that changed something says of prices."""
    query = (
        "SELECT details->'prices' FROM audit_entries"
        " WHERE store_id = %(store)s AND action = 'menu-imported'"
    )
    [(prices,)] = shop.rows(query)
    return list(prices)


MONDAY = {"weekday": 1, "start": "11:00", "end": "14:00"}
CLOSED = {"date": "2026-12-25", "windows": []}
STEP = {"starts_at": "2098-01-01T00:00:00Z", "price": 1}
RICE = dish("밥")
WRONG: list[tuple[Json, str, str]] = [
    (dish("B", dayparts=[MONDAY | {"end": "11:00"}]), "/dayparts/0", "value-error"),
    (dish("B", dayparts=[MONDAY | {"weekday": 8}]), "/dayparts/0/weekday", "less-than-equal"),
    (dish("B", dayparts=[MONDAY | {"start": "9"}]), "/dayparts/0/start", "string-pattern-mismatch"),
    (dish("B", dayparts=None), "/dayparts", "list-type"),
    (dish("B", daypart_exceptions=[CLOSED] * 2), "/daypart_exceptions", "value-error"),
    (
        dish("B", daypart_exceptions=[CLOSED | {"date": "2026-2-30"}]),
        "/daypart_exceptions/0/date",
        "value-error",
    ),
    (dish("B", price_schedule=[STEP, STEP]), "/price_schedule", "value-error"),
    (
        dish("B", price_schedule=[STEP | {"price": -1}]),
        "/price_schedule/0/price",
        "greater-than-equal",
    ),
    (dish("B", happy_hours=[{"price": 1, "windows": []}]), "/happy_hours/0/windows", "too-short"),
    (dish("B", allergens=["dust"]), "/allergens/0", "value-error"),
    (dish("B", image={"sha256": "x", "width": 1}), "/image/sha256", "string-pattern-mismatch"),
    (dish("B", set_slots=[slot("밥", min=2)]), "/set_slots/0", "value-error"),
    (dish("B", set_slots=[slot("국")]), "/set_slots/0/choices/0/key", "unknown"),
    (dish("B", set_slots=[slot("B")]), "/set_slots/0/choices/0/key", "nested"),
    (dish("B", set_slots=[slot("밥", "밥")]), "/set_slots/0/choices/1/key", "repeated"),
    (dish("B", set_slots=[slot("밥", min=0)]), "/set_slots", "contradiction"),
    (
        dish("B", set_slots=[slot("밥", name={"en": "Rice"})]),
        "/set_slots/0/name",
        "language-missing",
    ),
]


@pytest.mark.parametrize(("item", "pointer", "code"), WRONG, ids=lambda one: str(one)[-40:])
def test_what_editing_refuses_a_file_can_not_say(
    shop: Shop, item: Json, pointer: str, code: str
) -> None:
    errors = errors_of(shop, json.dumps(a_menu(item, RICE)), JSON)
    found = {(error["pointer"], error["code"]) for error in errors}
    assert (f"/categories/0/items/0{pointer}", code) in found


def test_no_set_is_in_another_one_that_the_file_leaves_alone(shop: Shop) -> None:
    category = add_category(shop)
    rice, whole = (add_item(shop, category, name={"ko": name}) for name in ("밥", "세트"))
    put(
        shop,
        whole,
        "set",
        {"set_slots": [{"name": {"ko": "밥"}, "choices": [{"item_id": rice["id"]}]}]},
    )
    file = a_menu(dish("밥", set_slots=[slot("국")]), dish("국"))
    file["categories"][0]["key"] = "찌개"
    [error] = errors_of(shop, json.dumps(file), JSON)
    assert (error["pointer"], error["code"]) == ("/categories/0/items/0/set_slots", "nested")


HEADER = "kind,category,item,key,name,price,dayparts,daypart_exceptions,price_schedule,happy_hours"
CELLS: list[tuple[str, int, str]] = [
    ("mon 11:00,,,", 7, "unreadable"),
    ("someday 11:00-12:00,,,", 7, "unreadable"),
    ("fri-mon 11:00-12:00,,,", 7, "unreadable"),
    ("mon 25:00-26:00,,,", 7, "unreadable"),
    ("mon 24:00-02:00,,,", 7, "unreadable"),
    ("mon-fri 11:00-11:00,,,", 7, "value-error"),
    ("mon 11:00-11:00,,,", 7, "value-error"),
    (",2026-12-25 maybe,,", 8, "unreadable"),
    (",2026-12-32 closed,,", 8, "value-error"),
    (",,soon 500,", 9, "value-error"),
    (",,2098-01-01T00:00:00Z,", 9, "unreadable"),
    (",,,500", 10, "unreadable"),
    (",,,many mon 11:00-12:00", 10, "unreadable"),
]


@pytest.mark.parametrize(("cells", "column", "code"), CELLS)
def test_every_wrong_cell_of_a_plan_is_named(
    shop: Shop, cells: str, column: int, code: str
) -> None:
    errors = errors_of(shop, f"{HEADER}\nitem,A,,,B,1,{cells}\n")
    assert places(errors) == [(2, column, code)]


def test_cells_are_read_as_people_write_them(shop: Shop) -> None:
    cells = [
        "월-금 9:00–14:00, sat 18:00-24:00; 7 10:00 ~ 12:00",
        "2098-12-25 휴무; 2098-12-31 11:00-15:00, 18:00-00:00",
        "2098-01-01T00:00:00+09:00 ₩9500",
        "₩1000 mon-tue 15:00-17:00; 2000원 wed 15:00-17:00",
    ]
    quoted = ",".join(f'"{cell}"' for cell in cells)
    must(send(shop, f"{HEADER}\nitem,A,,,B,1,{quoted}\n"))
    [item] = json.loads(exported(shop))["categories"][0]["items"]
    days = [(part["weekday"], part["start"], part["end"]) for part in item["dayparts"]]
    assert days == [
        *((day, "09:00", "14:00") for day in range(1, 6)),
        (6, "18:00", "00:00"),
        (7, "10:00", "12:00"),
    ]
    assert [len(one["windows"]) for one in item["daypart_exceptions"]] == [0, 2]
    assert item["price_schedule"] == [{"starts_at": "2097-12-31T15:00:00.000000Z", "price": 9500}]
    assert [(one["price"], len(one["windows"])) for one in item["happy_hours"]] == [
        (1000, 2),
        (2000, 1),
    ]
    table = exported(shop, "csv").decode("utf-8-sig")
    assert '"mon-fri 09:00-14:00, sat 18:00-00:00, sun 10:00-12:00"' in table
    assert '"2098-12-25 closed; 2098-12-31 11:00-15:00, 18:00-00:00"' in table


WRONG_SETS = [
    ("choice,,,밥,,1", [(3, 3, "unknown")]),
    ("slot,,없음,,부분,\nchoice,,,B,,1", [(3, 3, "unknown"), (4, 3, "unknown")]),
    ("slot,,,,부분,\nchoice,,,없음,,1", [(4, 4, "unknown")]),
    ("slot,,,,부분,\nchoice,,,B,,1", [(4, 4, "nested")]),
    ("slot,,,,,\nchoice,,,B,,1", [(3, 5, "missing")]),
]


@pytest.mark.parametrize(("rows", "wrong"), WRONG_SETS)
def test_every_wrong_row_of_a_set_is_named(
    shop: Shop, rows: str, wrong: list[tuple[int, int, str]]
) -> None:
    errors = errors_of(shop, f"kind,category,item,key,name,price\nitem,A,,B,B,1\n{rows}\n")
    assert places(errors) == wrong


CHANGES: list[tuple[str, Callable[[Json], Any]]] = [
    ("dayparts", lambda item: item["dayparts"].pop()),
    ("daypart_exceptions", lambda item: item["daypart_exceptions"].clear()),
    ("price_schedule", lambda item: item["price_schedule"].pop()),
    ("happy_hours", lambda item: item["happy_hours"].reverse()),
    ("image", lambda item: item.update(image=None)),
]


@pytest.mark.parametrize(("field", "change"), CHANGES, ids=[name for name, _ in CHANGES])
def test_a_dry_run_shows_each_field_that_would_change(
    shop: Shop, field: str, change: Callable[[Json], Any]
) -> None:
    fill(shop)
    before, file = shop.counters(), json.loads(exported(shop))
    changed = copy.deepcopy(file)
    change(changed["categories"][0]["items"][0])
    content = json.dumps(changed)
    would = must(send(shop, content, JSON, "dry_run=true"))
    assert (shop.counters(), json.loads(exported(shop))) == (before, file)
    [[one]] = [entry["fields"] for entry in would["changes"]]
    assert one["field"] == field
    assert one["before"] != one["after"]
    assert must(send(shop, content, JSON)) == {**would, "dry_run": False}
    assert json.loads(exported(shop)) == changed


def test_a_set_keeps_its_slots_and_tells_what_changes(shop: Shop) -> None:
    """Orders refer to slots by their ids: a new name beside an old key is the same slot."""
    made = fill(shop)
    path = f"/menu/items/{made['formula']['id']}"
    drink, main = ok(shop.manager.get(path))["set_slots"]
    file: Json = json.loads(exported(shop))
    slots = file["categories"][0]["items"][1]["set_slots"]
    slots[0]["name"]["ko"] = "마실 것"
    slots[0]["choices"][0]["upcharge"] = 700
    slots.reverse()
    slots.append({"name": {"ko": "후식"}, "choices": [{"key": "POS-1"}]})
    done = must(send(shop, json.dumps(file), JSON))
    [[field]] = [entry["fields"] for entry in done["changes"]]
    assert field["field"] == "set_slots"
    now = ok(shop.manager.get(path))["set_slots"]
    assert [one["id"] for one in now][:2] == [main["id"], drink["id"]]
    assert [one["name"]["ko"] for one in now] == ["음료", "마실 것", "후식"]
    assert now[1]["choices"][0]["upcharge"] == 700
    [prices] = audited(shop)
    assert prices["kind"] == "set-upcharges"
    assert set(prices["before"].values()) == {0, 500}


def test_a_set_that_is_a_dish_again_keeps_its_slots_for_history(shop: Shop) -> None:
    made = fill(shop)
    file: Json = json.loads(exported(shop))
    file["categories"][0]["items"][1]["set_slots"] = []
    must(send(shop, json.dumps(file), JSON))
    assert ok(shop.manager.get(f"/menu/items/{made['formula']['id']}"))["set_slots"] == []
    query = "SELECT count(*) FROM set_slots WHERE store_id = %(store)s AND archived_at IS NOT NULL"
    assert shop.rows(query) == [(2,)]


def test_texts_of_slots_in_other_languages_stay(shop: Shop) -> None:
    fill(shop)
    file = json.loads(exported(shop))
    table = (
        "kind,category,item,key,name,price,min_select,max_select\n"
        "category,,,찌개,찌개,,,\nitem,찌개,,=1+1,=1+1,0,,\n"
        "slot,,,음료,음료,,0,3\nchoice,,,POS-1,,500,,\nslot,,,음료#2,음료,,1,1\nchoice,,,POS-1,,0,,\n"
    )
    done = must(send(shop, table))
    assert done["changes"] == []
    assert json.loads(exported(shop)) == file


def test_plans_of_prices_are_in_the_audit_log(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    file: Json = json.loads(exported(shop))
    file["categories"][0]["items"][0] |= {"price_schedule": STEPS, "happy_hours": HAPPY_HOURS}
    must(send(shop, json.dumps(file), JSON))
    prices = audited(shop)
    assert [(one["kind"], one["id"], one["before"]) for one in prices] == [
        ("item-price-schedule", item["id"], []),
        ("item-happy-hours", item["id"], []),
    ]


def test_a_planned_price_that_has_begun_is_the_price(shop: Shop) -> None:
    begun = [STEPS[1], {"starts_at": "2026-01-01T00:00:00Z", "price": 1200}]
    content = json.dumps(a_menu(dish("B", price_schedule=begun)))
    done = must(send(shop, content, JSON))
    [warning] = done["warnings"]
    assert (warning["code"], warning["pointer"]) == (
        "price-begun",
        "/categories/0/items/0/price_schedule",
    )
    [item] = json.loads(exported(shop))["categories"][0]["items"]
    assert (item["price"], len(item["price_schedule"])) == (1200, 1)
    assert must(send(shop, content, JSON))["changes"] == []
    # The same in the store: what has begun there is the price that its files say.
    shop.rows(
        "UPDATE items SET price = 5, price_schedule = jsonb_build_array(jsonb_build_object("
        "'starts_at', '2026-01-01T00:00:00.000000Z', 'price', 1200)) || price_schedule"
        " WHERE store_id = %(store)s RETURNING id"
    )
    assert json.loads(exported(shop))["categories"][0]["items"][0] == item
    assert must(send(shop, exported(shop), JSON))["changes"] == []


def test_times_hold_as_soon_as_the_file_is_in(shop: Shop) -> None:
    fill_with = a_menu(dish("점심", dayparts=LUNCHES, happy_hours=HAPPY_HOURS[:1]))
    must(send(shop, json.dumps(fill_with), JSON))
    for at, price in (("2098-11-24T12:00:00+09:00", 8000), ("2098-11-24T15:00:00+09:00", None)):
        menu = ok(shop.staff.get("/menu", params={"at": at}))
        prices = [item["price"] for one in menu["categories"] for item in one["items"]]
        assert prices == ([] if price is None else [price])


def test_a_picture_that_is_not_here_is_a_warning(shop: Shop) -> None:
    image = NOWHERE | {"thumbnail": NOWHERE | {"sha256": "cd" * 32}}
    done = must(send(shop, json.dumps(a_menu(dish("B"), dish("C", image=image))), JSON))
    [warning] = done["warnings"]
    assert (warning["code"], warning["row"]) == ("image-missing", None)
    assert warning["pointer"] == "/categories/0/items/1/image"
    assert counts(done)["items"] == (2, 0, 0, 0)
    assert [one["image"] for one in json.loads(exported(shop))["categories"][0]["items"]] == [
        None,
        None,
    ]


def test_a_picture_that_is_not_here_takes_none_away(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    ok(upload(shop, item, picture()))
    before, file = shop.counters(), json.loads(exported(shop))
    shown = file["categories"][0]["items"][0]["image"]
    file["categories"][0]["items"][0]["image"] = shown | {"sha256": "ef" * 32}
    done = must(send(shop, json.dumps(file), JSON))
    assert [one["code"] for one in done["warnings"]] == ["image-missing"]
    assert (done["changes"], shop.counters()) == ([], before)


@pytest.mark.parametrize("other", [False, True])
def test_a_picture_has_the_size_that_the_file_says(
    shop: Shop, other_shop: Shop, other: bool
) -> None:
    item = add_item(shop, add_category(shop))
    ok(upload(shop, item, picture()))
    file = json.loads(exported(shop))
    file["categories"][0]["items"][0]["image"]["thumbnail"]["height"] = 7
    [error] = errors_of(other_shop if other else shop, json.dumps(file), JSON)
    assert (error["pointer"], error["code"]) == ("/categories/0/items/0/image", "contradiction")


def test_another_store_shows_the_same_picture(shop: Shop, other_shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    image = ok(upload(shop, item, picture()))["image"]
    must(send(other_shop, exported(shop), JSON))
    menu = ok(other_shop.tablet(uuid7()).get("/menu"))
    assert menu["categories"][0]["items"][0]["image"] == image


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_json_is_read_in_the_encodings_that_tables_are(shop: Shop, encoding: str) -> None:
    content = json.dumps(a_menu(dish("김치찌개")), ensure_ascii=False).encode(encoding)
    must(send(shop, content, JSON))
    [item] = json.loads(exported(shop))["categories"][0]["items"]
    assert item["name"] == {"ko": "김치찌개"}


@pytest.mark.parametrize("media_type", [JSON, CSV])
def test_what_is_in_no_known_encoding_is_refused(shop: Shop, media_type: str) -> None:
    before = shop.counters()
    refused = send(shop, b'{"\x81\x20": 1}\xff', media_type)
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed-body")
    assert shop.counters() == before


def test_two_thousand_items_with_everything_go_through(shop: Shop, other_shop: Shop) -> None:
    done = must(send(shop, large_menu(2000), JSON))
    assert counts(done) == {
        "categories": (40, 0, 0, 0),
        "items": (2000, 0, 0, 0),
        "option_groups": (50, 0, 0, 0),
        "options": (400, 0, 0, 0),
    }
    file, before = exported(shop), shop.counters()
    must(send(other_shop, file, JSON))
    assert exported(other_shop) == file
    again = must(send(shop, exported(shop, "csv")))
    assert (again["changes"], shop.counters()) == ([], before)

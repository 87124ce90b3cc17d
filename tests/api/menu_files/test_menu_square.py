"""Importing the item library of Square, as it exports it and as its template has it."""

import json

from tests.support.menu_building import add_group, menu_items
from tests.support.menu_files import DATA, counts, errors_of, exported, must, places, send
from tests.support.shops import Json, Shop


def in_dollars(shop: Shop) -> None:
    """Square's sample is of a café; a store's currency is no setting that it may change."""
    shop.set(currency="USD", default_language="en", languages=["en", "ko"])


def test_the_item_library_of_square_is_read(shop: Shop) -> None:
    in_dollars(shop)
    milk = add_group(shop, name={"en": "Milk"}, options=[{"name": {"en": "Oat"}, "price": 50}])
    file = (DATA / "square-items.csv").read_bytes()
    done = must(send(shop, file))
    assert (done["format"], counts(done)["items"]) == ("square", (3, 0, 0, 0))
    assert [(one["row"], one["code"]) for one in done["warnings"]] == [(4, "modifier-set-unknown")]
    latte, espresso, cake = (
        item for category in json.loads(exported(shop))["categories"] for item in category["items"]
    )
    assert (latte["external_ref"], latte["price"]) == ("TKN-LATTE", 350)
    assert latte["description"] == {"en": 'Espresso, with "steamed" milk'}
    assert (espresso["price"], espresso["option_groups"]) == (220, [])
    assert (cake["external_ref"], cake["price"]) == ("CAKE-1", 400)
    assert cake["description"] == {"en": "=not a formula"}
    [shown] = [item for item in menu_items(shop) if item["name"] == "Latte"]
    size, added = shown["option_groups"]
    assert (size["name"], size["min_select"], size["max_select"]) == ("Size", 1, 1)
    assert [(one["name"], one["price"]) for one in size["options"]] == [
        ("Small", 0),
        ("Large", 100_100),
    ]
    assert added["id"] == milk["id"]
    again = must(send(shop, file))
    assert (again["changes"], counts(again)["items"]) == ([], (0, 0, 3, 0))


def test_the_library_is_read_as_square_writes_it_today(shop: Shop) -> None:
    """Instructions above the header, a token for each variation, columns of places and taxes."""
    in_dollars(shop)
    milk = add_group(shop, name={"en": "Milk"}, options=[{"name": {"en": "Oat"}, "price": 50}])
    file = (DATA / "square-library.csv").read_bytes()
    done = must(send(shop, file))
    assert (done["format"], counts(done)["items"]) == ("square", (3, 0, 0, 0))
    assert [(one["row"], one["code"]) for one in done["warnings"]] == [(6, "modifier-set-unknown")]
    menu: Json = json.loads(exported(shop))
    assert [one["name"] for one in menu["categories"]] == [{"en": "Coffee"}, {"en": "Beer"}]
    latte, espresso, lager = (one for category in menu["categories"] for one in category["items"])
    assert (latte["name"], latte["price"]) == ({"en": "Caffè latte"}, 350)
    assert latte["description"] == {"en": 'Espresso, with "steamed" milk\nof the day'}
    assert (espresso["price"], espresso["availability"]["stock"]) == (220, None)
    assert (lager["name"], lager["price"]) == ({"en": "Lager, on tap"}, 600)
    [shown] = [item for item in menu_items(shop) if item["name"] == "Caffè latte"]
    size, added = shown["option_groups"]
    assert size["name"] == "Cup"
    assert [(one["name"], one["price"]) for one in size["options"]] == [
        ("Small", 0),
        ("Large", 100_100),
    ]
    assert added["id"] == milk["id"]
    again = must(send(shop, file))
    assert (again["changes"], counts(again)["items"]) == ([], (0, 0, 3, 0))


def test_an_item_of_square_stays_itself_when_its_first_variation_goes(shop: Shop) -> None:
    in_dollars(shop)
    header = "Token,Item Name,Variation Name,Price\n"
    must(send(shop, header + "S,Tea,Small,1\nL,Tea,Large,2\n"))
    done = must(send(shop, header + "M,Tea,Medium,1.5\nS,Tea,Small,1\n"))
    assert counts(done)["items"] == (0, 0, 1, 0)
    [tea] = json.loads(exported(shop))["categories"][0]["items"]
    assert tea["external_ref"] == "S"


HEADER = "Token,Item Name,Variation Name,Price,Option Name 1,Contains Alcohol\n"


def sizes(shop: Shop) -> list[tuple[str, str, int]]:
    """Group, option and price of all that guests are offered."""
    groups = [group for item in menu_items(shop) for group in item["option_groups"]]
    return [
        (group["name"], one["name"], one["price"]) for group in groups for one in group["options"]
    ]


def kinds_of(done: Json) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["change"], one["name"]) for one in done["changes"]]


def test_a_variation_that_is_renamed_stays_the_same_option(shop: Shop) -> None:
    in_dollars(shop)
    must(send(shop, HEADER + "A,Soju,360ml,14,Size,\nB,Soju,1L,34,Size,\n"))
    before = json.loads(exported(shop))["option_groups"][0]
    assert [one["external_ref"] for one in before["options"]] == ["A", "B"]
    ids = shop.rows("SELECT id FROM options WHERE store_id = %(store)s ORDER BY id")
    renamed = HEADER + "B,Soju,1 l,34,Bottle,\nA,Soju,375ml,14,Bottle,\n"
    would = must(send(shop, renamed, query="dry_run=true"))
    assert ("option", "updated", "375ml") in kinds_of(would)
    assert "archived" not in {change for _, change, _ in kinds_of(would)}
    done = must(send(shop, renamed))
    assert done == {**would, "dry_run": False}
    assert sizes(shop) == [("Bottle", "1 l", 2000), ("Bottle", "375ml", 0)]
    assert shop.rows("SELECT id FROM options WHERE store_id = %(store)s ORDER BY id") == ids
    assert must(send(shop, renamed))["changes"] == []


def test_a_variation_that_is_gone_can_not_be_ordered(shop: Shop) -> None:
    in_dollars(shop)
    must(send(shop, HEADER + "A,Soju,360ml,14,,\nB,Soju,1L,34,,\nC,Soju,2L,60,,\n"))
    done = must(send(shop, HEADER + "A,Soju,360ml,14,,\nD,Soju,2L,60,,\n"))
    assert ("option", "archived", "1L") in kinds_of(done)
    assert counts(done)["options"] == (1, 0, 1, 2)
    assert sizes(shop) == [("Size", "360ml", 0), ("Size", "2L", 4600)]
    left = must(send(shop, HEADER + "A,Soju,360ml,14,,\n"))
    assert (counts(left)["option_groups"], counts(left)["options"]) == ((0, 0, 0, 1), (0, 0, 0, 2))
    assert (sizes(shop), json.loads(exported(shop))["option_groups"]) == ([], [])


def test_variations_without_tokens_are_the_whole_truth_by_their_names(shop: Shop) -> None:
    in_dollars(shop)
    table = "Item Name,Variation Name,Price\nSoju,360ml,14\nSoju,1L,34\n"
    must(send(shop, table))
    done = must(send(shop, table.replace("360ml", "375ml")))
    assert counts(done)["options"] == (1, 0, 1, 1)
    assert sizes(shop) == [("Size", "375ml", 0), ("Size", "1L", 2000)]


def test_options_that_were_there_before_get_their_tokens(shop: Shop) -> None:
    in_dollars(shop)
    table = HEADER + "A,Soju,360ml,14,,\nB,Soju,1L,34,,\n"
    must(send(shop, table))
    shop.rows("UPDATE options SET external_ref = NULL WHERE store_id = %(store)s RETURNING id")
    done = must(send(shop, table))
    assert counts(done)["options"] == (0, 2, 0, 0)
    [group] = json.loads(exported(shop))["option_groups"]
    assert [one["external_ref"] for one in group["options"]] == ["A", "B"]


def test_the_groups_of_the_house_are_left_alone(shop: Shop) -> None:
    in_dollars(shop)
    add_group(shop, name={"en": "Milk"}, options=[{"name": {"en": "Oat"}, "price": 50}])
    table = "Token,Item Name,Variation Name,Price,Modifier Set - Milk\nA,Tea,Regular,1,{}\n"
    must(send(shop, table.format("Y")))
    must(send(shop, table.format("N")))
    assert len(json.loads(exported(shop))["option_groups"]) == 1


def test_alcohol_becomes_a_tag_beside_those_of_the_house(shop: Shop) -> None:
    in_dollars(shop)
    must(send(shop, HEADER + "A,Soju,360ml,14,,N\nB,Soju,1L,34,,Y\nC,Tea,Regular,2,,N\n"))
    assert [item["tags"] for item in items_of(shop)] == [["alcohol"], []]
    file: Json = json.loads(exported(shop))
    for item in file["categories"][0]["items"]:
        item["tags"] = ["popular", "alcohol"]
    must(send(shop, json.dumps(file), "application/json"))
    done = must(send(shop, HEADER + "A,Soju,360ml,14,,Y\nB,Soju,1L,34,,Y\nC,Tea,Regular,2,,N\n"))
    assert done["changes"] == []


def items_of(shop: Shop) -> list[Json]:
    file: Json = json.loads(exported(shop))
    return [item for category in file["categories"] for item in category["items"]]


def test_sizes_stay_with_their_items(shop: Shop) -> None:
    in_dollars(shop)
    header = "Token,Item Name,Variation Name,Price\n"
    tea = "T,Tea,Small,1\nT,Tea,Large,2\n"
    mate = "M,Mate,Small,3\nM,Mate,Large,5\n"
    must(send(shop, header + tea))
    done = must(send(shop, header + mate + tea))
    assert counts(done)["option_groups"] == (1, 0, 1, 0)
    assert counts(done)["items"] == (1, 0, 1, 0)
    items = {
        one["name"]: one["option_groups"][0]["options"][1]["price"] for one in menu_items(shop)
    }
    assert items == {"Tea": 100, "Mate": 200}


def test_wrong_rows_of_square_are_named(shop: Shop) -> None:
    in_dollars(shop)
    errors = errors_of(shop, (DATA / "square-items-with-errors.csv").read_bytes())
    assert places(errors) == [
        (4, 3, "too-short"),
        (4, 12, "price-missing"),
        (5, 12, "unreadable"),
    ]

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

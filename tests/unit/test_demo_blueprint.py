"""The demo stores are complete, and a slip in one of their files is found before it is loaded."""

import json
from importlib import resources
from typing import Any

import pytest
from pydantic import ValidationError

from app.core.dietary import ALLERGENS, TAGS
from app.demo.blueprint import DEMO_STORES, Availability, StoreBlueprint, read_blueprint


@pytest.fixture(params=DEMO_STORES)
def blueprint(request: pytest.FixtureRequest) -> StoreBlueprint:
    return read_blueprint(request.param)


@pytest.fixture
def raw() -> Any:
    """The restaurant's file as plain JSON, to be spoilt by a test."""
    return json.loads((resources.files("app.demo") / "data" / "hanok.json").read_bytes())


def test_the_restaurant_is_as_large_as_a_real_one() -> None:
    hanok = read_blueprint("hanok")
    assert len(hanok.categories) == 8
    assert len(hanok.items) >= 60
    assert [table.number for table in hanok.tables] == list(range(1, 21))
    assert [area.name for area in hanok.areas] == ["홀", "창가", "룸"]
    assert (hanok.store.timezone, hanok.store.currency) == ("Asia/Seoul", "KRW")


def test_the_cafe_lives_in_another_time_zone_and_currency() -> None:
    harbor = read_blueprint("harbor")
    assert len(harbor.categories) == 5
    assert len(harbor.items) >= 25
    assert len(harbor.tables) == 8
    assert (harbor.store.timezone, harbor.store.currency) == ("Europe/Lisbon", "EUR")


def test_every_kind_of_choice_has_an_example(blueprint: StoreBlueprint) -> None:
    groups = blueprint.option_groups
    options = [option for group in groups for option in group.options]
    assert any(group.min_select == group.max_select == 1 for group in groups)
    assert any(group.min_select == 0 and group.max_select > 1 for group in groups)
    assert any(group.free_quota > 0 for group in groups)
    assert any(option.max_quantity > 1 for option in options)
    assert any(use.prices for item in blueprint.items for use in item.option_groups)
    assert any(use.max_select for item in blueprint.items for use in item.option_groups)


def test_there_is_a_set_with_upcharges(blueprint: StoreBlueprint) -> None:
    slots = [slot for item in blueprint.items for slot in item.set_slots]
    assert any(slot.min == slot.max == 1 for slot in slots)
    assert any(choice.upcharge for slot in slots for choice in slot.choices)


def test_what_food_contains_and_options_change_has_examples(blueprint: StoreBlueprint) -> None:
    options = [option for group in blueprint.option_groups for option in group.options]
    assert any(option.allergens_added for option in options)
    assert any(item.allergens for item in blueprint.items)


def test_every_kind_of_availability_has_an_example(blueprint: StoreBlueprint) -> None:
    states = [item.availability for item in blueprint.items]
    assert any(state.status == "sold_out" and state.until is None for state in states)
    assert any(state.status == "sold_out" and state.until is not None for state in states)
    assert any(state.stock for state in states)
    options = [option for group in blueprint.option_groups for option in group.options]
    assert any(option.availability.status == "sold_out" for option in options)


def test_guests_can_ask_for_things_and_for_somebody(blueprint: StoreBlueprint) -> None:
    types = {one.code: one for one in blueprint.service_request_types}
    assert {"water", "cutlery", "staff", "bill"} <= types.keys()
    assert len(types) == len(blueprint.service_request_types)
    assert types["water"].max_quantity > 1
    assert types["staff"].cooldown_seconds > 0


def test_some_things_have_their_time_of_day(blueprint: StoreBlueprint) -> None:
    assert any(item.dayparts for item in blueprint.items)
    for item in blueprint.items:
        assert all(happy.price < item.price for happy in item.happy_hours)
    assert any(item.happy_hours for item in blueprint.items)


def test_the_demo_stores_use_every_feature_of_the_menu() -> None:
    """Each of them at least once, in one store or the other."""
    stores = [read_blueprint(code) for code in DEMO_STORES]
    items = [item for store in stores for item in store.items]
    categories = [category for store in stores for category in store.categories]
    groups = [group for store in stores for group in store.option_groups]
    options = [option for group in groups for option in group.options]
    uses = [use for item in items for use in item.option_groups]
    slots = [slot for item in items for slot in item.set_slots]
    parts = [part for item in items for part in item.dayparts]
    parts += [part for category in categories for part in category.dayparts]
    happy = [one for item in items for one in item.happy_hours]
    states = [item.availability for item in items]
    states += [option.availability for option in options]
    found = {
        "shared groups": len({use.group for use in uses}) < len(uses),
        "free quota": any(group.free_quota for group in groups),
        "several of one option": any(option.max_quantity > 1 for option in options),
        "defaults": any(option.is_default for option in options),
        "discounts": any(option.price < 0 for option in options),
        "own prices": any(use.prices for use in uses),
        "own minimum": any(use.min_select is not None for use in uses),
        "own maximum": any(use.max_select is not None for use in uses),
        "dayparts of items": any(item.dayparts for item in items),
        "dayparts of categories": any(category.dayparts for category in categories),
        "windows over midnight": any(one.end <= one.start for one in parts),
        "several windows a day": any(
            len({part.weekday for part in item.dayparts}) < len(item.dayparts) for item in items
        ),
        "holidays": any(item.daypart_exceptions for item in items),
        "holidays of categories": any(category.daypart_exceptions for category in categories),
        "planned prices": any(item.price_changes for item in items),
        "happy hours": bool(happy),
        "holidays of happy hours": any(one.exceptions for one in happy),
        "sets": bool(slots),
        "optional parts of sets": any(slot.min == 0 for slot in slots),
        "several units of a part": any(slot.max > 1 for slot in slots),
        "upcharges": any(choice.upcharge for slot in slots for choice in slot.choices),
        "allergens added": any(option.allergens_added for option in options),
        "allergens removed": any(option.allergens_removed for option in options),
        "tags": any(item.tags for item in items),
        "origin": any(item.origin for item in items),
        "hidden": any(state.status == "hidden" for state in states),
        "sold out": any(state == Availability(status="sold_out") for state in states),
        "sold out until a time": any(state.for_hours for state in states),
        "sold out for the day": any(state.until for state in states),
        "counted stock": any(state.stock for state in states),
        "counted options": any(option.availability.stock for option in options),
        "four languages": {"ko", "en", "ja", "zh-Hans"}
        <= {tag for one in stores for tag in one.store.languages},
        "texts that fall back": any(
            set(one.store.described_in) < set(one.store.languages) for one in stores
        ),
    }
    assert [feature for feature, is_used in found.items() if not is_used] == []


def test_every_group_is_used_and_every_role_is_staffed(blueprint: StoreBlueprint) -> None:
    used = {use.group for item in blueprint.items for use in item.option_groups}
    assert used == set(blueprint.groups_by_key)
    assert {member.role for member in blueprint.staff} == {"owner", "manager", "staff", "kitchen"}


def test_item_names_are_unique_in_every_language(blueprint: StoreBlueprint) -> None:
    for language in blueprint.store.languages:
        names = [item.name[language] for item in blueprint.items]
        assert len(set(names)) == len(names)


def test_allergens_and_tags_are_codes_of_the_lists(blueprint: StoreBlueprint) -> None:
    options = [option for group in blueprint.option_groups for option in group.options]
    codes = {code for item in blueprint.items for code in item.allergens}
    codes |= {code for each in options for code in each.allergens_added + each.allergens_removed}
    assert codes <= {one.code for one in ALLERGENS}
    tags = {tag for item in blueprint.items for tag in item.tags}
    assert tags <= {one.code for one in TAGS}


def test_an_unknown_group_is_refused(raw: Any) -> None:
    raw["categories"][0]["items"][0]["option_groups"].append({"group": "nowhere"})
    _assert_refused(raw, "unknown option group 'nowhere'")


def test_a_price_for_an_unknown_option_is_refused(raw: Any) -> None:
    raw["categories"][0]["items"][0]["option_groups"][0]["prices"] = {"nowhere": 1}
    _assert_refused(raw, "prices unknown options")


def test_a_set_of_unknown_dishes_is_refused(raw: Any) -> None:
    slot = {"name": {"ko": "찌개", "en": "Stew"}, "min": 1, "max": 1}
    raw["categories"][0]["items"][0]["set_slots"] = [slot | {"choices": [{"item": "nowhere"}]}]
    _assert_refused(raw, "offers unknown dishes")


def test_a_missing_translation_is_refused(raw: Any) -> None:
    del raw["categories"][3]["items"][2]["description"]["en"]
    _assert_refused(raw, "languages of the store")


def test_a_required_group_without_orderable_options_is_refused(raw: Any) -> None:
    for option in raw["option_groups"][0]["options"]:
        option["availability"] = {"status": "sold_out"}
    _assert_refused(raw, "too few options that can be ordered")


def test_a_default_that_is_sold_out_is_refused(raw: Any) -> None:
    raw["option_groups"][0]["options"][1]["availability"] = {"status": "sold_out"}
    _assert_refused(raw, "defaults that nobody can order")


def test_a_price_below_zero_is_refused(raw: Any) -> None:
    raw["option_groups"][1]["options"][3]["price"] = -50_000
    _assert_refused(raw, "less than nothing")


def test_a_table_number_used_twice_is_refused(raw: Any) -> None:
    raw["areas"][1]["tables"][0]["number"] = 1
    _assert_refused(raw, "two tables have one number")


def test_a_misspelt_field_is_refused(raw: Any) -> None:
    raw["categories"][0]["items"][0]["prise"] = 1
    _assert_refused(raw, "Extra inputs are not permitted")


def _assert_refused(raw: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        StoreBlueprint.model_validate_json(json.dumps(raw))

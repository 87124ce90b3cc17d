"""The parts of the demo visit that need no server: stream parsing, baskets, columns."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.actors import StepFailedError
from app.demo.console import display_width, money, padded
from app.demo.live import ServerEvent, parse_events
from app.demo.party import Wish, choose, plain_line, sold_out_items

STREAM = (
    "retry: 3000\n\n"
    ": heartbeat\n\n"
    'id: 41\nevent: order.created\ndata: {"note": "맵지 않게\u2028부탁드려요"}\n\n'
    "id: 42\r\nevent: order.updated\r\ndata: first\r\ndata:second\r\n\r\n"
    "event: nothing\n\n"
    "data: without a name\n\n"
    "id: 43\ndata: cut off before its end"
)
EVENTS = [
    ServerEvent("41", "order.created", '{"note": "맵지 않게\u2028부탁드려요"}'),
    ServerEvent("42", "order.updated", "first\nsecond"),
    ServerEvent("42", "message", "without a name"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=20).map(sorted))
def test_events_are_the_same_wherever_the_network_cuts(cuts: list[int]) -> None:
    edges = [0, *cuts, len(STREAM)]
    chunks = [STREAM[start:end] for start, end in pairwise(edges)]

    async def received() -> AsyncIterator[str]:
        for chunk in chunks:
            yield chunk

    async def parsed() -> list[ServerEvent]:
        return [event async for event in parse_events(received())]

    assert asyncio.run(parsed()) == EVENTS


def _option(name: str, **fields: Any) -> dict[str, Any]:
    option = {"id": name, "name": name, "max_quantity": 1, "is_default": False}
    return option | {"availability": {"status": "available"}} | fields


def _item(name: str, status: str = "available", *groups: dict[str, Any]) -> dict[str, Any]:
    item = {"id": name, "name": name, "option_groups": list(groups)}
    return item | {"availability": {"status": status}}


def _group(minimum: int, maximum: int, *options: dict[str, Any]) -> dict[str, Any]:
    return {"min_select": minimum, "max_select": maximum, "options": list(options)}


def _menu(*items: dict[str, Any]) -> dict[str, Any]:
    return {"categories": [{"items": list(items)}]}


def test_a_wish_becomes_a_line() -> None:
    toppings = _group(0, 3, _option("두부", max_quantity=2), _option("치즈"))
    menu = _menu(_item("김치찌개", "available", toppings))
    [choice] = choose(menu, [Wish("김치찌개", 2, {"두부": 5, "치즈": 1}, note="덜 짜게")])
    assert choice.label == "2 × 김치찌개"
    assert choice.options == "두부 ×2, 치즈"
    assert choice.line == {
        "item_id": "김치찌개",
        "quantity": 2,
        "options": [{"option_id": "두부", "quantity": 2}, {"option_id": "치즈", "quantity": 1}],
        "note": "덜 짜게",
    }


def test_a_set_gets_what_was_wished_and_what_it_needs() -> None:
    def dish(name: str, status: str = "available") -> dict[str, Any]:
        return {"item_id": name, "name": name, "availability": {"status": status}}

    main = {"id": "main", "min": 1, "max": 1, "choices": [dish("찌개"), dish("갈비탕")]}
    side = {"id": "side", "min": 1, "max": 2, "choices": [dish("콜라", "sold_out"), dish("밥")]}
    more = {"id": "more", "min": 0, "max": 1, "choices": [dish("식혜")]}
    rice = _group(1, 1, _option("흰쌀밥", is_default=True))
    lunch = _item("세트") | {"set_slots": [main, side, more]}
    menu = _menu(lunch, _item("갈비탕", "available", rice), _item("밥"))
    [choice] = choose(menu, [Wish("세트", 1, dishes=("갈비탕",))])
    assert choice.options == "갈비탕, 밥"
    assert [(one["slot_id"], one["item_id"]) for one in choice.line["choices"]] == [
        ("main", "갈비탕"),
        ("side", "밥"),
    ]
    assert choice.line["choices"][0]["options"] == [{"option_id": "흰쌀밥", "quantity": 1}]


def test_a_required_group_gets_its_default_that_can_be_had() -> None:
    gone = _option("솥밥", is_default=True, availability={"status": "sold_out"})
    rice = _group(1, 1, gone, _option("잡곡밥"), _option("흰쌀밥", is_default=True))
    assert plain_line(_item("갈비탕", "available", rice))["options"] == [
        {"option_id": "흰쌀밥", "quantity": 1}
    ]


def test_no_more_options_are_taken_than_a_group_allows() -> None:
    toppings = _group(0, 1, _option("두부"), _option("치즈"))
    menu = _menu(_item("찌개", "available", toppings))
    [choice] = choose(menu, [Wish("찌개", 1, {"두부": 1, "치즈": 1})])
    assert choice.options == "두부"


def test_a_wish_that_is_gone_is_replaced_by_something_to_be_had() -> None:
    menu = _menu(_item("육회", "sold_out"), _item("감자전"))
    assert [choice.label for choice in choose(menu, [Wish("육회", 1)])] == ["1 × 감자전"]
    assert [item["name"] for item in sold_out_items(menu)] == ["육회"]


def test_an_empty_menu_ends_the_visit_with_advice() -> None:
    with pytest.raises(StepFailedError, match="nothing on the menu") as failure:
        choose(_menu(_item("육회", "sold_out")), [Wish("육회", 1)])
    assert "make an item available" in failure.value.hint


def test_columns_count_hangul_twice() -> None:
    assert display_width("김치 stew") == 9
    assert padded("김치", 6) == "김치  "
    assert padded("김치", 6, right=True) == "  김치"


def test_money_reads_as_in_its_country() -> None:
    assert money(18_000, "KRW") == "₩18,000"
    assert money(1_250, "EUR") == "€12.50"

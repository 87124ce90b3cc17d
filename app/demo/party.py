"""What a party orders: wishes by name become the lines of an order, from the menu it has read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.demo.actors import Json, StepFailedError


@dataclass(frozen=True)
class Wish:
    """So many of an item, with options by name and how often each; of a set, dishes by name."""

    item: str
    quantity: int
    options: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    dishes: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Choice:
    """One line of a basket: as a guest reads it, and as `POST /orders` takes it."""

    label: str
    options: str
    line: Json


WISHES: Mapping[str, tuple[tuple[Wish, ...], tuple[Wish, ...]]] = {
    "hanok": (
        (
            Wish(
                "돼지고기 김치찌개",
                2,
                {"매운맛": 1, "잡곡밥": 1, "두부 추가": 2},
                note="앞접시 두 개 부탁드려요",
            ),
            Wish("해물파전", 1),
        ),
        (
            Wish("생막걸리 (750ml)", 1, {"막걸리 사발": 3}),
            Wish("한옥 점심 세트", 1, dishes=("차돌 된장찌개", "감자전", "사이다")),
        ),
    ),
    "harbor": (
        (Wish("Flat white", 2, {"Oat drink": 1, "Extra shot": 2}), Wish("Custard tart", 3)),
        (Wish("Harbor breakfast", 1, {"Fried": 1, "Slice of sourdough": 2}),),
    ),
}
"""First and second order by store; other stores get the first items that can be ordered."""

ANYTHING = ((Wish("", 2),), (Wish("", 1),))


def items_of(menu: Json) -> Iterator[Json]:
    for category in menu["categories"]:
        yield from category["items"]


def sold_out_items(menu: Json) -> list[Json]:
    """Items that guests see but cannot have."""
    return [item for item in items_of(menu) if item["availability"]["status"] == "sold_out"]


def choose(menu: Json, wishes: Iterable[Wish]) -> list[Choice]:
    """A basket for `wishes`. An item that is gone by now is replaced: menus change, demos go on."""
    orderable = {
        item["name"]: item
        for item in items_of(menu)
        if item["availability"]["status"] == "available"
    }
    dishes = {item["id"]: item for item in items_of(menu)}
    basket = []
    for wish in wishes:
        item = orderable.pop(wish.item, None)
        if item is None and orderable:
            item = orderable.pop(next(iter(orderable)))
        if item is None:
            raise StepFailedError(
                "nothing on the menu can be ordered", "make an item available, then try again"
            )
        basket.append(_choice(item, wish, dishes))
    return basket


def plain_line(item: Json) -> Json:
    """One of `item` with as few options as its groups allow."""
    return _choice(item, Wish(item["name"], 1), {}).line


def _choice(item: Json, wish: Wish, dishes: Mapping[str, Json]) -> Choice:
    picked = _options(item, wish.options)
    line: Json = {
        "item_id": item["id"],
        "quantity": wish.quantity,
        "options": _as_sent(picked),
    }
    chosen = [
        (slot, choice) for slot in item.get("set_slots", ()) for choice in _chosen(slot, wish)
    ]
    if chosen:
        line["choices"] = [
            {
                "slot_id": slot["id"],
                "item_id": choice["item_id"],
                "quantity": 1,
                "options": _as_sent(_options(dishes.get(choice["item_id"], {}), wish.options)),
            }
            for slot, choice in chosen
        ]
    if wish.note:
        line["note"] = wish.note
    names = [
        option["name"] + (f" ×{quantity}" if quantity > 1 else "") for option, quantity in picked
    ]
    names += [choice["name"] for _, choice in chosen]
    return Choice(f"{wish.quantity} × {item['name']}", ", ".join(names), line)


def _options(item: Json, wanted: Mapping[str, int]) -> list[tuple[Json, int]]:
    return [
        pick for group in item.get("option_groups", ()) for pick in _picked(group, dict(wanted))
    ]


def _as_sent(picked: Iterable[tuple[Json, int]]) -> list[Json]:
    return [{"option_id": option["id"], "quantity": quantity} for option, quantity in picked]


def _chosen(slot: Json, wish: Wish) -> list[Json]:
    """The wanted dishes of one part of a set; where it asks for more, any others."""
    able = [each for each in slot["choices"] if each["availability"]["status"] == "available"]
    able.sort(key=lambda choice: choice["name"] not in wish.dishes)
    wanted = sum(choice["name"] in wish.dishes for choice in able)
    chosen: list[Json] = able[: max(slot["min"], min(wanted, slot["max"]))]
    return chosen


def _picked(group: Json, wanted: Mapping[str, int]) -> list[tuple[Json, int]]:
    """The wanted options of one group; where it asks for more, its defaults, then any others."""
    able = [each for each in group["options"] if each["availability"]["status"] == "available"]
    picked = [
        (option, min(wanted[option["name"]], option["max_quantity"]))
        for option in able
        if option["name"] in wanted
    ][: group["max_select"]]
    chosen = {option["id"] for option, _ in picked}
    others = [option for option in able if option["id"] not in chosen]
    others.sort(key=lambda option: not option["is_default"])
    missing = max(0, group["min_select"] - len(picked))
    return picked + [(option, 1) for option in others[:missing]]

"""Menus as files hold them, with anything in every field: for hypothesis."""

from typing import Any

from hypothesis import strategies as st

from tests.support.shops import Json

nasty = st.sampled_from([*list("=+-@'\",;#:\\/~%"), "김치", "é", "🍜", "a b", "1"])
# What shows nothing is no text: these are letters, and a symbol, that don't.
fillers = "\u115f\u1160\u2800\u3164\uffa0"
letters = st.characters(exclude_categories=["C", "Z"], exclude_characters=fillers)
texts = st.lists(st.one_of(nasty, letters), min_size=1)
name = texts.map(lambda parts: "".join(parts)[:60])
note = st.tuples(name, name).map("\n".join) | name

DIGESTS = [f"{place:064x}" for place in (1, 2)]


def localized(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({"ko": text}, optional={"en": text, "zh-Hans": text})


def some(strategy: st.SearchStrategy[Any], most: int, **options: Any) -> st.SearchStrategy[Any]:
    """A list, empty more often than not."""
    return st.just([]) | st.lists(strategy, max_size=most, **options)


allergens = st.lists(st.sampled_from(["milk", "egg", "pine-nut", "soybean"]), unique=True)
tags = st.lists(st.sampled_from(["vegan", "gluten-free", "hot"]), unique=True)
availability = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["available", "sold_out", "hidden"]),
        "until": st.none(),
        "stock": st.none() | st.integers(0, 9),
    }
) | st.just({"status": "sold_out", "until": "2099-01-01T00:00:00Z", "stock": None})

times = st.sampled_from(["00:00", "05:00", "11:30", "14:00", "23:59"])
windows = st.fixed_dictionaries({"start": times, "end": times}).filter(
    lambda one: one["start"] != one["end"] or one["start"] == "00:00"
)
dayparts = st.builds(lambda window, day: window | {"weekday": day}, windows, st.integers(1, 7))
exceptions = st.fixed_dictionaries(
    {
        "date": st.sampled_from(["2096-02-29", "2099-12-25", "2026-01-01"]),
        "windows": st.lists(windows, max_size=2),
    }
)
timing = {
    "dayparts": some(dayparts, 9),
    "daypart_exceptions": some(exceptions, 3, unique_by=lambda one: one["date"]),
}
happy_hours = st.fixed_dictionaries(
    {
        "price": st.integers(0, 9999),
        "windows": st.lists(dayparts, min_size=1, max_size=5),
        "exceptions": some(exceptions, 2, unique_by=lambda one: one["date"]),
    }
)


def steps(*instants: str) -> st.SearchStrategy[Any]:
    """Planned prices that begin at some of these times, in no order."""
    step = st.fixed_dictionaries(
        {"starts_at": st.sampled_from(instants), "price": st.integers(0, 9999)}
    )
    return some(step, 3, unique_by=lambda one: one["starts_at"])


FUTURE = ("2098-01-01T00:00:00+09:00", "2097-06-01T12:00:00.25Z", "2099-01-01T00:00:00Z")
PAST = ("2026-01-01T00:00:00Z", "2026-11-25T12:00:00+09:00")

references = st.sampled_from(["A", "B", "=C", "D"])
options = st.fixed_dictionaries(
    {
        "name": localized(name),
        "price": st.integers(-1000, 1000),
        "max_quantity": st.integers(1, 9),
        "is_default": st.booleans(),
        "allergens_added": allergens,
        "allergens_removed": allergens,
        "availability": availability,
    },
    optional={"external_ref": references},
)
groups = st.fixed_dictionaries(
    {
        "name": localized(name),
        "min_select": st.integers(0, 1),
        "max_select": st.integers(4, 9),
        "free_quota": st.integers(0, 2),
        "options": st.lists(
            options,
            min_size=1,
            max_size=4,
            unique_by=lambda one: one.get("external_ref") or object(),
        ),
    },
    optional={"position": st.integers(0, 2)},
)


def items(price_schedule: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {
            "name": localized(name),
            "price": st.integers(0, 10**9),
            "allergens": allergens,
            "tags": tags,
            "tax_class": st.sampled_from(["standard", "reduced"]),
            "availability": availability,
            "price_schedule": price_schedule,
            "happy_hours": some(happy_hours, 2),
            **timing,
        },
        optional={
            "external_ref": references,
            "description": localized(note),
            "origin": localized(note),
            "position": st.integers(0, 3),
        },
    )


def categories(price_schedule: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {
            "name": localized(name),
            "items": st.lists(items(price_schedule), max_size=4),
            **timing,
        },
        optional={"description": localized(note), "position": st.integers(0, 2)},
    )


@st.composite
def menus(draw: st.DrawFn, instants: tuple[str, ...] = (*FUTURE, *PAST)) -> Json:
    """A menu whose items offer some of its groups, some with bounds and prices of their own; some
    are sets of others, and some have a picture."""
    menu: Json = {
        "option_groups": draw(st.lists(groups, max_size=3)),
        "categories": draw(st.lists(categories(steps(*instants)), max_size=3)),
    }
    for place, group in enumerate(menu["option_groups"]):
        group["key"] = f"g{place}"
        for at, option in enumerate(group["options"]):
            option["key"] = f"o{at}"
    dishes = [item for category in menu["categories"] for item in category["items"]]
    called: set[str] = set()
    for place, item in enumerate(dishes):
        item["key"] = f"i{place}"
        if item.get("external_ref") in called:
            del item["external_ref"]
        called.add(item.get("external_ref", ""))
        item["option_groups"] = _uses(draw, menu["option_groups"])
        item["image"] = draw(st.none() | st.sampled_from(DIGESTS).map(_image))
    sets = draw(st.integers(0, len(dishes) // 2))
    for item in dishes[:sets]:
        item["set_slots"] = _slots(draw, [dish["key"] for dish in dishes[sets:]])
    return menu


def _uses(draw: st.DrawFn, offered: list[Json]) -> list[Json]:
    if not offered:
        return []
    return [
        {
            "key": group["key"],
            "min_select": draw(st.sampled_from([None, 0, 1])),
            "max_select": draw(st.sampled_from([None, max(3, _defaults(group))])),
            "prices": draw(
                st.none()
                | st.dictionaries(
                    st.sampled_from([one["key"] for one in group["options"]]),
                    st.integers(-500, 500),
                    min_size=1,
                )
            ),
        }
        for group in draw(some(st.sampled_from(offered), 3, unique_by=id))
    ]


def _defaults(group: Json) -> int:
    return sum(option["is_default"] for option in group["options"])


def _slots(draw: st.DrawFn, dishes: list[str]) -> list[Json]:
    """One at least is required."""
    slots = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "name": localized(name),
                    "min": st.integers(0, 2),
                    "max": st.integers(2, 4),
                    "choices": st.lists(
                        st.fixed_dictionaries(
                            {"key": st.sampled_from(dishes), "upcharge": st.integers(0, 500)}
                        ),
                        min_size=1,
                        max_size=3,
                        unique_by=lambda one: one["key"],
                    ),
                }
            ),
            min_size=1,
            max_size=3,
        )
    )
    slots[-1]["min"] = slots[-1]["min"] or 1
    return slots


def _image(digest: str) -> Json:
    thumbnail = {"sha256": digest[::-1], "width": 320, "height": 200}
    return {"sha256": digest, "width": 1280, "height": 800, "thumbnail": thumbnail}

"""What a set (세트) may consist of, whoever says so: staff who edit it, or a file. Pure."""

from collections.abc import Collection, Hashable, Iterator, Sequence

from app.core.errors import FieldError
from app.core.words import Words

NESTED = ("nested", Words("A set can't consist of sets.", "세트 안에 세트를 넣을 수 없습니다."))
UNKNOWN = ("unknown", Words("There is no such item.", "없는 메뉴입니다."))
REPEATED = ("repeated", Words("The item is named twice.", "같은 메뉴가 두 번 있습니다."))


def choice_errors(
    chosen: Sequence[tuple[str, Hashable]], live: Collection[Hashable], sets: Collection[Hashable]
) -> Iterator[FieldError]:
    """What is wrong with the items that a slot offers, each with the pointer at which it stands."""
    seen: set[Hashable] = set()
    for pointer, item in chosen:
        if item in sets:
            yield FieldError(pointer, *NESTED)
        elif item not in live:
            yield FieldError(pointer, *UNKNOWN)
        elif item in seen:
            yield FieldError(pointer, *REPEATED)
        seen.add(item)


def set_errors(pointer: str, least: Sequence[int], *, offered: bool) -> Iterator[FieldError]:
    """What is wrong with an item that is to be a set.

    Args:
        least: how many units each of its slots requires.
        offered: whether another set offers the item.
    """
    if least and not any(least):
        detail = Words(
            "At least one part must be required: a set of nothing has no price to share.",
            "필수 구성이 하나 이상 있어야 합니다.",
        )
        yield FieldError(pointer, "contradiction", detail)
    if least and offered:
        detail = Words(
            "Another set offers this item: a set can't consist of sets.",
            "다른 세트에 들어 있는 메뉴입니다. 세트 안에 세트를 넣을 수 없습니다.",
        )
        yield FieldError(pointer, "nested", detail)

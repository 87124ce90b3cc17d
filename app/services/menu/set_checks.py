"""What a set (세트) may consist of, whoever says so: staff who edit it, or a file. Pure."""

from collections.abc import Collection, Hashable, Iterator, Sequence

from app.core.errors import FieldError

NESTED = ("nested", "A set can't consist of sets.")
UNKNOWN = ("unknown", "There is no such item.")
REPEATED = ("repeated", "The item is named twice.")


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
        detail = "At least one part must be required: a set of nothing has no price to share."
        yield FieldError(pointer, "contradiction", detail)
    if least and offered:
        detail = "Another set offers this item: a set can't consist of sets."
        yield FieldError(pointer, "nested", detail)

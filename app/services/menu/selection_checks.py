"""What the bounds of an option group must fulfil, whoever sets them: staff, or a file. Pure."""

from collections.abc import Iterator, Sequence

from app.core.errors import FieldError
from app.core.words import Words
from app.models.menu import OptionGroup

CONTRADICTION = "contradiction"


Choosable = tuple[int, bool]
"""Of an option: how often it may be chosen, and whether it is a default."""


def choosable(group: OptionGroup) -> list[Choosable]:
    """The options of a group, as they are judged here."""
    return [(option.max_quantity, option.is_default) for option in group.options]


def bounds_errors(pointer: str, least: int, most: int, free: int) -> Iterator[FieldError]:
    """A group's own bounds are in order. `pointer` is the group's."""
    for name, number in (("min_select", least), ("free_quota", free)):
        if number > most:
            detail = Words(
                "Must not be more than max_select.",
                "최대 선택 수(max_select)보다 클 수 없습니다.",
            )
            yield FieldError(f"{pointer}/{name}", CONTRADICTION, detail)


def choices_errors(
    pointer: str, least: int, most: int, options: Sequence[Choosable], *, most_at: str = "options"
) -> Iterator[FieldError]:
    """The options suffice for what the group requires, and its defaults fit what it allows.

    Args:
        most_at: the field to point at when there are too many defaults.
    """
    choices = sum(quantity for quantity, _ in options)
    if choices < least:
        detail = Words(
            f"The options allow {choices} choices in all.",
            f"이 그룹에서는 모두 {choices}개까지만 고를 수 있습니다.",
        )
        yield FieldError(f"{pointer}/min_select", CONTRADICTION, detail)
    if sum(default for _, default in options) > most:
        detail = Words(
            "More defaults than max_select allows.",
            "기본 선택 옵션이 최대 선택 수(max_select)보다 많습니다.",
        )
        yield FieldError(f"{pointer}/{most_at}", CONTRADICTION, detail)


def use_errors(
    pointer: str,
    own: tuple[int | None, int | None],
    group: tuple[int, int],
    options: Sequence[Choosable],
) -> Iterator[FieldError]:
    """The bounds under which an item offers a group: its own ones go before the group's.

    What the group's options can't give by these bounds, nobody could ever order.
    """
    least, most = (
        theirs if mine is None else mine for mine, theirs in zip(own, group, strict=True)
    )
    if least > most:
        yield FieldError(
            pointer,
            CONTRADICTION,
            Words(
                f"At least {least}, at most {most}.", f"최소 {least}개가 최대 {most}개보다 큽니다."
            ),
        )
    elif own != (None, None):
        yield from choices_errors(pointer, least, most, options, most_at="max_select")

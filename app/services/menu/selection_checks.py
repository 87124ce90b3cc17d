"""What the bounds of an option group must fulfil, whoever sets them: staff, or a file. Pure."""

from collections.abc import Iterator, Sequence

from app.core.errors import FieldError

CONTRADICTION = "contradiction"


def bounds_errors(pointer: str, least: int, most: int) -> Iterator[FieldError]:
    """A group's own bounds are in order. `pointer` is the group's."""
    if least > most:
        detail = "Must not be more than max_select."
        yield FieldError(f"{pointer}/min_select", CONTRADICTION, detail)


def choices_errors(
    pointer: str, least: int, most: int, options: Sequence[tuple[int, bool]]
) -> Iterator[FieldError]:
    """The options suffice for what the group requires, and its defaults fit what it allows.

    Args:
        options: for each how often it may be chosen, and whether it is a default.
    """
    choices = sum(quantity for quantity, _ in options)
    if choices < least:
        detail = f"The options allow {choices} choices in all."
        yield FieldError(f"{pointer}/min_select", CONTRADICTION, detail)
    if sum(default for _, default in options) > most:
        detail = "More defaults than max_select allows."
        yield FieldError(f"{pointer}/options", CONTRADICTION, detail)


def use_errors(
    pointer: str, own: tuple[int | None, int | None], group: tuple[int, int]
) -> Iterator[FieldError]:
    """The bounds under which an item offers a group: its own ones go before the group's."""
    least, most = (
        theirs if mine is None else mine for mine, theirs in zip(own, group, strict=True)
    )
    if least > most:
        yield FieldError(pointer, CONTRADICTION, f"At least {least}, at most {most}.")

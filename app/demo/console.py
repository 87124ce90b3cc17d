"""Printing what each side of a visit sees, in columns that Korean text leaves straight."""

import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TextIO

from babel.numbers import format_currency, get_currency_precision

SIDE_WIDTH = 14
INDENT = "  "


def display_width(text: str) -> int:
    """Columns of a terminal that `text` takes: Hangul takes two each, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled up with spaces to `width` columns, on the left when `right` is asked for."""
    space = " " * max(0, width - display_width(text))
    return space + text if right else text + space


def money(minor_units: int, currency: str) -> str:
    """An amount as a person reads it: `money(18000, "KRW")` is `₩18,000`."""
    amount = Decimal(minor_units).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale="en")


class Console:
    """Numbered scenes, and under each the lines of the sides that take part in it."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._colour = self._out.isatty() and "NO_COLOR" not in os.environ
        self._scenes = 0

    @property
    def scenes(self) -> int:
        """How many scenes have begun."""
        return self._scenes

    def title(self, text: str) -> None:
        self._line(self._styled(text, "1"))

    def scene(self, text: str) -> None:
        self._scenes += 1
        self._line("")
        self._line(self._styled(f"{self._scenes:>2}  {text}", "1"))

    def says(self, side: str, text: str) -> None:
        """One line of what `side` does or sees."""
        self._line(INDENT * 2 + self._styled(padded(side, SIDE_WIDTH), "36") + text)

    def table(self, rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
        """Rows under the last line; the columns numbered in `right` end flush."""
        rows = list(rows)
        widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (
                padded(cell, width, right=column in right)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self.under(INDENT.join(cells).rstrip())

    def under(self, text: str) -> None:
        """A line that belongs to the one before."""
        self._line(INDENT * 2 + " " * SIDE_WIDTH + text)

    def failure(self, text: str, hint: str) -> None:
        self._line("")
        self._line(self._styled(f"FAILED  {text}", "31"))
        self._line(f"        {hint}")

    def closing(self, lines: Iterable[str]) -> None:
        self._line("")
        for line in lines:
            self._line(line)

    def _styled(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    def _line(self, text: str) -> None:
        print(text, file=self._out, flush=True)

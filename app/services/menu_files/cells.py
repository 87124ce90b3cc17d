"""The cells of a menu's table: values → what people read and edit, and back.

`docs/menu-import.md` describes how they are written.
"""

import re
from collections.abc import Callable, Sequence
from itertools import chain, groupby
from typing import Any

from app.core.clock import instant_text
from app.core.words import UnreadableValueError
from app.schemas.menu_file import CELLS
from app.schemas.timing import Daypart, DaypartException, HappyHour, PriceStep, TimeWindow
from app.services.menu_files.money_text import amount_text, read_amount

TRUE, FALSE = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NUMBERS = {
    name: number
    for names in (DAYS, "월화수목금토일", "1234567")
    for number, name in enumerate(names, 1)
}
CLOSED = "closed"
_CLOSED = {CLOSED, "휴무"}
EXCEPT = "except"
_EXCEPT = re.compile(rf"\s+(?:{EXCEPT}|제외)\s+", re.IGNORECASE)
_TIME = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
_WINDOW = re.compile(rf"(?P<start>{_TIME})\s*[-~–]\s*(?P<end>{_TIME}|24:00)\Z")

Document = dict[str, Any]


def cell_text(name: str, value: Any, currency: str) -> str:
    """The cell of column `name`; amounts are of `currency`."""
    match CELLS[name]:
        case "money":
            return amount_text(value, currency)
        case "labels":
            return " ".join(value)
        case "flag":
            return "true" if value else "false"
        case "plan":
            return "; ".join(_WRITERS[name](value, currency))
        case _:
            return str(value)


def cell_value(name: str, cell: str, currency: str) -> object:
    """What the cell of column `name` says, as the schema of the part reads it.

    Raises:
        UnreadableValueError: nothing that such a cell can say.
    """
    match CELLS[name]:
        case "money":
            return read_amount(cell, currency)
        case "number":
            if not re.fullmatch(r"[0-9]{1,9}", cell):
                raise UnreadableValueError("Must be a whole number.", "정수여야 합니다.")
            return int(cell)
        case "labels":
            return [label for label in re.split(r"[,;\s]+", cell) if label]
        case "flag":
            if cell.lower() not in TRUE | FALSE:
                raise UnreadableValueError("Must be true or false.", "true 또는 false여야 합니다.")
            return cell.lower() in TRUE
        case "plan":
            entries = [entry.strip() for entry in cell.split(";")]
            read = [_READERS[name](entry, currency) for entry in entries if entry]
            return list(chain.from_iterable(read)) if name == "dayparts" else read
        case _:
            return cell


def _dayparts_text(values: Sequence[Daypart], _: str) -> list[str]:
    """Days in a row that have the same window are written as one: `mon-fri 11:00-15:00`."""
    runs = groupby(enumerate(values), lambda at: (at[1].weekday - at[0], _window_text(at[1])))
    texts = []
    for (_, window), run in runs:
        days = [DAYS[one.weekday - 1] for _, one in run]
        texts.append(f"{days[0]}-{days[-1]} {window}" if len(days) > 1 else f"{days[0]} {window}")
    return [", ".join(texts)] if texts else []


def _window_text(value: TimeWindow) -> str:
    return f"{value.start}-{value.end}"


def _exceptions_text(values: Sequence[DaypartException], _: str) -> list[str]:
    return [
        f"{one.date} {', '.join(_window_text(window) for window in one.windows) or CLOSED}"
        for one in values
    ]


def _steps_text(values: Sequence[PriceStep], currency: str) -> list[str]:
    return [f"{instant_text(one.starts_at)} {amount_text(one.price, currency)}" for one in values]


def _happy_text(values: Sequence[HappyHour], currency: str) -> list[str]:
    return [
        f" {EXCEPT} ".join(
            [
                f"{amount_text(one.price, currency)} {_dayparts_text(one.windows, currency)[0]}",
                *_exceptions_text(one.exceptions, currency),
            ]
        )
        for one in values
    ]


_WRITERS: dict[str, Callable[[Any, str], list[str]]] = {
    "dayparts": _dayparts_text,
    "daypart_exceptions": _exceptions_text,
    "price_schedule": _steps_text,
    "happy_hours": _happy_text,
}


def _read_dayparts(text: str, _: str) -> list[Document]:
    """`mon-fri 11:00-15:00, sat 18:00-02:00`: one for each day."""
    found = []
    for part in text.split(","):
        days, _, window = part.strip().partition(" ")
        first, _, last = days.lower().partition("-")
        start, end = _DAY_NUMBERS.get(first), _DAY_NUMBERS.get(last or first)
        if start is None or end is None or start > end:
            raise UnreadableValueError(
                "Must be days and times such as mon-fri 11:00-15:00.",
                "mon-fri 11:00-15:00처럼 요일과 시각을 적어 주세요.",
            )
        found += [_read_window(window) | {"weekday": day} for day in range(start, end + 1)]
    return found


def _read_window(text: str) -> Document:
    found = _WINDOW.match(text.strip())
    if found is None:
        raise UnreadableValueError(
            "Must have times such as 11:00-15:00.", "11:00-15:00처럼 시각을 적어 주세요."
        )
    end = "00:00" if found["end"] == "24:00" else found["end"].zfill(5)
    return {"start": found["start"].zfill(5), "end": end}


def _read_exception(text: str, _: str) -> Document:
    """`2026-12-25 closed`, `2026-12-31 11:00-15:00, 18:00-22:00`."""
    day, _, windows = text.partition(" ")
    if windows.strip().lower() in _CLOSED:
        return {"date": day, "windows": []}
    return {"date": day, "windows": [_read_window(window) for window in windows.split(",")]}


def _read_step(text: str, currency: str) -> Document:
    """`2027-01-01T00:00:00Z 9500`."""
    starts_at, _, price = text.partition(" ")
    return {"starts_at": starts_at, "price": read_amount(price, currency)}


def _read_happy(text: str, currency: str) -> Document:
    """`4500 mon-fri 15:00-17:00, sat 10:00-11:00 except 2026-12-25 closed`."""
    weekly, *exceptions = _EXCEPT.split(text)
    price, _, windows = weekly.partition(" ")
    return {
        "price": read_amount(price, currency),
        "windows": _read_dayparts(windows, currency),
        "exceptions": [_read_exception(one, currency) for one in exceptions],
    }


_READERS: dict[str, Callable[[str, str], Any]] = {
    "dayparts": _read_dayparts,
    "daypart_exceptions": _read_exception,
    "price_schedule": _read_step,
    "happy_hours": _read_happy,
}

"""Lines of a shared basket: what a client may change of them, and what they cost now. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.errors import DomainError, FieldError, InvalidRequestError
from app.core.problem_kinds import PROBLEMS
from app.core.words import Words
from app.models import BasketLine
from app.schemas.basket import (
    MAX_LINES,
    BasketEventData,
    BasketInput,
    BasketLineInput,
    BasketLineRef,
    BasketLineStored,
    BasketOutput,
)
from app.schemas.order import LineInput
from app.services.menu.snapshot import MenuSnapshot
from app.services.pricing.basket_pricing import price_basket

CONTENT = ("item_id", "quantity", "options", "choices", "note", "seat")
"""What of a line is the client's."""
CHANGED = Words("The line has changed.", "그사이 바뀐 항목입니다.")


@dataclass(slots=True)
class BasketChange:
    """What a request does to a basket. `stale` names the lines that the client must read again."""

    new: list[BasketLineInput] = field(default_factory=list)
    changed: list[tuple[BasketLine, BasketLineInput]] = field(default_factory=list)
    removed: list[UUID] = field(default_factory=list)
    stale: list[FieldError] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.removed)

    def put(self, line: BasketLineInput, there: BasketLine | None, pointer: str) -> None:
        if there is None:
            if line.version is None:
                self.new.append(line)
            else:
                self.stale.append(
                    FieldError(
                        pointer,
                        "gone",
                        Words("The line is no longer there.", "장바구니에서 빠진 항목입니다."),
                    )
                )
        elif content_of(line) == {name: getattr(there, name) for name in CONTENT}:
            return
        elif line.version == there.version:
            self.changed.append((there, line))
        else:
            self.stale.append(FieldError(pointer, "stale", CHANGED))

    def remove(self, ref: BasketLineRef, there: BasketLine | None, pointer: str) -> None:
        if there is None:
            return
        if ref.version == there.version:
            self.removed.append(ref.id)
        else:
            self.stale.append(FieldError(pointer, "stale", CHANGED))


def review_change(wanted: BasketInput, lines: Sequence[BasketLine]) -> BasketChange:
    """Compare a request with the basket as it is.

    A line that is already as it is wanted, or already gone, is no change, whichever version the
    client knew: a request that is sent again succeeds.

    Raises:
        InvalidRequestError: a line is named twice, or there would be more than MAX_LINES.
    """
    _check_named_once(wanted)
    known = {line.id: line for line in lines}
    change = BasketChange()
    for place, line in enumerate(wanted.lines):
        change.put(line, known.get(line.id), f"/lines/{place}/version")
    for place, ref in enumerate(wanted.removed):
        change.remove(ref, known.get(ref.id), f"/removed/{place}/version")
    if change.new and len(lines) + len(change.new) - len(change.removed) > MAX_LINES:
        detail = Words(
            f"A basket has at most {MAX_LINES} lines.",
            f"장바구니에는 {MAX_LINES}개 항목까지 담을 수 있습니다.",
        )
        raise InvalidRequestError(errors=[FieldError("/lines", "too-many", detail)])
    return change


def _check_named_once(wanted: BasketInput) -> None:
    seen: set[UUID] = set()
    errors = []
    for pointer, line_id in _named(wanted):
        if line_id in seen:
            errors.append(
                FieldError(
                    pointer,
                    "repeated",
                    Words("The line is named twice.", "같은 항목이 두 번 있습니다."),
                )
            )
        seen.add(line_id)
    if errors:
        raise InvalidRequestError(errors=errors[:20])


def _named(wanted: BasketInput) -> Iterator[tuple[str, UUID]]:
    for place, line in enumerate(wanted.lines):
        yield f"/lines/{place}/id", line.id
    for place, ref in enumerate(wanted.removed):
        yield f"/removed/{place}/id", ref.id


def content_of(line: BasketLineInput) -> dict[str, Any]:
    """The columns that the client fills."""
    return {
        "item_id": line.item_id,
        "quantity": line.quantity,
        "options": [one.model_dump(mode="json") for one in line.options],
        "choices": [one.model_dump(mode="json") for one in line.choices],
        "note": line.note,
        "seat": line.seat,
    }


def as_ordered(line: BasketLine) -> LineInput:
    """The line as an order asks for it."""
    return LineInput.model_validate({name: getattr(line, name) for name in CONTENT}, extra="ignore")


def told(session_id: UUID, lines: Sequence[BasketLine]) -> dict[str, Any]:
    """The basket as events tell it."""
    shown = [BasketLineStored.model_validate(line) for line in lines]
    return BasketEventData(session_id=session_id, lines=shown).model_dump(mode="json")


def priced(
    snapshot: MenuSnapshot,
    session_id: UUID,
    lines: Sequence[BasketLine],
    now: datetime,
    language: str,
) -> BasketOutput:
    """The basket at the prices of `now`; each line that can't be had says why."""
    shown, total = [], 0
    for line in lines:
        quote, problems = _quote(snapshot, as_ordered(line), now, language)
        total += quote["total"] if quote else 0
        stored = BasketLineStored.model_validate(line).model_dump()
        shown.append({**stored, "quote": quote, "problems": problems})
    return BasketOutput.model_validate(
        {
            "session_id": session_id,
            "lines": shown,
            "total": total,
            "currency": snapshot.store.currency,
        }
    )


def _of_the_line(error: DomainError) -> FieldError:
    """What is wrong with a line as a whole."""
    return FieldError("/lines/0", error.code, error.detail or PROBLEMS[error.code].advice)


def _quote(
    snapshot: MenuSnapshot, line: LineInput, now: datetime, language: str
) -> tuple[Mapping[str, Any] | None, list[dict[str, str]]]:
    try:
        basket = price_basket(snapshot, [line], now)
    except DomainError as error:
        errors = error.errors or [_of_the_line(error)]
        return None, [
            {
                "pointer": one.pointer.removeprefix("/lines/0"),
                "code": one.code,
                "detail": one.detail[language],
            }
            for one in errors
        ]
    return basket.quote(language)["lines"][0], []

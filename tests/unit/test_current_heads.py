"""One question for all who wait, and never an answer that is older than its request."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from app.core.errors import DatabaseUnavailableError, NotFoundError
from app.core.events import Head
from app.core.events.heads import CurrentHeads
from app.core.ids import uuid7
from tests.unit.test_event_hub import MemoryLog

STORE, OTHER = uuid7(), uuid7()


class SlowLog(MemoryLog):
    """Reads the numbers when it is asked, and answers when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.head = {STORE: 1, OTHER: 1}
        self.answers: list[asyncio.Event] = []

    async def heads_now(self, stores: Sequence[UUID]) -> dict[UUID, Head]:
        self._check()
        self.asked.append(set(stores))
        read = {store: Head(self.head[store], 1) for store in stores if store in self.head}
        self.answers.append(asyncio.Event())
        await self.answers[-1].wait()
        return read


async def asked(heads: CurrentHeads, *stores: UUID) -> list[asyncio.Task[Head]]:
    tasks = [asyncio.ensure_future(heads.get(store)) for store in stores]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_who_comes_during_a_question_is_served_by_the_next_one() -> None:
    log = SlowLog()
    heads = CurrentHeads(log)
    first = await asked(heads, STORE)
    log.append(store=STORE)
    later = await asked(heads, STORE, STORE, OTHER)
    assert log.asked == [{STORE}]

    log.answers[0].set()
    assert (await first[0]).event_seq == 1
    await asked(heads)
    assert log.asked == [{STORE}, {STORE, OTHER}]
    log.answers[1].set()

    assert [(await task).event_seq for task in later] == [2, 2, 1]


async def test_one_who_hangs_up_takes_nobody_along() -> None:
    log = SlowLog()
    heads = CurrentHeads(log)
    gone, staying = await asked(heads, STORE, STORE)
    gone.cancel()
    log.answers[0].set()

    assert (await staying).event_seq == 1


async def test_a_database_that_is_away_is_said_to_everybody_and_asked_again() -> None:
    log = SlowLog()
    log.broken = True
    heads = CurrentHeads(log)
    for task in await asked(heads, STORE, OTHER):
        with pytest.raises(DatabaseUnavailableError):
            await task
    log.broken = False
    [again] = await asked(heads, STORE)
    log.answers[0].set()

    assert (await again).event_seq == 1


async def test_an_unknown_store_is_not_found() -> None:
    log = SlowLog()
    [unknown] = await asked(CurrentHeads(log), uuid7())
    log.answers[0].set()

    with pytest.raises(NotFoundError):
        await unknown

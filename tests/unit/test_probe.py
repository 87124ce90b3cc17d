"""One question at a time whether the database answers, and its answer for all who ask."""

import asyncio

import pytest

from app.core import probing
from app.core.config import Settings
from app.core.probing import Probe


class Database:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = asyncio.Event()
        self.revision: str | None = "first"

    async def ask(self, _: Settings) -> str | None:
        self.asked += 1
        await self.answers.wait()
        return self.revision


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(probing, "ask_revision", database.ask)
    return database


async def asking(probe: Probe, count: int) -> list[asyncio.Task[str | None]]:
    tasks = [asyncio.create_task(probe.revision()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_all_who_ask_share_an_answer(database: Database) -> None:
    gone, *staying = await asking(Probe(Settings()), 5)
    gone.cancel()
    await asyncio.sleep(0)
    database.answers.set()

    assert [await task for task in staying] == ["first"] * 4
    assert gone.cancelled()
    assert database.asked == 1


@pytest.mark.parametrize(("kept", "told"), [(60.0, "first"), (-1.0, None)], ids=["new", "old"])
async def test_an_answer_is_shared_for_a_moment(
    database: Database, monkeypatch: pytest.MonkeyPatch, kept: float, told: str | None
) -> None:
    monkeypatch.setattr(probing, "KEPT_SECONDS", kept)
    probe = Probe(Settings())
    database.answers.set()
    assert await probe.revision() == "first"
    database.revision = None

    assert await probe.revision() == told

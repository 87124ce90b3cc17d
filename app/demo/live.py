"""Reading a live stream of server-sent events (WHATWG HTML, section 9.2)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Self

import httpx

from app.demo.actors import API, Actor, StepFailedError, server_away

PATIENCE = 5.0
"""Seconds until a missing event counts as lost; a second is what the service promises."""


@dataclass(frozen=True)
class ServerEvent:
    """One event as it came: `id` is its number in the store's log, `data` still text."""

    id: str
    type: str
    data: str


@dataclass(frozen=True)
class Seen:
    """An event, and when it arrived (`perf_counter` seconds)."""

    type: str
    body: dict[str, Any]
    at: float

    @property
    def data(self) -> dict[str, Any]:
        """The resource that the event is about, as GET would show it."""
        data: dict[str, Any] = self.body["data"]
        return data


async def parse_events(chunks: AsyncIterator[str]) -> AsyncIterator[ServerEvent]:
    """Events from pieces of text that may end anywhere; comments and empty events are skipped."""
    buffer, last_id, fields = "", "", dict[str, str]()
    async for chunk in chunks:
        *lines, buffer = (buffer + chunk).split("\n")
        for line in lines:
            name, _, value = line.rstrip("\r").partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                fields["data"] = f"{fields['data']}\n{value}" if "data" in fields else value
            elif name == "id":
                last_id = value
            elif name == "event":
                fields["event"] = value
            elif not line.rstrip("\r"):
                if "data" in fields:
                    yield ServerEvent(last_id, fields.get("event", "message"), fields["data"])
                fields = {}


class LiveStream:
    """What one side sees as it happens; use as a context manager, it reads in the background."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._seen: list[Seen] = []
        self._news = asyncio.Condition()
        self._open = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Returns once the server has begun its answer: what is committed from here on arrives."""
        self._reader = asyncio.create_task(self._read())
        opened = asyncio.create_task(self._open.wait())
        await asyncio.wait({self._reader, opened}, return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
        if self._reader.done():
            self._reader.result()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def count(self, wanted: Callable[[Seen], bool]) -> int:
        """How many events so far are `wanted`."""
        return sum(map(wanted, self._seen))

    async def wait_for(self, what: str, wanted: Callable[[Seen], bool]) -> Seen:
        """The first event that is `wanted`, be it here already or still to come."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while (found := next(filter(wanted, self._seen), None)) is None:
                    await self._news.wait()
                return found
        except TimeoutError as error:
            if self._reader is not None and self._reader.done():
                self._reader.result()
            raise StepFailedError(
                f"{what} did not reach the {self._actor.name}'s live stream in {PATIENCE:.0f} s",
                "look at the log of `make run`: does the event hub still run?",
            ) from error

    async def _read(self) -> None:
        headers = {"Accept": "text/event-stream"}
        try:
            async with self._actor.http.stream(
                "GET", f"{API}/events/stream", headers=headers, timeout=None
            ) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise StepFailedError(
                        f"the {self._actor.name}'s live stream answered {answer.status_code}",
                        "look at the log of `make run`",
                    )
                self._open.set()
                async for event in parse_events(answer.aiter_text()):
                    await self._keep(event)
        except httpx.TransportError as error:
            raise server_away(self._actor.http, error) from error

    async def _keep(self, event: ServerEvent) -> None:
        seen = Seen(event.type, json.loads(event.data), perf_counter())
        async with self._news:
            self._seen.append(seen)
            self._news.notify_all()

"""A busy evening in one store: tablets order and read, a kitchen listens, and all of it is remembered."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import httpx

from tests.deploy.house import House

TABLETS: Final = 6
PAUSE: Final = 0.25
RETRY_SECONDS: Final = 1.0
REPLAYED_WITHIN: Final = 30.0


@dataclass
class Evening:
    """`placed` are acknowledged orders' ids, `heard` the kitchen's events as (number, type, order's id).

    `failures` is everything that was not a success: answers, refused and broken connections.
    """

    house: House
    placed: list[str] = field(default_factory=list)
    reads: int = 0
    heard: list[tuple[int, str, str | None]] = field(default_factory=list)
    streams: int = 0
    failures: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _closed: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """It goes on while the block runs; afterwards the kitchen hears the rest."""
        tokens = [self.house.tablet(number) for number in range(1, TABLETS + 1)]
        with ThreadPoolExecutor(TABLETS + 1) as pool:
            kitchen = pool.submit(self._listen)
            # The first stream begins with what happens then: nobody orders before it is there.
            self._wait_for(lambda: self.streams > 0)
            jobs = [pool.submit(self._work, token) for token in tokens]
            try:
                yield
            finally:
                self._over.set()
                try:
                    for job in jobs:
                        job.result(60)
                    self._wait_for(lambda: set(self.placed) <= self.told_of("order.created"))
                finally:
                    self._closed.set()
            kitchen.result(60)

    def told_of(self, kind: str) -> set[str | None]:
        return {order for _, type_, order in self.heard if type_ == kind}

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + REPLAYED_WITHIN
        while not condition() and time.monotonic() < end:
            time.sleep(0.1)

    def _work(self, token: str) -> None:
        """Order, read, pause; over one connection, as a tablet does."""
        with self.house.front.client(token) as tablet:
            while not self._over.is_set():
                answer = self._try(lambda: self.house.order(tablet))
                if answer is not None:
                    self.placed.append(answer.json()["id"])
                if self._try(lambda: tablet.get("/menu")) is not None:
                    self.reads += 1
                time.sleep(PAUSE)

    def _try(self, send: Callable[[], httpx.Response]) -> httpx.Response | None:
        try:
            answer = send()
        except httpx.TransportError as error:
            self.failures.append(repr(error))
            return None
        if answer.is_success:
            return answer
        self.failures.append(f"{answer.request.url} {answer.status_code} {answer.text}")
        return None

    def _listen(self) -> None:
        """Hear the stream; when it ends, come again with the last number, as browsers do."""
        last: dict[str, str] = {}
        with self.house.front.client(self.house.owner) as kitchen:
            while not self._closed.is_set():
                try:
                    self._hear_one(kitchen, last)
                except httpx.TransportError as error:
                    self.failures.append(f"stream: {error!r}")
                self._closed.wait(RETRY_SECONDS)

    def _hear_one(self, kitchen: httpx.Client, last: dict[str, str]) -> None:
        with kitchen.stream("GET", "/events/stream", headers=last) as stream:
            if not stream.is_success:
                self.failures.append(f"stream: {stream.status_code}")
                return
            self.streams += 1
            frame: dict[str, str] = {}
            # It says something every 15 s at the latest, so that the end of the evening is noticed.
            for line in stream.iter_lines():
                if self._closed.is_set():
                    return
                name, _, value = line.partition(": ")
                if line:
                    frame[name] = value
                    continue
                if "event" in frame:
                    about = json.loads(frame["data"])
                    order = about.get("data", about).get("id")
                    self.heard.append((int(frame["id"]), frame["event"], order))
                    last["Last-Event-ID"] = frame["id"]
                frame = {}

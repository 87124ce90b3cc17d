"""An evening on which the database fails: tablets repeat each order, with its key, until it is acknowledged."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx

from tests.deploy.evening import Evening

PAUSE: Final = 0.1
RETRY_AFTER: Final = 0.2
GIVE_UP: Final = 120.0
ATTEMPT_SECONDS: Final = 20.0
MENU_PAUSE: Final = 0.1
AWAY: Final = (502, 503, 504)
IN_PROGRESS: Final = "409 request-in-progress"
"""Told to come again; anything else that is no success is a fault. In progress is an attempt whose
commit waits for the standbys, after its tablet was told to come again."""


@dataclass(frozen=True)
class Refusal:
    """One attempt that was not acknowledged: when it was sent (Unix time), how long it took, why."""

    sent: float
    seconds: float
    why: str


@dataclass
class Rush(Evening):
    """`acknowledged` holds the moment of each order in `placed`; `refused` the attempts before.

    `menus` are the readings of one more tablet: when, and what was wrong with the answer, if anything.
    """

    acknowledged: list[float] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    menus: list[tuple[float, str]] = field(default_factory=list)
    ready: list[tuple[float, bool]] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        reader = self.house.tablet(40)
        with ThreadPoolExecutor(2) as pool, super().going_on():
            watching = [pool.submit(self._read, reader), pool.submit(self._ask)]
            try:
                yield
            finally:
                self._over.set()
                for watch in watching:
                    watch.result(60)

    def _work(self, token: str) -> None:
        with self.house.front.client(token) as tablet:
            tablet.timeout = ATTEMPT_SECONDS
            while not self._over.is_set():
                self._until_acknowledged(tablet, str(uuid.uuid4()))
                time.sleep(PAUSE)

    def _until_acknowledged(self, tablet: httpx.Client, key: str) -> None:
        end = time.time() + GIVE_UP
        while time.time() < end:
            sent = time.time()
            try:
                answer = self.house.order(tablet, key=key)
                why = f"{answer.status_code} {answer.json().get('code')}"
            except httpx.TransportError as error:
                answer, why = None, repr(error)
            if answer is not None and answer.is_success:
                self.acknowledged.append(time.time())
                self.placed.append(answer.json()["id"])
                return
            self.refused.append(Refusal(sent, time.time() - sent, why))
            if answer is not None and answer.status_code not in AWAY and why != IN_PROGRESS:
                self.failures.append(f"order: {why}")
                return
            time.sleep(RETRY_AFTER)
        self.failures.append(f"order: never acknowledged, {key}")

    def _read(self, token: str) -> None:
        """Read the menu all the time."""
        with self.house.front.client(token) as tablet:
            while not self._over.is_set():
                try:
                    answer = tablet.get("/menu")
                    wrong = "" if answer.is_success else f"{answer.status_code} {answer.text}"
                except httpx.TransportError as error:
                    wrong = repr(error)
                self.menus.append((time.time(), wrong))
                time.sleep(MENU_PAUSE)

    def _ask(self) -> None:
        """Ask for readiness all the time, as the proxy does."""
        with self.house.front.client(path="") as client:
            while not self._over.is_set():
                try:
                    ready = client.get("/health/ready").is_success
                except httpx.TransportError:
                    ready = False
                self.ready.append((time.time(), ready))
                time.sleep(MENU_PAUSE)

    def longest_gap(self, since: float) -> float:
        """The longest time without an acknowledged order that ended after `since`, in seconds."""
        moments = sorted(self.acknowledged)
        pairs = itertools.pairwise(moments)
        return max(after - before for before, after in pairs if after > since)

"""Tablets and staff who go on whatever they are answered, and remember all of it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from tests.support.floor import Floor, order_body

PAUSE = 0.02
TABLES = 3
PATIENCE = 30.0
"""How long a tablet tries to get rid of one order."""


@dataclass
class Traffic:
    """`placed` are the acknowledged orders' ids by key, `refusals` all answers without success."""

    placed: dict[str, str] = field(default_factory=dict)
    refusals: list[httpx.Response] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self, floor: Floor) -> Iterator[None]:
        """Keep it going while the block runs; everybody finishes what they have begun."""
        tablets = [own_connection(floor.tablet(number)) for number in range(1, TABLES + 1)]
        staff = own_connection(floor.shop.staff)
        with ThreadPoolExecutor(TABLES + 1) as pool:
            jobs = [pool.submit(self._order, tablet, floor.stew) for tablet in tablets]
            jobs.append(pool.submit(self._work, staff))
            try:
                yield
            finally:
                self._over.set()
            for job in jobs:
                job.result()

    def _order(self, tablet: httpx.Client, item_id: str) -> None:
        """Order after order; each is sent with its key until it is acknowledged."""
        with tablet:
            while not self._over.is_set():
                key, ends = str(uuid4()), time.monotonic() + PATIENCE
                headers = {"Idempotency-Key": key}
                while key not in self.placed:
                    answer = tablet.post("/orders", json=order_body(item_id, 1), headers=headers)
                    if self._note(answer):
                        self.placed[key] = answer.json()["id"]
                    elif time.monotonic() > ends:
                        raise TimeoutError(answer.text)
                    time.sleep(PAUSE)

    def _work(self, staff: httpx.Client) -> None:
        """Look at the board, and serve what is there."""
        with staff:
            while not self._over.is_set():
                self._note(staff.get("/tables/board"))
                waiting = staff.get("/orders", params={"status": "pending", "limit": 2})
                for order in waiting.json()["data"] if self._note(waiting) else []:
                    self._note(staff.patch(f"/orders/{order['id']}", json={"status": "served"}))
                time.sleep(PAUSE)

    def _note(self, answer: httpx.Response) -> bool:
        if not answer.is_success:
            self.refusals.append(answer)
        return answer.is_success


def own_connection(client: httpx.Client) -> httpx.Client:
    """A client with the same credential that no other thread uses."""
    headers = {"Authorization": client.headers["Authorization"]}
    return httpx.Client(base_url=client.base_url, headers=headers, trust_env=False, timeout=30)

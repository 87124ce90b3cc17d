"""Races with real connections: every request of a race has a thread and a socket of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import httpx

T = TypeVar("T")


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Start all calls in the same instant; their results in order."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def sender(
    client: httpx.Client, method: str, path: str, body: object, key: str | None = None
) -> Callable[[], httpx.Response]:
    """One request on a connection of its own."""
    url = str(client.base_url).rstrip("/") + path
    headers = {"Authorization": client.headers["Authorization"]}
    if key is not None:
        headers["Idempotency-Key"] = key

    def send() -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=30) as fresh:
            return fresh.request(method, url, json=body, headers=headers)

    return send

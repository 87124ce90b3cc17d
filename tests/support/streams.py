"""Hearing a live stream as a client does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import httpx

Event = tuple[str | None, str, Any]


@contextmanager
def listening(client: httpx.Client, last: str | None = None) -> Iterator["Queue[Event | None]"]:
    """Events of a stream as (id, type, data) in a queue; None when it has ended."""
    heard: Queue[Event | None] = Queue()
    headers = {"Last-Event-ID": last} if last is not None else {}
    with client.stream("GET", "/events/stream", headers=headers, timeout=20) as response:
        assert response.status_code == 200
        reader = threading.Thread(target=_read, args=(response, heard), daemon=True)
        reader.start()
        yield heard


def _read(response: httpx.Response, heard: "Queue[Event | None]") -> None:
    fields: dict[str, str] = {}
    try:
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "event" in fields:
                heard.put((fields.get("id"), fields["event"], json.loads(fields["data"])))
                fields = {}
    except httpx.HTTPError:
        pass
    heard.put(None)

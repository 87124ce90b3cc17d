"""What a worker keeps of the stores' menus, each entry valid for one catalog version only.

Nothing is ever served on the strength of the cache alone: a caller learns the current catalog
version from the database first, and an entry of another version does not count.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from app.core.compression import COMPRESSED_FROM, compress

MAX_STORES = 512
"""How many menus a worker holds; the one that was read the longest ago goes first."""
MAX_ANSWERS = 256
"""How many answers are kept per menu: one for each combination of headers that clients send."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer as it goes over the wire; may be sent any number of times.

    Its headers say all that every response does, except what differs each time.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class CachedPage:
    """A rendered answer: its bytes, its tag, and its compressed copies, each made once.

    `language` is None when the content has none of its own.
    `valid_until` is the instant at which its content changes by itself, None when it never does.
    """

    def __init__(
        self, body: bytes, language: str | None, valid_until: datetime | None = None
    ) -> None:
        self.body = body
        self.language = language
        self.valid_until = valid_until
        self._tag = blake2b(body, digest_size=12).hexdigest()
        self._copies: dict[str, bytes] = {}

    def is_valid_at(self, now: datetime) -> bool:
        return self.valid_until is None or now < self.valid_until

    def encoded(self, coding: str | None) -> tuple[bytes, str | None]:
        """The body in `coding` and the coding it has: small bodies stay as they are."""
        if coding is None or len(self.body) < COMPRESSED_FROM:
            return self.body, None
        if coding not in self._copies:
            self._copies[coding] = compress(self.body, coding, kept=True)
        return self._copies[coding], coding

    def etag(self, coding: str | None) -> str:
        """The strong tag of the copy in `coding`: other bytes, another tag (RFC 9110, 8.8.3)."""
        return f'"{self._tag}-{coding}"' if coding else f'"{self._tag}"'


@dataclass(slots=True)
class CachedMenu:
    """One store's menu at `catalog_version`, and its pages by language.

    `snapshot` is what the loader made, `answers` what the API made of its pages; the core does
    not look into either.
    """

    catalog_version: int
    snapshot: Any
    pages: dict[str, CachedPage] = field(default_factory=dict)
    answers: dict[Any, Any] = field(default_factory=dict)

    def remember(self, asked: Any, answer: Any) -> None:
        """Keep an answer; when there are too many, they are all made anew."""
        if len(self.answers) >= MAX_ANSWERS:
            self.answers.clear()
        self.answers[asked] = answer


class BoardCache:
    """The stores' boards of one worker, each for the event number that it shows.

    Whatever changes a board is an event, so a board with the store's newest number is current;
    the caller reads that number first.
    """

    def __init__(self) -> None:
        self._boards: LRUCache[int, tuple[int, CachedPage]] = LRUCache(MAX_STORES)

    def get(self, store_id: UUID, event_seq: int) -> CachedPage | None:
        known = self._boards.get(store_id.int)
        return known[1] if known is not None and known[0] == event_seq else None

    def keep(self, store_id: UUID, event_seq: int, page: CachedPage) -> None:
        self._boards[store_id.int] = (event_seq, page)


class MenuCache:
    """The menus of one worker, by the numbers of the stores' ids.

    A UUID is hashed and compared in Python: half a microsecond for each look-up in a dictionary.
    """

    def __init__(self) -> None:
        self._menus: dict[int, CachedMenu] = {}
        self._loading: dict[UUID, asyncio.Task[CachedMenu]] = {}

    def known(self, store_id: UUID) -> CachedMenu | None:
        """The newest menu that this worker has seen, whatever the current version is."""
        menu = self._menus.pop(store_id.int, None)
        if menu is not None:
            # Put in again, it stands last: the first is the one that was read the longest ago.
            self._menus[store_id.int] = menu
        return menu

    async def get(
        self, store_id: UUID, catalog_version: int, load: Callable[[], Awaitable[CachedMenu]]
    ) -> CachedMenu:
        """The menu at `catalog_version` or a later one, loaded if this worker lacks it.

        After a menu change many tablets ask at once: they share one load. The load is a task of
        its own, so that a caller who hangs up does not take the others' answer along. Callers
        should hold no connection meanwhile, since the load needs one.
        """
        while True:
            menu = self.known(store_id)
            if menu is not None and menu.catalog_version >= catalog_version:
                return menu
            task = self._loading.get(store_id)
            if task is None:
                task = asyncio.ensure_future(self._load(store_id, load))
                self._loading[store_id] = task
            menu = await asyncio.shield(task)
            if menu.catalog_version >= catalog_version:
                return menu

    async def _load(self, store_id: UUID, load: Callable[[], Awaitable[CachedMenu]]) -> CachedMenu:
        try:
            menu = await load()
            self._menus[store_id.int] = menu
            if len(self._menus) > MAX_STORES:
                del self._menus[next(iter(self._menus))]
            return menu
        finally:
            del self._loading[store_id]

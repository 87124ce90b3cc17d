"""How many streams may be open at once, here: per credential and per store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from app.core.errors import TooManyStreamsError
from app.core.metrics import STREAMS


class StreamSlots:
    """The open streams of this worker, counted by sign-in and by store."""

    def __init__(self, per_credential: int, per_store: int) -> None:
        self._limits = (per_credential, per_store)
        self._open: Counter[UUID] = Counter()

    def check(self, sign_in_id: UUID, store_id: UUID) -> None:
        """Raise TooManyStreamsError when one more would be too many."""
        for key, limit in zip((sign_in_id, store_id), self._limits, strict=True):
            if self._open[key] >= limit:
                raise TooManyStreamsError(limit=limit)

    @contextmanager
    def hold(self, sign_in_id: UUID, store_id: UUID) -> Iterator[None]:
        """Take a slot while the block runs.

        Raises:
            TooManyStreamsError: there is none; of streams opened together some get here.
        """
        self.check(sign_in_id, store_id)
        keys = (sign_in_id, store_id)
        self._open.update(keys)
        STREAMS.inc()
        try:
            yield
        finally:
            self._open.subtract(keys)
            for key in keys:
                if self._open[key] <= 0:
                    del self._open[key]
            STREAMS.dec()

"""The general limit: stops a client that runs away, and costs no query.

Kept in each worker's memory, each with its share of the limit, so that all workers of all copies
together admit no more than the limit. What is announced is the share, since that is what the client
can rely on (draft-ietf-httpapi-ratelimit-headers: lists of policies by name; `q` requests in `w`
seconds, `r` of them left, all of them again in `t` seconds).
"""

import math
import time
from collections.abc import Hashable
from dataclasses import dataclass

QUOTA = "quota"
"""Where a request's state keeps its `Quota`."""
WINDOW = 60.0
REMEMBERED = 50_000
"""How many buckets a worker keeps; the one that was used the longest ago goes first."""


@dataclass(slots=True)
class Quota:
    """What is left after a request, as response headers; `retry_after` is 0 when it is let in."""

    retry_after: int
    headers: tuple[tuple[bytes, bytes], ...]


class RateLimiter:
    """One bucket (GCRA) for each key; a bucket takes a whole minute's share at once.

    A bucket is one number, the time at which it is full again: a few microseconds a request.
    """

    def __init__(self, name: str, per_minute: int, workers: int) -> None:
        self.name = name
        share = max(1, per_minute // workers)
        self._step = WINDOW / share
        self._slack = WINDOW - self._step * 0.999
        self._full_at: dict[Hashable, float] = {}
        self._state = f'"{name}";r=%d;t=%d'.encode()
        self._policy = (b"ratelimit-policy", f'"{name}";q={share};w={WINDOW:.0f}'.encode())

    def take(self, key: Hashable) -> Quota:
        """Count a request of `key`."""
        now = time.monotonic()
        full_at = self._full_at
        # Taken out and put in again, it stands last: the first is the one used the longest ago.
        ahead = full_at.pop(key, now) - now
        if ahead > self._slack:
            full_at[key] = now + ahead
            wait = math.ceil(ahead - self._slack)
            return Quota(wait, (self._policy, (b"ratelimit", self._state % (0, wait))))
        ahead = self._step + ahead if ahead > 0 else self._step
        full_at[key] = now + ahead
        if len(full_at) > REMEMBERED:
            del full_at[next(iter(full_at))]
        left = int((WINDOW - ahead) / self._step + 0.001)
        state = self._state % (left, math.ceil(ahead))
        return Quota(0, (self._policy, (b"ratelimit", state)))

    def is_spent(self, key: Hashable) -> bool:
        """Whether `take` would refuse now."""
        return self._full_at.get(key, 0.0) - time.monotonic() > self._slack

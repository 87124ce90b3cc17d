"""SQLAlchemy's pool, with the time that its users wait."""

import time
from typing import NamedTuple

from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import PoolProxiedConnection

from app.core.metrics import POOL_REFUSALS, POOL_WAIT

_WAIT, _REFUSALS = POOL_WAIT.labels("units"), POOL_REFUSALS.labels("units")


class PoolUsage(NamedTuple):
    """Connections: how many there may be, how many of them are open, and who waits for one."""

    size: int
    idle: int
    in_use: int
    waiting: int


class WatchedPool(AsyncAdaptedQueuePool):
    """Measures each wait for a connection, the refused ones too."""

    waiting = 0

    def connect(self) -> PoolProxiedConnection:
        began = time.perf_counter()
        self.waiting += 1
        try:
            return super().connect()
        except PoolTimeoutError:
            _REFUSALS.inc()
            raise
        finally:
            self.waiting -= 1
            _WAIT.observe(time.perf_counter() - began)

    def usage(self) -> PoolUsage:
        """How busy it is at this moment."""
        return PoolUsage(self.size(), self.checkedin(), self.checkedout(), self.waiting)

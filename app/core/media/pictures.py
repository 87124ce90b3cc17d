"""Uploads → pictures, in a worker thread.

What was uploaded is never served: it is decoded and its pixels are encoded anew, so that no
metadata and nothing hidden behind or inside the file survives. `app/core/media/imaging.py` holds
the work itself and is loaded with the first upload: Pillow costs memory and start-up time.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module

from anyio import CapacityLimiter, to_thread

from app.core.errors import BusyError

MAX_WAITING = 8
"""Uploads that may wait for the thread; each holds its bytes in memory meanwhile."""


@dataclass(frozen=True)
class Rendition:
    """One size of a picture, as WebP; width and height in pixels."""

    content: bytes
    width: int
    height: int

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the two sizes that menus show."""

    full: Rendition
    thumbnail: Rendition


class PictureMaker:
    """Makes one picture at a time: a decoded one may take 100 MB."""

    def __init__(self) -> None:
        self._limiter: CapacityLimiter | None = None
        self._waiting = 0

    async def make(self, upload: bytes) -> Picture:
        """The picture that the upload shows.

        Raises:
            ImageInvalidError: not a JPEG, PNG or WebP that can be decoded, or too many pixels.
            BusyError: too many uploads wait already.
        """
        if self._waiting >= MAX_WAITING:
            raise BusyError
        if self._limiter is None:
            self._limiter = CapacityLimiter(1)
        self._waiting += 1
        try:
            return await to_thread.run_sync(_make, upload, limiter=self._limiter)
        finally:
            self._waiting -= 1


async def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height of a stored picture in pixels; None when it is no WebP."""
    return await to_thread.run_sync(_size_of, content)


def _size_of(content: bytes) -> tuple[int, int] | None:
    size: tuple[int, int] | None = import_module("app.core.media.imaging").size_of(content)
    return size


def _make(upload: bytes) -> Picture:
    made: Picture = import_module("app.core.media.imaging").make_picture(upload)
    return made

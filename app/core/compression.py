"""Content codings of responses (RFC 9110, 8.4 and 12.5.3)."""

import gzip
from functools import lru_cache

import brotli
import zstandard

COMPRESSED_FROM = 1024
"""Bodies below this many bytes are sent as they are."""
CODINGS = ("zstd", "br", "gzip")
"""The codings that are offered, the best first."""


MAX_HEADER = 256
"""Of `Accept-Encoding`, in characters; browsers send 30. Who sends more gets the body as it is."""

_REFUSED = {"q=0", "q=0.0", "q=0.00", "q=0.000"}


def choose_coding(header: str) -> str | None:
    """The best coding that an `Accept-Encoding` header takes, None for the body as it is."""
    return _best_coding(header) if len(header) <= MAX_HEADER else None


@lru_cache(maxsize=512)
def _best_coding(header: str) -> str | None:
    return next((coding for coding in CODINGS if accepts(header, coding)), None)


def accepts(header: str, coding: str) -> bool:
    """Whether an `Accept-Encoding` header takes `coding`, by its name or by `*`."""
    taken = {}
    for part in header.lower().split(","):
        name, _, quality = part.partition(";")
        taken[name.strip()] = quality.replace(" ", "") not in _REFUSED
    return taken.get(coding, taken.get("*", False))


def compress(body: bytes, coding: str, *, kept: bool = False) -> bytes:
    """`body` in one of `CODINGS`, at a level that costs little.

    Args:
        kept: it will be sent many times. A quarter less of gzip, which most tablets ask for, is
            worth half as much time again.
    """
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(body)
    if coding == "br":
        packed: bytes = brotli.compress(body, quality=4)
        return packed
    return gzip.compress(body, compresslevel=7 if kept else 5, mtime=0)

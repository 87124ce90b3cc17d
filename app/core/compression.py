"""Content codings of responses."""

import gzip

import zstandard

COMPRESSED_FROM = 1024
"""Bodies below this many bytes are sent as they are."""


def compress(body: bytes, coding: str) -> bytes:
    """`body` in the content coding `gzip` or `zstd`, at a level that costs little."""
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(body)
    return gzip.compress(body, compresslevel=5, mtime=0)

"""Pictures to upload, drawn in memory."""

import struct
import zlib
from io import BytesIO
from typing import Any

import httpx
from PIL import Image

from tests.support.shops import Json, Shop

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new(options.pop("mode", "RGB"), size, options.pop("left", "red"))
    image.paste(options.pop("right", "blue"), (size[0] // 2, 0, size[0], size[1]))
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A PNG that says it is huge, in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def upload(
    shop: Shop, item: Json, content: bytes, kind: str = "image/jpeg", **headers: str
) -> httpx.Response:
    """Send the content as the item's picture, as a manager."""
    return shop.manager.put(
        f"/menu/items/{item['id']}/image",
        content=content,
        headers={"Content-Type": kind, **headers},
    )


def fetch(shop: Shop, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """Read a picture as anybody may, without a credential."""
    return httpx.request(method, shop.url + url, headers=headers, trust_env=False, timeout=10)


def pixels(content: bytes) -> Image.Image:
    """What the WebP shows."""
    with Image.open(BytesIO(content), formats=["WEBP"]) as opened:
        opened.load()
        return opened.copy()

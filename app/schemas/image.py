"""Pictures on the wire. An address never changes what it shows: it may be kept for good."""

from app.schemas.base import Output


class ThumbnailOutput(Output):
    """A small copy, at most 320 pixels wide."""

    url: str
    width: int
    height: int


class ImageOutput(Output):
    """WebP, at most 1280 pixels wide; `url` is relative to the service's address."""

    url: str
    width: int
    height: int
    thumbnail: ThumbnailOutput

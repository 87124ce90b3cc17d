"""How an item's picture is stored, and how it is shown."""

from collections.abc import Mapping
from typing import Any

from app.core.media import Picture, Rendition, path_of


def stored(picture: Picture) -> dict[str, Any]:
    """What the item's row says of its picture."""
    return {**_stored(picture.full), "thumbnail": _stored(picture.thumbnail)}


def _stored(rendition: Rendition) -> dict[str, Any]:
    return {"sha256": rendition.digest, "width": rendition.width, "height": rendition.height}


def shown(image: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What clients read of it: the shape of `ImageOutput`."""
    if image is None:
        return None
    return {**_shown(image), "thumbnail": _shown(image["thumbnail"])}


def _shown(size: Mapping[str, Any]) -> dict[str, Any]:
    return {"url": path_of(size["sha256"]), "width": size["width"], "height": size["height"]}

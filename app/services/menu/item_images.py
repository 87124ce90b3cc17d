"""Giving items their pictures, and taking them away."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from app.core.media import MediaStore, Picture, PictureMaker
from app.repositories.media import MediaRepository
from app.repositories.menu import ItemRepository
from app.schemas.menu import ItemOutput
from app.services.menu.image_fields import stored
from app.services.menu.journal import MenuJournal
from app.services.menu.outputs import item_output


@dataclass(frozen=True, slots=True)
class ImageRows:
    """What the service needs of a transaction."""

    items: ItemRepository
    media: MediaRepository
    journal: MenuJournal


class ItemImageService:
    """Begins its transaction only when the picture is made: decoding takes long, and holds none.

    Files are there before the item refers to them. What a failed request leaves behind, and what
    nobody shows any more, is the sweep's.
    """

    def __init__(
        self,
        pictures: PictureMaker,
        media: MediaStore,
        begin: Callable[[], Awaitable[ImageRows]],
    ) -> None:
        self._pictures = pictures
        self._media = media
        self._begin = begin

    async def put(self, item_id: UUID, upload: bytes, expected: int | None) -> ItemOutput:
        """Show the uploaded picture with the item. The one it shows already changes nothing.

        Raises:
            ImageInvalidError: the upload can't be decoded.
            NotFoundError: no such item, or it is archived.
            VersionMismatchError: `expected` was given and is not the current version.
            StorageUnavailableError: the picture can't be stored now.
        """
        picture = await self._pictures.make(upload)
        rows = await self._begin()
        await rows.items.get(item_id)
        await self._store(rows.media, picture)
        item = await rows.items.get_live(item_id, expected)
        image = stored(picture)
        if item.image != image:
            item.image = image
            await rows.items.touch(item)
            rows.journal.changed("item", "updated", item_output(item))
        return item_output(item)

    async def remove(self, item_id: UUID, expected: int | None) -> None:
        """Show no picture with the item any more; without one, nothing changes."""
        rows = await self._begin()
        item = await rows.items.get_live(item_id, expected)
        if item.image is not None:
            item.image = None
            await rows.items.touch(item)
            rows.journal.changed("item", "updated", item_output(item))

    async def _store(self, media: MediaRepository, picture: Picture) -> None:
        sizes = (picture.full, picture.thumbnail)
        await media.hold(*{size.digest for size in sizes})
        for size in sizes:
            await self._media.put(size.digest, size.content)

"""The pictures that a menu file names: whether this installation has them."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from app.core.errors import FieldError
from app.core.media import MediaStore, size_of
from app.core.words import Words
from app.repositories.media import MediaRepository
from app.schemas.menu_file import ImagePart, ImageSizePart, ItemPart
from app.services.menu_files.read_menu import ReadMenu, refusal

BATCH = 50
"""So few that a slow bucket reads them before their transaction counts as idle (10 s)."""

Sizes = Mapping[str, tuple[int, int] | None]
"""Width and height in pixels by digest; None for a picture that is not there."""
MISSING = Words(
    "This installation doesn't have the picture: the item is imported without it.",
    "없는 사진입니다. 메뉴는 사진 없이 가져옵니다.",
)


class ImportedImages:
    """A file names pictures by their digests, as their addresses do: they are public.

    `source` is where those come from that this installation doesn't have yet.
    """

    def __init__(
        self, media: MediaStore, held: MediaRepository, source: MediaStore | None = None
    ) -> None:
        self._media = media
        self._held = held
        self._source = source

    async def check(self, read: ReadMenu, known: Sizes, *, keep: bool) -> ReadMenu:
        """The menu with the pictures that are there; a warning for each of the others.

        Those that are there stay there until this transaction ends.

        Args:
            known: the pictures that the store shows already.
            keep: whether pictures of the source are to be kept, or only looked at.

        Raises:
            MenuFileInvalidError: a picture is of another size than the file says.
            StorageUnavailableError: the pictures can't be read now.
        """
        wanted = {
            size.sha256
            for _, _, image in _images(read)
            for size in (image, image.thumbnail)
            if size.sha256 not in known
        }
        sizes = {**known, **await self._look(sorted(wanted), keep=keep)}
        warnings = list(read.warnings)
        errors = []
        for pointer, item, image in list(_images(read)):
            asked = (image, image.thumbnail)
            if any(sizes[size.sha256] is None for size in asked):
                item.image = None
                item.model_fields_set.discard("image")
                warnings.append(FieldError(pointer, "image-missing", MISSING))
            elif any(sizes[size.sha256] != _said(size) for size in asked):
                detail = Words(
                    "The picture is of another size.", "사진의 크기가 파일의 내용과 다릅니다."
                )
                errors.append(FieldError(pointer, "contradiction", detail))
        if errors:
            raise refusal(errors)
        return replace(read, warnings=warnings)

    async def _look(self, digests: list[str], *, keep: bool) -> dict[str, tuple[int, int] | None]:
        """Width and height of each picture; None for those that are not there."""
        sizes: dict[str, tuple[int, int] | None] = {}
        for start in range(0, len(digests), BATCH):
            several = digests[start : start + BATCH]
            await self._held.hold(*several)
            found = await asyncio.gather(*(self._size(digest, keep=keep) for digest in several))
            sizes.update(zip(several, found, strict=True))
        return sizes

    async def _size(self, digest: str, *, keep: bool) -> tuple[int, int] | None:
        content = await self._media.get(digest)
        if content is not None or self._source is None:
            return None if content is None else await size_of(content)
        brought = await self._source.get(digest)
        if brought is None or hashlib.sha256(brought).hexdigest() != digest:
            return None
        size = await size_of(brought)
        if keep and size is not None:
            await self._media.put(digest, brought)
        return size


def _images(read: ReadMenu) -> Iterator[tuple[str, ItemPart, ImagePart]]:
    """Each picture with the item that shows it, and with its place in the file."""
    for at, category in enumerate(read.file.categories):
        for place, item in enumerate(category.items):
            if item.image is not None:
                yield f"/categories/{at}/items/{place}/image", item, item.image


def _said(size: ImageSizePart) -> tuple[int, int]:
    return size.width, size.height

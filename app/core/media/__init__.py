"""Pictures: made from what was uploaded, and kept under the digest of their bytes."""

from app.core.media.pictures import Picture, PictureMaker, Rendition, size_of
from app.core.media.storage import Folder, MediaStore, StoredFile, digest_of, media_store, path_of

__all__ = [
    "Folder",
    "MediaStore",
    "Picture",
    "PictureMaker",
    "Rendition",
    "StoredFile",
    "digest_of",
    "media_store",
    "path_of",
    "size_of",
]

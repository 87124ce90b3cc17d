"""Pictures: made from what was uploaded, and kept under the digest of their bytes."""

from app.core.media.pictures import Picture, PictureMaker, Rendition
from app.core.media.storage import MediaStore, StoredFile, digest_of, media_store, path_of

__all__ = [
    "MediaStore",
    "Picture",
    "PictureMaker",
    "Rendition",
    "StoredFile",
    "digest_of",
    "media_store",
    "path_of",
]

"""Decoding, turning, shrinking and encoding; blocks, so only ever called in a worker thread."""

from io import BytesIO

from PIL import Image, ImageCms, ImageOps

from app.core.errors import ImageInvalidError
from app.core.media.pictures import Picture, Rendition
from app.core.words import Words

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 25_000_000
"""A phone's camera has 12 million. Known from the file's head, before anything is decoded."""
FULL, THUMBNAIL = (1280, 2560), (320, 640)
"""The largest width and height, in pixels; smaller pictures are not enlarged."""
QUALITY = 80

# We look at the size ourselves, before decoding; Pillow's own check would warn or raise elsewhere.
Image.MAX_IMAGE_PIXELS = None


def make_picture(upload: bytes) -> Picture:
    """Decode the upload and encode it in two sizes.

    Raises:
        ImageInvalidError: not a JPEG, PNG or WebP that can be decoded, or too many pixels.
    """
    try:
        image = _decode(upload)
        return Picture(_rendition(image, FULL), _rendition(image, THUMBNAIL))
    except ImageInvalidError:
        raise
    except Exception as error:
        # Decoders fail on crafted files in many ways: OSError, ValueError, struct.error, KeyError…
        raise ImageInvalidError from error


def size_of(content: bytes) -> tuple[int, int] | None:
    """What the head of a picture says, when it is one as this service makes them, else None."""
    try:
        with Image.open(BytesIO(content), formats=["WEBP"]) as opened:
            width, height = opened.size
    except Exception:  # noqa: BLE001 - decoders fail on crafted files in many ways
        return None
    return (width, height) if width <= FULL[0] and height <= FULL[1] else None


def _decode(upload: bytes) -> Image.Image:
    """The pixels, upright, as RGB or RGBA in sRGB, not much larger than what is needed of them."""
    with Image.open(BytesIO(upload), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise ImageInvalidError(
                Words(
                    f"At most {MAX_PIXELS} pixels; this has {width * height}.",
                    f"이미지는 {MAX_PIXELS}화소까지 쓸 수 있습니다. 보낸 이미지는 {width * height}화소입니다.",
                )
            )
        # A JPEG can be decoded at a fraction of its size; others take no notice.
        opened.draft("RGB", (FULL[1] * 2, FULL[1] * 2))
        image = ImageOps.exif_transpose(opened)
        profile = opened.info.get("icc_profile")
    return _in_srgb(_in_colour(image), profile)


def _in_colour(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey: converted as they are, all would be white
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    transparent = image.has_transparency_data
    wanted = "RGBA" if transparent else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A phone's wide colours as the browser shows them without the profile, which is left out."""
    if not profile:
        return image
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        changed = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile of another kind of colours, or a broken one
    return changed or image


def _rendition(image: Image.Image, largest: tuple[int, int]) -> Rendition:
    # Of the pixels alone: `info`, which the encoder would write out, stays behind.
    shrunk = Image.new(image.mode, image.size)
    shrunk.paste(image)
    shrunk.thumbnail(largest, Image.Resampling.LANCZOS)
    out = BytesIO()
    shrunk.save(out, "WEBP", quality=QUALITY, method=4)
    return Rendition(out.getvalue(), shrunk.width, shrunk.height)

"""Making pictures, whatever is uploaded."""

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.core.errors import ImageInvalidError
from app.core.media.imaging import FULL, THUMBNAIL, make_picture
from app.core.media.pictures import Picture
from tests.support.pictures import picture

GOOD = [picture(kind, (60, 40)) for kind in ("JPEG", "PNG", "WEBP")]


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(content), formats=["WEBP"]) as opened:
        opened.load()
        return opened.size


@given(st.integers(1, 3000), st.integers(1, 1500))
@settings(max_examples=25, deadline=None)
def test_sizes_are_bounded_and_keep_their_shape(width: int, height: int) -> None:
    made = make_picture(picture("PNG", (width, height)))
    for size, largest in ((made.full, FULL), (made.thumbnail, THUMBNAIL)):
        assert (size.width, size.height) == size_of(size.content)
        assert size.width <= min(width, largest[0])
        assert size.height <= min(height, largest[1])
        scale = size.width / width
        assert abs(size.height - height * scale) <= max(1, height / width)


@given(st.sampled_from(GOOD), st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_is_a_picture_or_refused(whole: bytes, data: st.DataObject) -> None:
    content = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(whole)))
    with suppress(ImageInvalidError):
        assert isinstance(make_picture(bytes(content[:end])), Picture)


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(ImageInvalidError):
        make_picture(noise)


def test_the_same_upload_makes_the_same_files() -> None:
    first, second = make_picture(GOOD[0]), make_picture(GOOD[0])
    assert first.full.digest == second.full.digest
    assert first.thumbnail.digest == second.thumbnail.digest


def test_only_the_first_of_moving_pictures_is_shown() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    with Image.open(BytesIO(make_picture(out.getvalue()).full.content)) as opened:
        assert getattr(opened, "n_frames", 1) == 1

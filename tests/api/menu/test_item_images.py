"""Pictures of items: what may be uploaded, what is kept of it, and how it is served."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image, ImageCms

from app.core.ids import uuid7
from tests.support.menu_building import add_category, add_item, menu_items, ok
from tests.support.pictures import TYPES, fetch, huge_png, picture, pixels, upload
from tests.support.shops import Json, Shop

NOWHERE = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"


@pytest.fixture
def item(shop: Shop) -> Json:
    return add_item(shop, add_category(shop))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_as_webp_in_two_sizes(shop: Shop, item: Json, kind: str) -> None:
    answer = upload(shop, item, picture(kind, (2000, 1000)), TYPES[kind])
    changed = ok(answer)
    assert (changed["version"], answer.headers["etag"]) == (2, '"2"')
    image = changed["image"]
    for size, width, height in ((image, 1280, 640), (image["thumbnail"], 320, 160)):
        assert (size["width"], size["height"]) == (width, height)
        served = fetch(shop, size["url"])
        assert (served.status_code, served.headers["content-type"]) == (200, "image/webp")
        assert pixels(served.content).size == (width, height)
        digest = hashlib.sha256(served.content).hexdigest()
        assert size["url"] == f"/media/{digest}.webp"
    assert menu_items(shop)[0]["image"] == image
    assert ok(shop.kitchen.get(f"/menu/items/{item['id']}"))["image"] == image


def test_an_item_has_no_picture_until_it_is_given_one(shop: Shop, item: Json) -> None:
    assert item["image"] is None
    assert menu_items(shop)[0]["image"] is None


def test_a_form_does_as_well(shop: Shop, item: Json) -> None:
    path = f"/menu/items/{item['id']}/image"
    file = ("stew.png", picture("PNG"), "image/png")
    changed = ok(shop.manager.put(path, files={"file": file}))
    assert (changed["image"]["width"], changed["image"]["height"]) == (64, 48)
    before = shop.counters()
    for files, status in (
        ({"picture": file}, 422),
        ({"file": file, "other": ("x.png", b"x", "image/png")}, 422),
        ([("file", file)] * 3, 422),
        ({"file": ("a.gif", picture("GIF"), "image/gif")}, 415),
        ({"file": ("a.png", b"", "image/png")}, 422),
    ):
        refused = shop.manager.put(path, files=files)
        assert refused.status_code == status, refused.text
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert shop.manager.put(path, content=b"--y\r\n", headers=broken).status_code in (400, 422)
    bare = {"Content-Type": "multipart/form-data"}
    unbounded = shop.manager.put(path, content=b"--y\r\n", headers=bare)
    assert (unbounded.status_code, "form" in unbounded.json()["detail"]) == (400, True)
    assert shop.counters() == before


def test_the_picture_is_served_to_be_kept_for_good(shop: Shop, item: Json) -> None:
    url = ok(upload(shop, item, picture()))["image"]["url"]
    served = fetch(shop, url)
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.headers["x-content-type-options"] == "nosniff"
    tag = served.headers["etag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = fetch(shop, url, **{"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert fetch(shop, url, **{"If-None-Match": '"x"'}).status_code == 200
    head = fetch(shop, url, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(served.content))


@pytest.mark.parametrize(
    "name", ["0" * 64 + ".webp", "x.webp", "A" * 64 + ".webp", "..%2f..%2fetc%2fpasswd", "0" * 64]
)
def test_other_addresses_are_not_found(shop: Shop, name: str) -> None:
    missing = fetch(shop, f"/media/{name}")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


def test_the_same_picture_again_changes_nothing(shop: Shop, item: Json) -> None:
    first = ok(upload(shop, item, picture()))
    before = shop.counters()
    assert ok(upload(shop, item, picture())) == first
    assert shop.counters() == before


def test_a_new_picture_is_told_to_everybody(shop: Shop, item: Json) -> None:
    seq, catalog = shop.counters()
    changed = ok(upload(shop, item, picture()))
    assert shop.counters() == (seq + 1, catalog + 1)
    [event] = ok(shop.kitchen.get("/events", params={"after": seq}))["data"]
    assert event["type"] == "menu.changed"
    assert event["data"] == {"kind": "item", "change": "updated", "item": changed}


def test_a_picture_is_taken_away(shop: Shop, item: Json) -> None:
    upload(shop, item, picture())
    path = f"/menu/items/{item['id']}/image"
    assert shop.manager.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert shop.manager.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert menu_items(shop)[0]["image"] is None
    before = shop.counters()
    assert shop.manager.delete(path).status_code == 204
    assert shop.counters() == before


def test_phones_turn_their_pictures_by_a_mark_in_the_file(shop: Shop, item: Json) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: what is left in the file is up for the eye
    exif[0x010F] = "SecretCamera"
    sent = picture("JPEG", (400, 200), exif=exif, comment=b"SecretComment", quality=95)
    image = ok(upload(shop, item, sent))["image"]
    assert (image["width"], image["height"]) == (200, 400)
    served = fetch(shop, image["url"]).content
    red, green, blue = pixels(served).convert("RGB").getpixel((100, 20))  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 60
    assert b"Secret" not in served
    assert not pixels(served).info.get("exif")


def test_nothing_that_hides_in_the_file_is_served(shop: Shop, item: Json) -> None:
    sent = picture("PNG") + b"<script>alert(1)</script>"
    image = ok(upload(shop, item, sent, "image/png"))["image"]
    assert b"script" not in fetch(shop, image["url"]).content


def test_wide_colours_are_brought_to_those_of_the_web(shop: Shop, item: Json) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"not a profile"):
        image = ok(upload(shop, item, picture(icc_profile=icc)))["image"]
        served = pixels(fetch(shop, image["url"]).content)
        assert "icc_profile" not in served.info


@pytest.mark.parametrize(
    ("mode", "left", "right", "options"),
    [
        ("RGBA", (255, 0, 0, 0), (0, 0, 255, 255), {}),
        ("P", 1, 2, {"transparency": 1}),
        ("L", 0, 255, {}),
        ("LA", (0, 0), (255, 255), {}),
        ("1", 0, 1, {}),
        ("I;16", 0, 65535, {}),
    ],
)
def test_every_kind_of_png_is_read(
    shop: Shop, item: Json, mode: str, left: Any, right: Any, options: Json
) -> None:
    image = Image.new(mode, (40, 20), left)
    image.paste(right, (20, 0, 40, 20))
    if mode == "P":
        image.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    out = BytesIO()
    image.save(out, "PNG", **options)
    changed = ok(upload(shop, item, out.getvalue(), "image/png"))
    served = pixels(fetch(shop, changed["image"]["url"]).content)
    transparent = mode in ("RGBA", "LA") or bool(options)
    assert served.mode == ("RGBA" if transparent else "RGB")
    colours = served.convert("RGBA")
    assert colours.getpixel((5, 10)) != colours.getpixel((35, 10))


def test_printers_colours_are_read(shop: Shop, item: Json) -> None:
    sent = picture("JPEG", mode="CMYK", left=(0, 255, 255, 0), right=(255, 255, 0, 0))
    ok(upload(shop, item, sent))


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (picture("GIF"), "image/gif", 415, "unsupported-media-type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 415, None),
        (b"{}", "application/json", 415, None),
        (picture(), "", 415, None),
        (picture("GIF"), "image/png", 422, "image-invalid"),
        (b"no picture", "image/jpeg", 422, "image-invalid"),
        (b"", "image/jpeg", 422, "image-invalid"),
        (picture(size=(800, 800))[:-2000], "image/jpeg", 422, "image-invalid"),
        (huge_png(50_000, 50_000), "image/png", 422, "image-invalid"),
        (huge_png(5_001, 5_000), "image/png", 422, "image-invalid"),
        (huge_png(4_000, 4_000), "image/png", 422, "image-invalid"),
        (bytes(5 * 1024 * 1024 + 1), "image/jpeg", 413, "body-too-large"),
    ],
    ids=str,
)
def test_what_is_no_good_picture_is_refused(
    shop: Shop, item: Json, content: bytes, kind: str, status: int, code: str | None
) -> None:
    before = shop.counters()
    refused = upload(shop, item, content, kind)
    assert refused.status_code == status, refused.text
    assert code in (None, refused.json()["code"])
    assert shop.counters() == before
    assert ok(shop.kitchen.get(f"/menu/items/{item['id']}")).items() >= item.items()


def test_five_mebibytes_are_taken(shop: Shop, item: Json) -> None:
    sent = picture("PNG")
    assert ok(upload(shop, item, sent.ljust(5 * 1024 * 1024, b"\0"), "image/png"))["image"]


def test_a_form_may_not_carry_more(shop: Shop, item: Json) -> None:
    for length in (5 * 1024 * 1024 + 1, 6 * 1024 * 1024):
        file = ("a.png", bytes(length), "image/png")
        refused = shop.manager.put(f"/menu/items/{item['id']}/image", files={"file": file})
        assert refused.status_code == 413


def test_packed_uploads_are_refused(shop: Shop, item: Json) -> None:
    refused = upload(shop, item, picture(), **{"Content-Encoding": "gzip"})
    assert refused.status_code == 415


def test_only_managers_give_pictures_and_only_to_their_items(
    shop: Shop, other_shop: Shop, item: Json
) -> None:
    path, head = f"/menu/items/{item['id']}/image", {"Content-Type": "image/jpeg"}
    before = shop.counters()
    for client, status in (
        (shop.staff, 403),
        (shop.tablet(uuid7()), 403),
        (shop.connect(), 401),
        (other_shop.manager, 404),
    ):
        assert client.put(path, content=picture(), headers=head).status_code == status
        assert client.delete(path).status_code == status
    assert upload(shop, {"id": NOWHERE}, picture()).status_code == 404
    assert upload(shop, item, picture(), **{"If-Match": '"7"'}).status_code == 412
    shop.manager.delete(f"/menu/items/{item['id']}")
    assert upload(shop, item, picture()).status_code == 404
    assert shop.counters() != before  # the archive alone
    assert ok(shop.manager.get(f"/menu/items/{item['id']}"))["image"] is None


def test_stores_may_show_the_same_picture(shop: Shop, other_shop: Shop, item: Json) -> None:
    other = add_item(other_shop, add_category(other_shop))
    first, second = (
        ok(upload(place, one, picture()))["image"]
        for place, one in ((shop, item), (other_shop, other))
    )
    assert first == second
    other_shop.manager.delete(f"/menu/items/{other['id']}/image")
    assert fetch(shop, first["url"]).status_code == 200


def test_a_folder_that_can_not_be_written_is_said_to_be_away(shop: Shop, item: Json) -> None:
    store = shop.runtime.media
    away = shop.runtime.settings.data_dir / f"file-{os.getpid()}"
    away.write_text("a file where a folder should be")
    before = shop.counters()
    shop.runtime.media = type(store)(away)  # type: ignore[call-arg]
    try:
        refused = upload(shop, item, picture())
    finally:
        shop.runtime.media = store
    assert (refused.status_code, refused.json()["code"]) == (503, "storage-unavailable")
    assert refused.headers["retry-after"]
    assert shop.counters() == before


def test_many_uploads_at_once_are_served_or_told_to_come_back(shop: Shop) -> None:
    category = add_category(shop)
    items = [add_item(shop, category) for _ in range(12)]

    def send(number: int) -> int:
        content = picture("PNG", (1500, 1000 + number))
        url = f"{shop.url}/api/v1/menu/items/{items[number]['id']}/image"
        headers = {
            "Authorization": shop.manager.headers["Authorization"],
            "Content-Type": "image/png",
        }
        return httpx.put(
            url, content=content, headers=headers, trust_env=False, timeout=30
        ).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(send, range(12)))
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 8
    shown = [one["image"] is not None for one in menu_items(shop)]
    assert shown.count(True) == statuses.count(200)

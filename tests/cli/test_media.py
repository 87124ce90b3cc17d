"""`media sweep`: what nothing shows any more goes, and only that."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from app.cli.main import main
from app.core.config import Settings, get_settings
from app.core.runtime import Runtime
from app.main import create_app
from app.repositories.media import MediaRepository
from app.services.retention.media_sweeping import MediaSweepingService
from tests.support.menu_building import add_category, add_item, ok
from tests.support.pictures import fetch, picture, upload
from tests.support.server import live_server
from tests.support.shops import Json, Shop, open_shop

DAY = 24 * 3600
SET_IMAGE = text("UPDATE items SET image = :image WHERE id = :id").bindparams(
    bindparam("image", type_=JSONB)
)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=SecretStr(database_url), data_dir=tmp_path))


@pytest.fixture
def shop(app: FastAPI, database_url: str) -> Iterator[Shop]:
    with live_server(app) as url:
        opened = open_shop(url, app.state.runtime, database_url)
        yield opened
        opened.close()


def give_picture(shop: Shop, left: str) -> tuple[Json, list[str]]:
    """A new item with a picture of that colour; its addresses."""
    item = add_item(shop, add_category(shop))
    image = ok(upload(shop, item, picture(left=left, size=(600, 400))))["image"]
    return item, [image["url"], image["thumbnail"]["url"]]


def age(folder: Path, seconds: int) -> None:
    for file in (folder / "media").rglob("*.webp"):
        then = time.time() - seconds
        os.utime(file, (then, then))


def sweep(monkeypatch: pytest.MonkeyPatch, shop: Shop, folder: Path, *words: str) -> None:
    monkeypatch.setenv("DATABASE_URL", shop.runtime.settings.database_url.get_secret_value())
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.setattr("sys.argv", ["app.cli", "media", "sweep", *words])
    get_settings.cache_clear()
    with pytest.raises(SystemExit) as end:
        main()
    get_settings.cache_clear()
    assert not end.value.code


def test_what_nothing_shows_is_swept_after_a_day(
    shop: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    _, kept = give_picture(shop, "red")
    archived, of_archived = give_picture(shop, "green")
    left, gone = give_picture(shop, "white")
    shop.manager.delete(f"/menu/items/{archived['id']}")
    shop.manager.delete(f"/menu/items/{left['id']}/image")
    stranger = tmp_path / "media" / "README.webp"
    stranger.write_text("not ours")

    def served() -> set[str]:
        return {u for u in [*kept, *of_archived, *gone] if fetch(shop, u).status_code == 200}

    everything = {*kept, *of_archived, *gone}
    sweep(monkeypatch, shop, tmp_path)
    assert served() == everything  # younger than a day
    age(tmp_path, 2 * DAY)
    capfd.readouterr()
    sweep(monkeypatch, shop, tmp_path, "--dry-run")
    assert served() == everything
    printed = {f"/media/{line}.webp" for line in capfd.readouterr().out.split()}
    assert printed == set(gone)
    sweep(monkeypatch, shop, tmp_path)
    assert served() == {*kept, *of_archived}
    assert stranger.exists()


def test_a_picture_that_comes_back_is_young_again(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, urls = give_picture(shop, "red")
    shop.manager.delete(f"/menu/items/{item['id']}/image")
    age(tmp_path, 2 * DAY)
    _, again = give_picture(shop, "red")
    assert again == urls
    sweep(monkeypatch, shop, tmp_path)
    assert all(fetch(shop, url).status_code == 200 for url in urls)


def test_a_sweep_leaves_what_an_upload_is_about_to_show(shop: Shop, tmp_path: Path) -> None:
    """The file is old and nothing shows it yet, but an upload is about to say that it does."""
    item, [url, _] = give_picture(shop, "red")
    shop.manager.delete(f"/menu/items/{item['id']}/image")
    age(tmp_path, 2 * DAY)
    digest = url.removeprefix("/media/").removesuffix(".webp")
    during, after = asyncio.run(_sweeps_of_an_upload(shop, item["id"], digest))
    assert digest not in during
    assert digest not in after
    assert fetch(shop, url).status_code == 200


async def _sweeps_of_an_upload(
    shop: Shop, item_id: str, digest: str
) -> tuple[list[str], list[str]]:
    """What sweeps take while an upload holds the file, and when it has committed."""
    runtime = Runtime(shop.runtime.settings)
    service = MediaSweepingService(runtime.database, runtime.media)
    try:
        async with runtime.database.transaction(shop.id) as unit:
            await MediaRepository(unit).hold(digest)
            during = [one async for one in service.sweep(dry_run=False)]
            session = await unit.session()
            image = {"sha256": digest, "width": 600, "height": 400, "thumbnail": {}}
            await session.execute(SET_IMAGE, {"image": image, "id": item_id})
        return during, [one async for one in service.sweep(dry_run=False)]
    finally:
        await runtime.close()

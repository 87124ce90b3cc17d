"""`store export` and `store import`: a store moves to another installation with all that it has."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.core.security.permissions import Role
from app.main import create_app
from app.repositories.store_archive import LEFT_BEHIND
from tests.support import database as databases
from tests.support.baskets import line, put
from tests.support.credentials import table_token
from tests.support.floor import created, order_body
from tests.support.invariants import broken
from tests.support.menu_building import if_match, ok
from tests.support.people import FIRST_PASSWORD
from tests.support.pictures import fetch, picture, upload
from tests.support.server import live_server
from tests.support.shops import Json, Shop, open_shop
from tests.support.tenants import Furnished, furnish

ROOT = Path(__file__).resolve().parents[2]


def cli(url: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "store", *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("old")
    return create_app(Settings(database_url=SecretStr(database_url), data_dir=folder))


@pytest.fixture(scope="module")
def store(app: FastAPI, database_url: str) -> Iterator[Furnished]:
    """A store with a row in every table, a picture, and rows that refer to later ones."""
    with live_server(app) as url:
        shop = open_shop(url, app.state.runtime, database_url)
        furnished = furnish(shop)
        item = ok(shop.manager.get(f"/menu/items/{furnished.things['item_id']}"))
        ok(upload(shop, item, picture(left="red", size=(600, 400))))
        _merge_into_a_later_party(furnished)
        _cancel_for_a_reason_of_its_own(furnished)
        yield furnished
        shop.close()


def _merge_into_a_later_party(store: Furnished) -> None:
    shop, things = store.shop, store.things
    other = created(shop.manager, "/tables", {"number": 8})["id"]
    table_token(shop, things["table_id"])
    order = order_body(things["item_id"], 1) | {"table_id": other}
    order["lines"][0]["options"] = [{"option_id": things["option_id"]}]
    placed = shop.staff.post("/orders", json=order, headers={"Idempotency-Key": "later"})
    assert placed.status_code == 201, placed.text
    path = f"/sessions/{things['session_id']}/merge"
    merged = shop.staff.post(path, json={"into_session_id": placed.json()["session_id"]})
    assert merged.status_code == 200, merged.text


def _cancel_for_a_reason_of_its_own(store: Furnished) -> None:
    shop, things = store.shop, store.things
    reasons = {"reasons": [{"code": "other", "name": {"ko": "그 밖에"}}]}
    ok(shop.manager.put("/cancel-reasons", json=reasons, headers=if_match(1)))
    body = order_body(things["item_id"], 2) | {"table_id": things["table_id"]}
    body["lines"][0]["options"] = [{"option_id": things["option_id"]}]
    placed = ok(shop.staff.post("/orders", json=body, headers={"Idempotency-Key": "last"}), 201)
    path = f"/orders/{placed['id']}/lines/{placed['lines'][0]['id']}/cancel"
    ok(shop.staff.post(path, json={"reason_code": "other", "quantity": 1}))
    wanted = line(things["item_id"], 1) | {"options": [{"option_id": things["option_id"]}]}
    ok(put(shop.tablet(things["table_id"]), wanted))


@pytest.fixture
def elsewhere(server_url: str, database_url: str) -> Iterator[str]:
    """Another installation: the same schema, and no store."""
    name = urlsplit(database_url).path[1:] + "_elsewhere"
    template = os.environ[databases.TEMPLATE_VARIABLE]
    with databases.database(server_url, name, template) as url:
        yield url


@pytest.fixture(scope="module")
def archive(store: Furnished, app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("archive") / "store.zip"
    folder = app.state.runtime.settings.data_dir
    done = cli(store.shop.owner_url, folder, "export", store.shop.code, str(file))
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o077 == 0
    return file


def stores_in(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM stores").fetchone()
    assert row is not None
    return int(row[0])


def seen(shop: Shop, things: Json) -> dict[str, Any]:
    """What the API tells of the store."""
    paths = (
        "/store", "/menu", "/tables", "/orders", f"/orders/{things['order_id']}", "/devices",
        "/staff", "/api-keys", "/service-requests", "/audit-log", "/events?after=0",
    )  # fmt: skip
    return {path: shop.client(Role.OWNER).get(path).text for path in paths}


def test_every_table_of_a_store_is_in_the_archive_and_filled(
    store: Furnished, archive: Path
) -> None:
    """A new table is carried along by itself; here it has to get a row, to show that it is whole."""
    manifest = json.loads(zipfile.ZipFile(archive).read("manifest.json"))
    rows = {table["name"]: table["rows"] for table in manifest["tables"]}
    assert rows.keys() | LEFT_BEHIND == store.state().keys()
    assert [name for name, count in rows.items() if count == 0] == []
    assert not rows.keys() & LEFT_BEHIND
    assert set(manifest["left_behind"]) == LEFT_BEHIND


def test_nothing_that_stays_behind_is_referred_to(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f'"
            " AND confrelid::regclass::text = ANY (%(left)s)"
            " AND conrelid::regclass::text <> ALL (%(left)s)",
            {"left": sorted(LEFT_BEHIND)},
        ).fetchall()
    assert found == []


def test_a_store_arrives_whole_and_goes_on(
    store: Furnished, archive: Path, elsewhere: str, tmp_path: Path
) -> None:
    done = cli(elsewhere, tmp_path, "import", str(archive))

    assert done.returncode == 0, done.stderr
    assert "orders: 3" in done.stdout
    app = create_app(Settings(database_url=SecretStr(elsewhere), data_dir=tmp_path))
    with live_server(app) as url:
        shop = Shop(store.shop.id, store.shop.code, url, app.state.runtime, elsewhere)
        moved = Furnished(shop, store.canary, store.things)
        before, after = store.state(), moved.state()
        assert {name: after[name] for name in after.keys() - LEFT_BEHIND} == {
            name: before[name] for name in before.keys() - LEFT_BEHIND
        }
        assert {after[name] for name in LEFT_BEHIND} == {"(None,)"}
        assert seen(shop, store.things) == seen(store.shop, store.things)
        assert broken(shop) == {}
        image = ok(shop.manager.get(f"/menu/items/{store.things['item_id']}"))["image"]
        assert fetch(shop, image["url"]).content == fetch(store.shop, image["url"]).content
        _goes_on(shop, store)
        shop.close()


def _goes_on(shop: Shop, store: Furnished) -> None:
    """Passwords, QR codes and numbers are what they were."""
    login = {"store_code": shop.code, "username": "kim", "password": FIRST_PASSWORD}
    assert shop.connect().post("/auth/login", json=login).status_code == 200
    table = store.things["table_id"]
    assert table_token(shop, table) == table_token(store.shop, table)
    events, _ = shop.counters()
    numbers = {row[0] for row in shop.rows("SELECT number FROM orders WHERE store_id = %(store)s")}
    order = order_body(store.things["dish_id"], 1) | {"table_id": table}
    placed = shop.staff.post("/orders", json=order, headers={"Idempotency-Key": "shared-key"})
    assert placed.status_code == 201, placed.text
    assert placed.json()["number"] == max(numbers) + 1
    assert shop.counters()[0] > events
    assert broken(shop) == {}


def test_a_store_may_get_another_code(
    store: Furnished, archive: Path, elsewhere: str, tmp_path: Path
) -> None:
    done = cli(elsewhere, tmp_path, "import", str(archive), "--code", "Moved-House")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(elsewhere) as connection:
        codes = connection.execute(
            "SELECT s.code, d.code FROM stores s JOIN store_directory d USING (store_id)"
        ).fetchall()
    assert codes == [("moved-house", "moved-house")]


def test_a_store_that_is_there_is_not_taken_in_again(
    store: Furnished, archive: Path, tmp_path: Path
) -> None:
    before = store.state()
    for words in ((), ("--code", "another-code")):
        done = cli(store.shop.owner_url, tmp_path, "import", str(archive), *words)
        assert done.returncode == 1
        assert "is here already. Nothing was imported" in done.stderr
    assert store.state() == before


def test_a_code_that_is_taken_is_refused(archive: Path, elsewhere: str, tmp_path: Path) -> None:
    app = create_app(Settings(database_url=SecretStr(elsewhere), data_dir=tmp_path))
    with live_server(app) as url:
        there = open_shop(url, app.state.runtime, elsewhere)
        done = cli(elsewhere, tmp_path, "import", str(archive), "--code", there.code)
        there.close()
    assert done.returncode == 1
    assert f"the code {there.code} is here already" in done.stderr
    assert stores_in(elsewhere) == 1


def changed(archive: Path, target: Path, name: str, change: Any) -> Path:
    """A copy of the archive with one member rewritten, its checksum in the ZIP file too."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == name:
                content = change(content)
            if content is not None:
                new.writestr(member, content)
    return target


def _other_schema(content: bytes) -> bytes:
    return json.dumps(json.loads(content) | {"schema_revision": "20200101_0000"}).encode()


def _other_format(content: bytes) -> bytes:
    return json.dumps(json.loads(content) | {"format_version": 2}).encode()


@pytest.mark.parametrize(
    ("member", "change", "said"),
    [
        ("manifest.json", _other_schema, "bring both installations to the same release"),
        ("manifest.json", _other_format, "The archive's format is"),
        ("manifest.json", lambda _: b"{", "manifest.json is damaged"),
        ("manifest.json", lambda _: None, "no archive of a store"),
        ("tables/orders.jsonl", lambda was: was.replace(b"1", b"2", 1), "orders is not what"),
        ("tables/orders.jsonl", lambda was: was.split(b"\n")[0] + b"\n", "orders is not what"),
        ("tables/events.jsonl", lambda _: None, "does not hold what its manifest says"),
    ],
)
def test_what_is_damaged_is_refused_whole(
    archive: Path, elsewhere: str, tmp_path: Path, member: str, change: Any, said: str
) -> None:
    done = cli(
        elsewhere, tmp_path, "import", str(changed(archive, tmp_path / "x.zip", member, change))
    )
    assert done.returncode == 1, done.stderr
    assert said in done.stderr
    assert "Nothing was imported" in done.stderr
    assert stores_in(elsewhere) == 0


def test_a_file_that_was_cut_off_is_refused(archive: Path, elsewhere: str, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:-200])
    done = cli(elsewhere, tmp_path, "import", str(cut))
    assert done.returncode == 1
    assert "Nothing was imported" in done.stderr


def test_an_import_that_fails_at_its_end_leaves_nothing(
    archive: Path, elsewhere: str, tmp_path: Path
) -> None:
    """The last step puts the pictures: their folder is a file here."""
    (tmp_path / "media").write_text("in the way")
    done = cli(elsewhere, tmp_path, "import", str(archive))
    assert done.returncode == 1
    assert stores_in(elsewhere) == 0


def test_an_export_overwrites_nothing(store: Furnished, archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()
    done = cli(store.shop.owner_url, tmp_path, "export", store.shop.code, str(archive))
    assert (done.returncode, archive.read_bytes()) == (1, before)
    unknown = cli(store.shop.owner_url, tmp_path, "export", "nobody", str(tmp_path / "n.zip"))
    assert "There is no store with the code nobody" in unknown.stderr
    assert list(tmp_path.iterdir()) == []


def streamed(
    url: str, folder: Path, *words: str, sent: bytes = b"", group: str = "store"
) -> subprocess.CompletedProcess[bytes]:
    """The command with bytes on both ends, as through `exec -T` of a container."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", group, *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder), "LOG_LEVEL": "DEBUG"},
        input=sent,
        capture_output=True,
        check=False,
        timeout=120,
    )


def test_a_store_goes_through_standard_output_and_input(
    store: Furnished, app: FastAPI, archive: Path, elsewhere: str, tmp_path: Path
) -> None:
    """Where a container's own files are out of reach."""
    folder = app.state.runtime.settings.data_dir
    done = streamed(store.shop.owner_url, folder, "export", store.shop.code, "-")
    assert done.returncode == 0, done.stderr
    assert b"orders: 3" in done.stderr
    sent = tmp_path / "sent.zip"
    sent.write_bytes(done.stdout)
    whole = {
        name: zipfile.ZipFile(archive).read(name) for name in zipfile.ZipFile(archive).namelist()
    }
    same = {name: zipfile.ZipFile(sent).read(name) for name in zipfile.ZipFile(sent).namelist()}
    assert same.keys() == whole.keys()
    assert {name for name in whole if same[name] != whole[name]} <= {"manifest.json"}

    done = streamed(elsewhere, tmp_path, "import", "-", sent=done.stdout)
    assert done.returncode == 0, done.stderr
    assert b"orders: 3" in done.stdout
    assert stores_in(elsewhere) == 1


def test_what_was_cut_off_on_its_way_is_taken_for_whole_by_nobody(
    store: Furnished, archive: Path, elsewhere: str, tmp_path: Path
) -> None:
    # Its pictures are not in this folder, which shows when the tables are written already.
    done = streamed(store.shop.owner_url, tmp_path / "empty", "export", store.shop.code, "-")
    assert done.returncode == 1
    assert b"is shown and is not stored" in done.stderr
    assert len(done.stdout) > 1000
    (tmp_path / "part.zip").write_bytes(done.stdout)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(tmp_path / "part.zip")
    for sent in (done.stdout, archive.read_bytes()[:-200], b""):
        done = streamed(elsewhere, tmp_path, "import", "-", sent=sent)
        assert done.returncode == 1
        assert b"What was sent is damaged" in done.stderr
    assert stores_in(elsewhere) == 0


def test_a_menu_goes_through_standard_output_and_input(store: Furnished, tmp_path: Path) -> None:
    url, code = store.shop.owner_url, ("--store", store.shop.code)
    for kind in ("json", "csv"):
        done = streamed(
            url, tmp_path, "export", *code, "--format", kind, "--output", "-", group="menu"
        )
        assert done.returncode == 0, done.stderr
        words = ("import", "-", *code, "--format", kind, "--dry-run")
        back = streamed(url, tmp_path, *words, sent=done.stdout, group="menu")
        assert back.returncode == 0, back.stderr
        assert b"items: 0 created, 0 updated" in back.stdout
    unsaid = streamed(url, tmp_path, "import", "-", *code, sent=b"{}", group="menu")
    assert (unsaid.returncode, b"--format" in unsaid.stderr) == (2, True)
    wrong = streamed(
        url, tmp_path, "import", "-", *code, "--format", "json", sent=b"{", group="menu"
    )
    assert (wrong.returncode, b"standard input" in wrong.stderr) == (1, True)
    assert not (ROOT / "-").exists()

"""A new password for the API while orders run: no request notices."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql

from app.cli.main import main
from app.cli.rotation import FIRST, SECOND
from app.core.config import get_settings
from app.local.processes import wait_until
from tests.support.floor import Floor, order_body
from tests.support.server import worker_processes
from tests.support.shops import Shop

Rotate = Callable[..., tuple[int, str]]


@pytest.fixture
def logins(database_url: str) -> Iterator[str]:
    """Roles belong to the whole server: both logins are gone before and afterwards."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        _drop_logins(owner)
        yield database_url
        _drop_logins(owner)


def _drop_logins(owner: "psycopg.Connection[tuple[object, ...]]") -> None:
    for login in (FIRST, SECOND):
        owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login)))


@pytest.fixture
def db(logins: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Rotate:
    """Run `db …` with this DATABASE_URL; its exit code and what it printed."""

    def run(url: str, *words: str) -> tuple[int, str]:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("DATABASE_OWNER_URL", logins)
        monkeypatch.setattr("sys.argv", ["app.cli", "db", *words])
        get_settings.cache_clear()
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        get_settings.cache_clear()
        return int(end.value.code or 0), capfd.readouterr().out.strip()

    return run


@pytest.fixture
def rotate(db: Rotate) -> Rotate:
    """The same for `db rotate-password`."""
    return lambda url, *words: db(url, "rotate-password", *words)


def works(url: str) -> bool:
    """Whether the login gets in, and acts as the API's role by itself."""
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT current_user, session_user").fetchone()
    except psycopg.OperationalError:
        return False
    return row == ("table_order_app", urlsplit(url).username)


class Guests(threading.Thread):
    """Orders one after the other, at whatever replica the proxy names at that moment."""

    def __init__(self, shop: Shop, floor: Floor, number: int, url: str) -> None:
        super().__init__()
        self.url = url
        self.served_by = ""
        self.statuses: list[int] = []
        self._stop_now = threading.Event()
        self._authorization = shop.tablet(floor.table(number)).headers["Authorization"]
        self._body = order_body(floor.stew, 1)

    def run(self) -> None:
        while not self._stop_now.is_set():
            headers = {"Authorization": self._authorization, "Idempotency-Key": str(uuid4())}
            url = self.url
            answer = httpx.post(
                f"{url}/api/v1/orders",
                json=self._body,
                headers=headers,
                trust_env=False,
                timeout=20,
            )
            self.statuses.append(answer.status_code)
            self.served_by = url

    def finish(self) -> list[int]:
        self._stop_now.set()
        self.join(30)
        return self.statuses


def serving(url: str, data_dir: Path) -> "contextlib.AbstractContextManager[str]":
    environment = {"DATABASE_URL": url, "DATABASE_POOL_SIZE": "4", "LOG_LEVEL": "ERROR"}
    return worker_processes({**environment, "DATA_DIR": str(data_dir)}, 1)


@pytest.mark.slow
def test_passwords_change_while_orders_run(shop: Shop, rotate: Rotate, tmp_path: Path) -> None:
    code, first = rotate(shop.owner_url)
    assert (code, urlsplit(first).username) == (0, FIRST)
    floor = Floor(shop)
    with contextlib.ExitStack() as old_replica:
        old = old_replica.enter_context(serving(first, tmp_path))
        guests = [Guests(shop, floor, number, old) for number in (1, 2)]
        for one in guests:
            one.start()
        code, second = rotate(first)
        assert (code, urlsplit(second).username) == (0, SECOND)
        assert works(first)
        with serving(second, tmp_path) as new:
            placed = [len(one.statuses) for one in guests]
            for one in guests:
                one.url = new
            # The old replica still works: its login is not shut under it.
            assert rotate(second, "--finish")[0] == 1
            assert works(first)
            # As the proxy does: it stops when nothing is under way there any more.
            assert wait_until(lambda: all(one.served_by == new for one in guests), 60)
            old_replica.close()
            assert rotate(second, "--finish")[0] == 0
            assert not works(first)
            assert works(second)
            statuses = [one.finish() for one in guests]
    assert {status for each in statuses for status in each} == {201}
    for before, each in zip(placed, statuses, strict=True):
        assert 0 < before < len(each)
    [(orders,)] = shop.rows("SELECT count(*) FROM orders WHERE store_id = %(store)s")
    assert orders == sum(map(len, statuses))


def test_the_logins_take_turns(shop: Shop, rotate: Rotate) -> None:
    _, first = rotate(shop.owner_url)
    _, second = rotate(first)
    assert rotate(second, "--finish")[0] == 0
    _, third = rotate(second)
    assert [urlsplit(url).username for url in (first, second, third)] == [FIRST, SECOND, FIRST]
    assert [works(url) for url in (first, second, third)] == [False, True, True]


def test_a_login_in_use_gets_no_new_password(shop: Shop, rotate: Rotate) -> None:
    _, first = rotate(shop.owner_url)
    _, second = rotate(first)
    with psycopg.connect(first):
        assert rotate(second)[0] == 1
    assert works(first)


def test_it_finishes_only_with_the_new_url(shop: Shop, rotate: Rotate) -> None:
    _, first = rotate(shop.owner_url)
    assert rotate(shop.owner_url, "--finish")[0] == 1
    assert works(first)


def test_a_secret_file_is_replaced_in_one_step(shop: Shop, rotate: Rotate, tmp_path: Path) -> None:
    file = tmp_path / "database_url"
    assert rotate(shop.owner_url, "--output", str(file)) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert works(file.read_text().strip())
    assert list(tmp_path.iterdir()) == [file]


def test_every_url_of_the_folder_changes_together(
    shop: Shop, rotate: Rotate, tmp_path: Path
) -> None:
    """As in production, where pooler and database have a URL each, and in staging, with its replica."""
    elsewhere = shop.owner_url.replace("@127.0.0.1", "@localhost")
    before = {
        "database_url": shop.owner_url,
        "database_listen_url": elsewhere,
        "database_owner_url": shop.owner_url,
    }
    for name, url in before.items():
        (tmp_path / name).write_text(f"{url}\n")
        (tmp_path / name).chmod(0o644)
    assert rotate(shop.owner_url, "--secrets", str(tmp_path)) == (0, "")
    after = {path.name: path.read_text().strip() for path in tmp_path.iterdir()}
    assert after.keys() == before.keys()
    assert after["database_owner_url"] == shop.owner_url
    for name in ("database_url", "database_listen_url"):
        assert urlsplit(after[name]).username == FIRST
        assert after[name].rpartition("@")[2] == before[name].rpartition("@")[2]
        # The containers' users still can read it.
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o644
    assert works(after["database_url"])


def test_a_server_that_was_made_anew_lets_the_login_of_the_secrets_in(
    shop: Shop, db: Rotate, rotate: Rotate
) -> None:
    """As after `down --volumes`: the secrets name a login that the new server has never seen."""
    _, lost = rotate(shop.owner_url)
    with psycopg.connect(shop.owner_url, autocommit=True) as owner:
        _drop_logins(owner)
    assert not works(lost)
    assert db(lost, "upgrade") == (0, "")
    assert works(lost)


def test_a_restored_server_takes_the_password_of_the_secrets(
    shop: Shop, db: Rotate, rotate: Rotate
) -> None:
    """Restored to before a rotation, it has the login shut, or with the password of before."""
    _, first = rotate(shop.owner_url)
    _, second = rotate(first)
    rotate(second, "--finish")
    assert not works(first)
    assert db(first, "upgrade")[0] == 0
    assert works(first)
    # The turns go on from there.
    _, third = rotate(first)
    assert urlsplit(third).username == SECOND
    assert works(third)


def test_only_the_apis_own_logins_are_let_in(shop: Shop, db: Rotate, rotate: Rotate) -> None:
    _, first = rotate(shop.owner_url)
    assert db(first.replace(FIRST, "a_stranger"), "upgrade")[0] == 0
    assert shop.rows("SELECT FROM pg_roles WHERE rolname = 'a_stranger'") == []


def test_behind_a_pooler_one_url_alone_does_not_change(
    shop: Shop, rotate: Rotate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_POOLER", "true")
    monkeypatch.setenv("DATABASE_LISTEN_URL", shop.owner_url)
    assert rotate(shop.owner_url) == (1, "")
    assert shop.rows("SELECT FROM pg_roles WHERE rolname = %(login)s", login=FIRST) == []


def test_a_login_may_do_what_the_apis_role_may_and_no_more(shop: Shop, rotate: Rotate) -> None:
    _, first = rotate(shop.owner_url)
    [row] = shop.rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolpassword"
        " FROM pg_roles WHERE rolname = %(login)s",
        login=FIRST,
    )
    assert row[:5] == (False,) * 5
    with psycopg.connect(first) as connection:
        connection.execute("SELECT set_config('app.store_id', %s, true)", [str(shop.id)])
        assert connection.execute("SELECT store_id FROM stores").fetchall() == [(shop.id,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE own (id int)")

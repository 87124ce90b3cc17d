"""What keeps new migrations in form: the template, the linter, the turn, the wait for locks."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from app.core.health import migrations, newest_revision, serves_on
from tests.support import migration
from tests.support.check_migrations import lint, statements
from tests.support.database import database

ROOT = migration.ROOT


@pytest.fixture
def empty(server_url: str) -> Iterator[str]:
    with database(server_url, f"table_order_tools_{uuid4().hex[:12]}") as url:
        yield url


def revision_of(url: str) -> str | None:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def test_newer_migrations_hold_up_nobody() -> None:
    assert lint(statements()) == ""


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX i ON orders (note)", "require-concurrent-index-creation"),
        ("ALTER TABLE orders ALTER COLUMN note TYPE varchar(9)", "changing-column-type"),
        ("ALTER TABLE orders DROP COLUMN note", "ban-drop-column"),
        ("ALTER TABLE orders ALTER COLUMN note SET NOT NULL", "adding-not-nullable-field"),
        ("ALTER TABLE orders RENAME COLUMN note TO remark", "renaming-column"),
    ],
)
def test_the_linter_sees_what_would(statement: str, rule: str) -> None:
    assert rule in lint(f"SET lock_timeout = '5s';\n{statement};")


def test_a_new_migration_is_dated_and_begins_from_the_template(tmp_path: Path) -> None:
    (tmp_path / "app").symlink_to(ROOT / "app")
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    for name in ("alembic.ini", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    # What `make` would install first is there already.
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".dev").touch()
    before = set((tmp_path / "alembic" / "versions").glob("*.py"))
    made_it = subprocess.run(
        ["make", "--old-file=.venv/.dev", "migration", "NAME=add tips", f"PY={sys.executable}"],
        cwd=tmp_path,
        # Without what `make test` was told, which it would hand on.
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert made_it.returncode == 0, made_it.stderr.decode()
    [made] = set((tmp_path / "alembic" / "versions").glob("*.py")) - before
    text = made.read_text()
    dated = re.fullmatch(r"(\d{4})_(\d\d)_(\d\d)_(\d{4})_add_tips\.py", made.name)
    assert dated is not None
    assert f'revision = "{dated[1]}{dated[2]}{dated[3]}_{dated[4]}"' in text
    assert f'down_revision = "{newest_revision()}"' in text
    assert text.count("raise NotImplementedError") == 2
    style = [sys.executable, "-m", "ruff", "format", "--check", "--config"]
    words = [*style, str(ROOT / "pyproject.toml"), str(made)]
    assert subprocess.run(words, check=False, cwd=ROOT, capture_output=True).returncode == 0


def test_a_migration_gives_way_to_traffic(empty: str) -> None:
    """A lock that it can't have soon breaks it off, and nothing of it stays; again, it goes."""
    migration.upgrade(empty, "20261125_1820")
    with psycopg.connect(empty) as guest:
        guest.execute("LOCK TABLE orders IN ROW EXCLUSIVE MODE")
        with pytest.raises(OperationalError, match="lock timeout"):
            migration.upgrade(empty, "20261125_1840")
        assert revision_of(empty) == "20261125_1820"
    migration.upgrade(empty, "20261125_1840")
    assert revision_of(empty) == "20261125_1840"


def test_an_index_whose_building_was_broken_off_is_built_again(empty: str) -> None:
    migration.upgrade(empty, "20261129_1120")
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(
            "CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (store_id, expires_at)"
        )
        migration.upgrade(empty, "20261129_1121")
        rows = connection.execute(
            "SELECT indisvalid FROM pg_index"
            " WHERE indexrelid = 'ix_refresh_tokens_expires_at'::regclass"
        ).fetchall()
    assert rows == [(True,)]


def test_readiness_takes_schemas_that_the_code_serves_on() -> None:
    steps, newest = migrations(), newest_revision()
    assert newest is not None
    assert serves_on(newest)
    assert serves_on("99990101_0000")  # the next release's: its migrations go first
    assert not serves_on("")
    assert not serves_on(None)
    assert not serves_on("20261125_1200")
    step: str | None = newest
    while step is not None and not steps[step].required:
        step = steps[step].builds_on
        assert serves_on(step)
    assert step is not None
    assert not serves_on(steps[step].builds_on)

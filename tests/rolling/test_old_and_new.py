"""A rolling deploy: the last release serves on the new schema, and today's code beside it.

The schema goes first. Until the last replica is new, old and new code serve on it together; and
where a step is not required, new code serves before it too.
"""

from pathlib import Path

import psycopg
import pytest

from app.core.health import migrations, newest_revision, serves_on
from tests.support import migration
from tests.support.release import Place, readiness, run, serving, visit

ROOT = migration.ROOT

pytestmark = pytest.mark.slow


def orders(place: Place) -> int:
    with psycopg.connect(place.url) as connection:
        row = connection.execute("SELECT count(*) FROM orders").fetchone()
    assert row is not None
    return int(row[0])


def test_the_last_release_serves_on_todays_schema(old: Path, migrated: Place) -> None:
    run(old, migrated, "app.cli", "demo")
    with serving(old, migrated) as address:
        before = orders(migrated)
        visit(old, migrated, address)
    assert orders(migrated) > before


def test_both_serve_one_store_side_by_side(old: Path, empty: Place) -> None:
    """The old version's data, migrated while it runs; then new replicas come up beside it."""
    run(old, empty, "app.cli", "db", "upgrade")
    run(old, empty, "app.cli", "demo")
    with serving(old, empty) as before:
        visit(old, empty, before)
        migration.upgrade(empty.url)
        with serving(ROOT, empty) as after:
            assert readiness(after) == 200
            visit(old, empty, before)
            visit(ROOT, empty, after)


def test_todays_code_serves_on_the_oldest_schema_that_it_takes(empty: Place) -> None:
    steps, oldest = migrations(), newest_revision()
    assert oldest is not None
    while (before := steps[oldest].builds_on) is not None and serves_on(before):
        oldest = before
    migration.upgrade(empty.url, oldest)
    run(ROOT, empty, "app.cli", "demo")
    with serving(ROOT, empty) as address:
        assert readiness(address) == 200
        visit(ROOT, empty, address)


def test_before_a_required_step_it_is_not_ready(empty: Place) -> None:
    migration.upgrade(empty.url, "20261125_1820")
    with serving(ROOT, empty) as address:
        assert readiness(address) == 503


def test_the_migrations_of_before_leave_a_newer_schema_as_it_is(migrated: Place) -> None:
    """On the way back to an image of before, `make deploy` runs that one's migrations."""
    later = "20991231_2359"
    with psycopg.connect(migrated.url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [later])
    run(ROOT, migrated, "app.cli", "db", "upgrade")
    with psycopg.connect(migrated.url) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [(later,)]


def test_a_schema_of_another_course_is_refused(migrated: Place) -> None:
    with psycopg.connect(migrated.url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '20200101_0000'")
    with pytest.raises(RuntimeError, match="error: Can't locate"):
        run(ROOT, migrated, "app.cli", "db", "upgrade")


def test_on_a_newer_schema_it_stays_ready(migrated: Place) -> None:
    """The next release's migrations run before its replicas come."""
    with serving(ROOT, migrated) as address:
        assert readiness(address) == 200
        with psycopg.connect(migrated.url) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '99990101_0000'")
        assert readiness(address) == 200

"""`make upgrade` from the last release, and the way back to its image, while a house is full."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.cluster import leader, psql
from tests.deploy.containers import copy_of_the_project
from tests.deploy.evening import Evening
from tests.deploy.hosting import production, started, take_few_workers
from tests.deploy.house import Front, House, open_house
from tests.deploy.rush import Rush
from tests.support.release import NoHistoryError, last_release

pytestmark = pytest.mark.deploy

IMAGE: Final = "table-order-service"
# Images of their own: the way back needs the old one after the new one was built.
_NAME: Final = os.environ.get("VERSION", "test")
OLD, NEW = f"{_NAME}-last-release", f"{_NAME}-upgraded"


@pytest.fixture
def release() -> str:
    try:
        return last_release()
    except NoHistoryError as error:
        pytest.skip(str(error))


def images(front: Front, *services: str) -> set[str]:
    """What these services run."""
    ran = front.stack.compose("ps", "--quiet", *services).split()
    assert len(ran) == len(services)
    return set(front.stack.docker("inspect", "--format={{.Config.Image}}", *ran).splitlines())


def noted(front: Front) -> str:
    return (front.stack.folder / ".env").read_text()


def there_and_back(front: Front, environment: str, database: str, *services: str) -> None:
    """An operator's commands, and what they leave: the new schema under the old image."""
    stack = front.stack
    asked = "SELECT version_num FROM alembic_version"
    before = psql(front, database, asked)
    assert images(front, *services) == {f"{IMAGE}:{OLD}"}

    copy_of_the_project(stack.folder)
    take_few_workers(stack.folder, environment)
    stack.environment["VERSION"] = NEW
    stack.make("upgrade", timeout=900)
    assert images(front, *services) == {f"{IMAGE}:{NEW}"}
    assert noted(front) == f"VERSION={NEW}\n"
    upgraded = psql(front, database, asked)
    assert upgraded > before

    # The new version is bad.
    stack.environment["VERSION"] = OLD
    stack.make("rolling-restart", timeout=600)
    assert images(front, *services) == {f"{IMAGE}:{OLD}"}
    assert psql(front, database, asked) == upgraded


def remove(front: Front) -> None:
    front.stack.remove()
    front.stack.docker("image", "rm", "--force", f"{IMAGE}:{OLD}", f"{IMAGE}:{NEW}")


def assert_all_is_there(evening: Evening, house: House) -> None:
    numbers = [number for number, _, _ in evening.heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert evening.told_of("order.created") >= set(evening.placed)
    assert {order["id"] for order in house.orders()} >= set(evening.placed)


def test_staging_is_away_for_a_moment_and_loses_no_order(
    release: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with started(tmp_path, "staging", release, VERSION=OLD) as front:
        try:
            house = open_house(front, "hanok")
            rush = Rush(house)
            with rush.going_on():
                there_and_back(front, "staging", "db", "api")
            # One replica: while it is replaced, clients are told to come again, and nothing worse.
            assert [one for one in rush.failures if one != "stream: 503"] == []
            assert_all_is_there(rush, house)
            record_property("orders", len(rush.placed))
            record_property("longest_gap_seconds", rush.longest_gap(0))
        finally:
            remove(front)


def test_what_runs_is_what_the_next_command_means(tmp_path: Path) -> None:
    """VERSION is said once; no command then builds it anew, changes it, or touches the database."""
    with started(tmp_path, "staging", VERSION=OLD) as front:
        try:
            databases = front.stack.compose("ps", "--quiet", "db", "db-replica")
            of_before = image_id(front, OLD)
            nothing_builds_what_runs(front)
            assert image_id(front, OLD) == of_before

            said = deployed_again(front, "upgrade", NEW)
            assert f"VERSION={OLD} make rolling-restart" in said
            assert image_id(front, NEW) != of_before

            deployed_again(front, "rolling-restart", OLD)
            assert image_id(front, OLD) == of_before
            assert front.stack.compose("ps", "--quiet", "db", "db-replica") == databases
            front.wait_until_ready()
        finally:
            remove(front)


def nothing_builds_what_runs(front: Front) -> None:
    """The source is a newer version's, and VERSION is said by nobody from here on."""
    stack = front.stack
    with (stack.folder / "app/main.py").open("a") as source:
        source.write("# A newer version of the source.\n")
    # Only tests want REBUILD.
    del stack.environment["REBUILD"], stack.environment["VERSION"]
    stack.make("deploy")
    assert noted(front) == f"VERSION={OLD}\n"
    assert "runs already" in stack.refused("upgrade", "ENV=staging", f"VERSION={OLD}")
    assert "Say what to call it" in stack.refused("upgrade", "ENV=staging")
    unknown = stack.refused("rolling-restart", "ENV=staging", f"VERSION={NEW}-never-built")
    assert "There is no image" in unknown


def deployed_again(front: Front, target: str, version: str) -> str:
    """`make target` with that version said, and `make deploy` without; what the first one printed."""
    front.stack.environment["VERSION"] = version
    said = front.stack.make(target, timeout=600)
    del front.stack.environment["VERSION"]
    front.stack.make("deploy")
    assert noted(front) == f"VERSION={version}\n"
    assert images(front, "api") == {f"{IMAGE}:{version}"}
    return said


def image_id(front: Front, version: str) -> str:
    return front.stack.docker("image", "inspect", "--format={{.Id}}", f"{IMAGE}:{version}")


def test_production_fails_no_request(release: str, tmp_path: Path) -> None:
    with production(tmp_path, release, VERSION=OLD) as front:
        try:
            house = open_house(front, "hanok")
            evening = Evening(house)
            with evening.going_on():
                there_and_back(front, "production", leader(front), "api", "api-2")
            assert evening.failures == []
            assert len(evening.placed) > 50
            assert_all_is_there(evening, house)
        finally:
            remove(front)

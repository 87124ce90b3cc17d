"""`make upgrade ENV=production` from the last release, and the way back, while a house is full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.cluster import leader, psql
from tests.deploy.containers import copy_of_the_project
from tests.deploy.evening import Evening
from tests.deploy.hosting import production, take_few_workers
from tests.deploy.house import Front, open_house
from tests.support.release import NoHistoryError, last_release

pytestmark = pytest.mark.deploy

IMAGE: Final = "table-order-service"
# Images of their own: the way back needs the old one after the new one was built.
_NAME: Final = os.environ.get("VERSION", "test")
OLD, NEW = f"{_NAME}-last-release", f"{_NAME}-upgraded"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Production as the last release deploys it."""
    try:
        release = last_release()
    except NoHistoryError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("upgrade")
    with production(folder, release, VERSION=OLD) as front:
        try:
            yield front
        finally:
            front.stack.compose("rm", "--stop", "--force", "migrate", "api", "api-2")
            front.stack.docker("image", "rm", "--force", f"{IMAGE}:{OLD}", f"{IMAGE}:{NEW}")


def check_out_todays_code(clone: Path) -> None:
    copy_of_the_project(clone)
    take_few_workers(clone, "production")


def images(front: Front) -> set[str]:
    """What the replicas run."""
    replicas = front.stack.compose("ps", "--quiet", "api", "api-2").split()
    assert len(replicas) == 2
    return set(front.stack.docker("inspect", "--format={{.Config.Image}}", *replicas).splitlines())


def schema(front: Front) -> str:
    return psql(front, leader(front), "SELECT version_num FROM alembic_version")


def test_an_upgrade_and_the_way_back_lose_no_request(front: Front) -> None:
    stack, before = front.stack, schema(front)
    house = open_house(front, "hanok")
    evening = Evening(house)
    with evening.going_on():
        assert images(front) == {f"{IMAGE}:{OLD}"}
        check_out_todays_code(stack.folder)
        stack.environment["VERSION"] = NEW
        stack.make("upgrade", timeout=900)
        assert images(front) == {f"{IMAGE}:{NEW}"}
        upgraded = schema(front)
        served = len(evening.placed)

        # The new version is bad: the old image, on the schema as it is now.
        stack.environment["VERSION"] = OLD
        stack.make("rolling-restart", timeout=600)
        assert images(front) == {f"{IMAGE}:{OLD}"}

    assert upgraded > before
    assert schema(front) == upgraded
    assert evening.failures == []
    assert 50 < served < len(evening.placed)
    numbers = [number for number, _, _ in evening.heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert evening.told_of("order.created") == set(evening.placed)
    assert {order["id"] for order in house.orders()} >= set(evening.placed)

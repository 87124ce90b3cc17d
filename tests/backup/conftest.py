"""One server with a full backup for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.backup.house import House, opened_house


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with opened_house() as opened:
        opened.db("backup", "--type=full")
        yield opened

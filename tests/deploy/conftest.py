"""The published side of a stack that a test starts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deploy.hosting import production, started
from tests.deploy.house import Front


@pytest.fixture(scope="package")
def production_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Production, which takes a minute to start: one for all modules that ask for it."""
    with production(tmp_path_factory.mktemp("production")) as front:
        yield front


@pytest.fixture(scope="module")
def staging_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with started(tmp_path_factory.mktemp("clone"), "staging") as front:
        yield front

"""The README's first ten minutes of a store are run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app
from tests.support.server import live_server

ROOT = Path(__file__).resolve().parents[2]
HEADING = "## The first ten minutes of a store"


@pytest.fixture(scope="module")
def url(database_url: str) -> Iterator[str]:
    with live_server(create_app(Settings(database_url=SecretStr(database_url)))) as url:
        yield url


def commands(readme: str) -> str:
    """The first shell block under the heading."""
    block = re.search(r"```sh\n(.*?)```", readme.split(HEADING, 1)[1], re.DOTALL)
    assert block is not None
    return block[1]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's commands need curl")
def test_the_first_ten_minutes(url: str, database_url: str, tmp_path: Path) -> None:
    script = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert "http://localhost:8000" in script
    assert ".venv/bin/python" in script
    here = script.replace("http://localhost:8000", url).replace(".venv/bin/python", sys.executable)

    ran = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", here],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": database_url, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert '"username":"minji"' in ran.stdout
    assert '"refresh_token"' in ran.stdout
    assert re.search(r"tok_[0-9a-f]{12}_[0-9a-f]{32}_", ran.stdout)
    assert "<svg" in (tmp_path / "table-7.svg").read_text(encoding="utf-8")

"""`make deploy ENV=development`: the shared server has the demo stores, and takes an order."""

from __future__ import annotations

import json
import subprocess
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.deploy.demo_store import order_of, sign_in, url, wait_until_ready
from tests.deploy.stack import Stack, free_port, hosted

pytestmark = pytest.mark.deploy

STORE: Final = "hanok"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = hosted(tmp_path_factory.mktemp("clone"), "development", PORT=str(free_port()))
    try:
        made.make("deploy")
        wait_until_ready(made, url(made))
        yield made
    finally:
        made.remove()


def test_the_demo_restaurant_takes_an_order_that_a_second_deploy_keeps(stack: Stack) -> None:
    with sign_in(stack) as staff:
        order = order_of(staff)
        placed = staff.post("/orders", json=order, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert placed.status_code == httpx.codes.CREATED, placed.text

    stack.make("deploy")

    with sign_in(stack) as staff:
        kept = staff.get(f"/orders/{placed.json()['id']}").raise_for_status().json()
        assert kept["number"] == placed.json()["number"]


def test_it_is_a_hosted_environment(stack: Stack) -> None:
    """Its secrets are its own, its host is checked, and its log is for machines."""
    stranger = httpx.get(f"{url(stack)}/docs", headers={"Host": "elsewhere.example"}, timeout=10)
    assert stranger.status_code == httpx.codes.BAD_REQUEST
    logged = stack.compose("logs", "--no-log-prefix", "api").splitlines()
    lines = [json.loads(line[line.index("{") :]) for line in logged if '"event"' in line]
    assert "request" in {line["event"] for line in lines}
    shown = stack.compose("exec", "-T", "api", "printenv")
    assert "ENVIRONMENT=development" in shown
    assert "DATABASE_URL=" not in shown


def test_its_passwords_are_renewed_like_the_others(stack: Stack) -> None:
    owner = stack.folder / "deploy/secrets/development/database_owner_url"
    before = owner.read_text()
    stack.make("renew-passwords")
    assert owner.read_text() != before
    stack.compose("run", "--rm", "--no-deps", "migrate")
    stack.make("rotate-password")
    wait_until_ready(stack, url(stack))


def test_a_store_comes_out_of_a_container_and_goes_into_one(stack: Stack, tmp_path: Path) -> None:
    """By the commands of docs/operations/backups.md; this store is here already, so it stays out."""
    archive = tmp_path / "store.zip"
    with archive.open("wb") as file:
        asked(stack, "store", "export", STORE, "-", stdout=file).check_returncode()
    assert zipfile.ZipFile(archive).testzip() is None
    done = asked(stack, "store", "export", STORE, "inside.zip", stderr=subprocess.PIPE)
    assert (done.returncode, b"In a container FILE is -" in done.stderr) == (1, True)
    with archive.open("rb") as file:
        done = asked(stack, "store", "import", "-", stdin=file, stderr=subprocess.PIPE)
    assert (done.returncode, b"is here already" in done.stderr) == (1, True)


def test_a_menu_goes_with_its_pictures_by_a_folder_that_is_mounted(
    stack: Stack, tmp_path: Path
) -> None:
    """By the commands of docs/menu-import.md."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures").chmod(0o777)
    menu = tmp_path / "menu.json"
    apart = ("run", "--rm", "--no-deps", "-T", "--volume", f"{tmp_path}/pictures:/pictures")
    out = ("menu", "export", "--store", STORE, "--images", "/pictures")
    with menu.open("wb") as file:
        asked(stack, *out, of=apart, stdout=file).check_returncode()
    assert list((tmp_path / "pictures").iterdir())
    into = ("menu", "import", "--store", STORE, "--format", "json", "--images", "/pictures", "-")
    with menu.open("rb") as file:
        done = asked(stack, *into, of=apart, stdin=file, stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert b"items: 0 created, 0 updated" in done.stdout


def asked(
    stack: Stack, *words: str, of: Sequence[str] = ("exec", "-T"), **streams: Any
) -> subprocess.CompletedProcess[bytes]:
    """The operator's command line in a container of the API: the running one, or one of its own."""
    files = [part for name in stack.files for part in ("--file", name)]
    return subprocess.run(
        ["docker", "compose", *files, *of, "api", "python", "-m", "app.cli", *words],
        cwd=stack.folder,
        env=stack.environment,
        check=False,
        timeout=120,
        **streams,
    )

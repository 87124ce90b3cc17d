"""`docker compose up`, as someone with a fresh clone types it: the stack comes up, takes an order, and keeps it."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.deploy.containers import copy_of_the_project
from tests.deploy.demo_store import order_of, sign_in, url, wait_until_ready
from tests.deploy.stack import UP_SECONDS, Stack, engine, free_port

pytestmark = pytest.mark.deploy

MEGABYTE: Final = 1_000_000
IMAGE: Final = "table-order-service:local"
CANARY: Final = "canary-that-no-image-may-hold"
"""What stands in every file of a clone that is nobody's business."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    environment = engine() | {"PORT": str(free_port())}
    made = Stack(copy_of_the_project(tmp_path_factory.mktemp("clone")), environment)
    assert not (made.folder / ".env").exists()
    plant_secrets(made.folder)
    try:
        made.compose("up", "--detach", "--build", "--wait", timeout=UP_SECONDS)
        yield made
    finally:
        made.remove()


def plant_secrets(folder: Path) -> None:
    """Files that a working folder has beside the source, all with the canary in them."""
    for name in ("deploy/secrets/staging/jwt_keys", "app/.env", ".env.staging", ".data/dump.sql"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"KEY={CANARY}\n")


def test_an_order_is_taken_and_outlives_a_restart_of_everything(stack: Stack) -> None:
    with sign_in(stack) as staff:
        order = order_of(staff)
        tables = staff.get("/tables").raise_for_status().json()["data"]
        placed = staff.post("/orders", json=order, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert placed.status_code == httpx.codes.CREATED, placed.text

    stack.compose("restart")
    wait_until_ready(stack, url(stack))

    with sign_in(stack) as staff:
        kept = staff.get(f"/orders/{placed.json()['id']}").raise_for_status().json()
        assert kept["number"] == placed.json()["number"]
        assert kept["total"] == placed.json()["total"]
        assert len(staff.get("/tables").raise_for_status().json()["data"]) == len(tables)


def test_the_databases_container_may_be_killed(stack: Stack) -> None:
    with sign_in(stack) as staff:
        order = order_of(staff)
        keys = [{"Idempotency-Key": str(uuid.uuid4())} for _ in range(2)]
        before = staff.post("/orders", json=order, headers=keys[0]).raise_for_status().json()

        stack.compose("kill", "db")

        refused = staff.post("/orders", json=order, headers=keys[1])
        assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
        assert staff.get("/menu").status_code == httpx.codes.OK

        stack.compose("up", "--detach", "--wait", "db", timeout=UP_SECONDS)
        wait_until_ready(stack, url(stack))

        # Nobody signs in anew, and what was acknowledged is there once.
        assert staff.post("/orders", json=order, headers=keys[0]).json() == before
        later = staff.post("/orders", json=order, headers=keys[1]).raise_for_status().json()
        assert later["number"] == before["number"] + 1


def test_a_second_up_changes_nothing(stack: Stack) -> None:
    stack.compose("up", "--detach", "--wait", timeout=UP_SECONDS)
    with sign_in(stack) as staff:
        staff.get("/menu").raise_for_status()


def test_the_docs_pages_are_served(stack: Stack) -> None:
    for path in ("/", "/docs", "/redoc", "/problems", "/openapi.json"):
        assert httpx.get(url(stack) + path, timeout=10).status_code == httpx.codes.OK


def test_the_api_signs_in_as_a_role_that_owns_nothing(stack: Stack) -> None:
    sessions = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'table_order' AND pid <> pg_backend_pid()"
    owned = (
        "SELECT count(*) FROM pg_class JOIN pg_roles r ON r.oid = relowner"
        " WHERE r.rolname = 'table_order_app' OR (r.rolname <> 'table_order_owner' AND relnamespace = 'public'::regnamespace)"
    )
    powers = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = 'table_order_app'"

    def ask(question: str) -> str:
        psql = (
            "psql",
            "--username=postgres",
            "--dbname=table_order",
            "--tuples-only",
            "--no-align",
            "--command",
        )
        return stack.compose("exec", "-T", "db", *psql, question).strip()

    httpx.get(f"{url(stack)}/health/ready", timeout=10).raise_for_status()
    assert ask(sessions) == "table_order_app"
    assert ask(owned) == "0"
    assert ask(powers) == "f"


def test_a_changed_source_file_is_served_without_a_rebuild(stack: Stack) -> None:
    source = stack.folder / "app" / "api" / "docs.py"
    changed = source.read_text().replace("Try the API", "Reloaded")
    assert "Reloaded" in changed
    source.write_text(changed)

    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if (
                "Reloaded"
                in httpx.get(url(stack), headers={"Accept-Language": "en"}, timeout=2).text
            ):
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    pytest.fail("the change was not seen within 30 s")


def test_the_image_is_small_and_runs_as_nobody_in_particular(stack: Stack) -> None:
    image = json.loads(stack.docker("image", "inspect", IMAGE))[0]
    assert image["Size"] < 250 * MEGABYTE
    assert image["Config"]["User"] == "10001:10001"
    assert image["Config"]["Healthcheck"]["Test"][0] == "CMD"
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in image["Config"]["Labels"].items()
    }
    assert labels["title"] == "table-order-service"
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim", labels["base.name"])

    looked = "command -v gcc cc ld make strip; ls /opt/venv/bin | grep -x 'pip.*'; find /app -name '.env*' -o -name tests"
    assert stack.docker("run", "--rm", IMAGE, "sh", "-c", f"{looked}; true").strip() == ""


def test_the_image_holds_no_secret_in_any_layer(stack: Stack, tmp_path: Path) -> None:
    saved = tmp_path / "image.tar"
    stack.docker("save", "--output", str(saved), IMAGE, timeout=120)
    content = saved.read_bytes()
    assert b"def create_app" in content, "the layers can't be read like this"
    assert not [word for word in (CANARY, "local-owner", "local-app") if word.encode() in content]
    made = stack.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", IMAGE)
    assert "TOKEN" not in made.upper()
    assert "PASSWORD" not in made.upper()


def test_the_image_serves_from_a_read_only_file_system_and_ends_on_sigterm(stack: Stack) -> None:
    name = f"{stack.project}-read-only"
    url = "postgresql://table_order_app:local-app@db:5432/table_order"
    port = free_port()
    stack.docker(
        "create", "--name", name, "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL",
        f"--network={stack.project}_edge", f"--publish=127.0.0.1:{port}:8000",
        f"--env=DATABASE_URL={url}", "--env=DATABASE_APP_ROLE=", "--env=ENVIRONMENT=local",
        IMAGE,
    )  # fmt: skip
    stack.docker("network", "connect", f"{stack.project}_data", name)
    stack.docker("start", name)
    try:
        wait_until_ready(stack, f"http://127.0.0.1:{port}", 30)
        end = time.monotonic() + 30
        while (
            health := stack.docker("inspect", "--format={{.State.Health.Status}}", name).strip()
        ) != "healthy":
            assert time.monotonic() < end, health
            time.sleep(0.5)
        begin = time.monotonic()
        stack.docker("stop", "--time=30", name)
        assert time.monotonic() - begin < 15
        assert stack.docker("inspect", "--format={{.State.ExitCode}}", name).strip() == "0"
    finally:
        stack.docker("rm", "--force", name)

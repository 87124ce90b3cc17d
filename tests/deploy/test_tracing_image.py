"""The image that is built with TRACING=yes sends its spans to a collector."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from psycopg.conninfo import conninfo_to_dict

from app.local.processes import wait_until
from tests.deploy.containers import copy_of_the_project
from tests.deploy.stack import Stack, engine, free_port
from tests.support.collector import Collector, collecting

pytestmark = pytest.mark.deploy

PARENT = "00f067aa0ba902b7"


def test_it_exports_a_request_and_its_statements(tmp_path: Path, database_url: str) -> None:
    stack = Stack(copy_of_the_project(tmp_path), engine())
    image = f"table-order-service:{os.environ.get('VERSION', 'local')}-tracing"
    stack.docker(
        *("build", "--quiet", "--build-arg", "TRACING=yes", "--tag", image, "."), timeout=600
    )
    name, port, trace = f"{stack.project}-tracing", free_port(), uuid4().hex
    with collecting() as collector:
        said = {
            "DATABASE_URL": database_url,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        }
        settings = [f"--env={key}={value}" for key, value in said.items()]
        # In the host's network is the collector of this test; its database's folder is its owner's alone.
        folder = Path(str(conninfo_to_dict(database_url)["host"]))
        where = (
            *("--network=host", "--read-only", "--cap-drop=ALL"),
            *(f"--volume={folder}:{folder}", f"--user={folder.stat().st_uid}"),
        )
        stack.docker("run", "--detach", "--name", name, *where, *settings, image)
        try:
            assert wait_until(
                lambda: asked(port, trace) and has_statement(collector, trace), 120
            ), stack.run("sh", "-c", f"docker logs --tail 30 {name} 2>&1")
        finally:
            stack.docker("rm", "--force", name)


def asked(port: int, trace: str) -> bool:
    """Whether the service answered a request that belongs to this trace."""
    wrong = {"store_code": "none", "username": "nobody", "password": "not the password"}
    sent = {"traceparent": f"00-{trace}-{PARENT}-01"}
    url = f"http://127.0.0.1:{port}/api/v1/auth/login"
    try:
        return httpx.post(url, json=wrong, headers=sent, trust_env=False).status_code == 401
    except httpx.TransportError:
        return False


def has_statement(collector: Collector, trace: str) -> bool:
    """Whether a request's span has come, and below it one of a statement."""
    spans = collector.of(trace)
    requests = {span.span_id for span in spans if span.parent_id == PARENT}
    return any(span.parent_id in requests for span in spans)

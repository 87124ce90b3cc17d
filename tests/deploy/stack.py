"""One running copy of an environment's containers, from a clone, under a project name of its own."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.containers import NoEngineError, copy_of_the_project, engine_environment
from tests.support.release import unpack

UP_SECONDS: Final = 300
WATCHED: Final = ("staging", "production")
HOST: Final = "orders.example"
"""The name that hosted environments are asked by; it is resolved nowhere."""

# Only what a bare shell has: none of the test run's own settings may reach the containers.
_KEPT: Final = (
    *("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR"),
    # What two checkouts on one engine must not share.
    *("VERSION", "MEMBER_VERSION", "EDGE_SUBNET"),
)


@dataclass(frozen=True)
class Stack:
    """`files` are the compose files on the command line; none: those that compose finds itself."""

    folder: Path
    environment: dict[str, str]
    project: str = field(default_factory=lambda: f"table-order-test-{secrets.token_hex(4)}")
    files: Sequence[str] = ()

    def run(self, *command: str, timeout: int = 60) -> str:
        """Runs a program and returns what it printed; fails the test with its complaint."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        assert done.returncode == 0, (
            f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
        return done.stdout

    def docker(self, *arguments: str, timeout: int = 60) -> str:
        return self.run("docker", *arguments, timeout=timeout)

    def compose(self, *arguments: str, timeout: int = 120) -> str:
        files = [part for name in self.files for part in ("--file", name)]
        return self.docker(
            "compose", "--project-name", self.project, *files, *arguments, timeout=timeout
        )

    def make(self, target: str, *, timeout: int = UP_SECONDS) -> str:
        """An operator's `make target` for this copy."""
        return self.run("make", target, f"ENV={Path(self.files[1]).stem}", timeout=timeout)

    def refused(self, *words: str) -> str:
        """What `make …` says when it ends badly, as it should."""
        done = subprocess.run(
            ["make", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode != 0, done.stdout
        return done.stderr

    def remove(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "10")


def engine() -> dict[str, str]:
    """The environment of an engine; the test is skipped loudly, or fails, where there is none."""
    try:
        environment = engine_environment()
    except NoEngineError as reason:
        if os.environ.get("REQUIRE_DOCKER"):
            pytest.fail(f"REQUIRE_DOCKER is set, but: {reason}")
        pytest.skip(f"CONTAINERS NOT TESTED: {reason}")
    return {name: environment[name] for name in _KEPT if name in environment}


def hosted(
    folder: Path, environment: str, release: str = "", *, backups: bool = False, **variables: str
) -> Stack:
    """A hosted environment's stack in a fresh clone at `folder`; nothing is started yet.

    Args:
        release: the commit to begin with; empty for the files as they are here.
    """
    files = ["docker-compose.yml", f"deploy/{environment}.yml"]
    if environment in WATCHED:
        files.append("deploy/monitoring.yml")
    if backups:
        files.append(f"deploy/backup/{environment}.yml")
    clone = unpack(release, folder) if release else copy_of_the_project(folder)
    stack = Stack(clone, engine(), files=files)
    # Watchers and backups are started by the tests that are about them: the others would only wait longer.
    left_out = {"MONITORING": ""} | ({} if backups else {"BACKUPS": ""})
    # The name of the image is the same for every run, and what is in it is not.
    stack.environment.update(
        {"REBUILD": "yes"} | left_out | variables, COMPOSE_PROJECT_NAME=stack.project
    )
    return stack


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port

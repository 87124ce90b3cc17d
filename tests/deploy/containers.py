"""A Docker engine for the container tests: the machine's own, or a private one with stand-ins for the base images."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

# Makes the base images on a machine that reaches no container registry.  Not part of the project: used if it is there.
_BASE_IMAGES_SCRIPT: Final = Path(
    os.environ.get("BASE_IMAGES_SCRIPT", ROOT.parent / "shared" / "tools" / "make-base-images.sh")
)
_WATCHERS: Final = ("prometheus", "alertmanager", "postgres-exporter")
# The script's own names of what the Dockerfile and the compose files start from.
_BASE_IMAGES: Final = ("python313", "postgres", "haproxy", "pgbouncer", *_WATCHERS)


class NoEngineError(Exception):
    """There is no Docker engine with Compose v2 here; the message says what was tried."""


def engine_environment() -> dict[str, str]:
    """The environment in which `docker compose` works.  Raises NoEngineError."""
    environment = dict(os.environ)
    if _BASE_IMAGES_SCRIPT.is_file() and os.geteuid() == 0:
        made = subprocess.run(
            [_BASE_IMAGES_SCRIPT, *_BASE_IMAGES],
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        settings = re.search(r"Use:\s+\.\s+(\S+)", made.stderr)
        if made.returncode or not settings:
            raise NoEngineError(f"{_BASE_IMAGES_SCRIPT} failed: {made.stderr[-500:]}")
        script = f'. "{settings[1]}" && env -0'
        shown = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=True, timeout=10
        )
        environment = dict(pair.split("=", 1) for pair in shown.stdout.split("\0") if "=" in pair)
    docker = shutil.which("docker", path=environment.get("PATH"))
    if docker is None:
        raise NoEngineError("no `docker` command on the path")
    for command in (["docker", "version"], ["docker", "compose", "version"]):
        tried = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=30
        )
        if tried.returncode:
            raise NoEngineError(f"`{' '.join(command)}` failed: {tried.stderr.strip()[-300:]}")
    return environment


def copy_of_the_project(target: Path) -> Path:
    """Copies what git would hand to someone who clones, with uncommitted changes, and returns `target`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target

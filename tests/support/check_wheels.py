"""`python -m tests.support.check_wheels`: the image's requirements have wheels for each of its architectures.

The Dockerfile takes wheels only and docker-bake.hcl names the architectures, of which a machine
builds its own one at most: a pin without a wheel for another would be found at the release.
Nothing is installed; the package index is asked.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
GLIBC = range(17, 42)
"""Minor versions of glibc 2 whose wheels Debian 13, the base image's system, can load."""


def main() -> None:
    """Exit with pip's complaint when anything has no wheel."""
    bake = (ROOT / "docker-bake.hcl").read_text(encoding="utf-8")
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (python,) = re.findall(r"^ARG PYTHON_VERSION=(\S+)$", dockerfile, re.MULTILINE)
    platforms = re.findall(r'"(linux/\w+)"', bake)
    for platform in platforms:
        complaint = _missing(python, MACHINES[platform])
        if complaint:
            sys.exit(f"{platform}: {complaint}")
        print(f"{platform}: every requirement has a wheel for Python {python}")  # noqa: T201 - a command


def _missing(python: str, machine: str) -> str:
    """What pip says when it finds no wheel; empty when there is one for everything."""
    tags = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC] + [f"manylinux2014_{machine}"]
    with tempfile.TemporaryDirectory() as nowhere:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
            + ["--disable-pip-version-check", "--no-input", "--only-binary=:all:"]
            + ["--implementation=cp", f"--python-version={python}", f"--target={nowhere}"]
            + [f"--platform={tag}" for tag in tags]
            + ["-r", "requirements.txt", "-r", "requirements-tracing.txt"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    return done.stderr[-1000:] if done.returncode else ""


if __name__ == "__main__":
    main()

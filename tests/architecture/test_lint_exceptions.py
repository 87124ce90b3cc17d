"""Each exception from a lint rule is needed, and says why."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("app", "tests", "bench", "alembic")
EXCEPTION = re.compile(r"#\s*noqa\b(?P<rest>.*)")
WITH_REASON = re.compile(r": [A-Z0-9, ]+ [-#] \S")
"""The rules by name, then words."""


def test_every_exception_in_the_code_says_why() -> None:
    without = []
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                found = EXCEPTION.search(line)
                if found and path != Path(__file__) and not WITH_REASON.match(found["rest"]):
                    without.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert without == []


def test_every_exception_of_a_folder_is_needed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ignored = settings["tool"]["ruff"]["lint"]["per-file-ignores"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json"),
            *("--config", "lint.per-file-ignores = {}", *FOLDERS),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {
        (str(Path(one["filename"]).relative_to(ROOT)), one["code"])
        for one in json.loads(done.stdout)
    }
    unneeded = [
        (pattern, code)
        for pattern, codes in ignored.items()
        for code in codes
        if not any(
            code == broken and path.startswith(pattern.removesuffix("**")) for path, broken in found
        )
    ]
    assert unneeded == []

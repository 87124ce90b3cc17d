"""Prometheus' own checker, where the machine has it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

NAME = re.compile(r"(?<![\w$])([a-zA-Z_:][\w:]*)(?!\s*\()(?!\w)")
_NO_METRIC = {"and", "or", "unless", "offset", "bool", "inf", "nan"}


def promtool(*arguments: str | Path) -> str:
    """What it prints; the test fails with its complaint, and is skipped loudly without it."""
    if shutil.which("promtool") is None:
        if os.environ.get("REQUIRE_PROMTOOL"):
            pytest.fail("REQUIRE_PROMTOOL is set, but there is no promtool on the path")
        pytest.skip("ALERT RULES NOT TESTED: no promtool (Debian: apt install prometheus)")
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def metrics_in(expression: str) -> set[str]:
    """The metrics that a PromQL expression reads."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    return {name for name in NAME.findall(bare) if name not in _NO_METRIC}

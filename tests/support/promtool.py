"""Prometheus' own checker, where the machine has it, and the metrics that expressions may be about."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram

from app.core import metrics

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


def families() -> dict[str, str]:
    """The names of our metrics, counters with their suffix, and what kind each is."""
    found = {}
    for metric in vars(metrics).values():
        if isinstance(metric, Counter | Gauge | Histogram):
            (family,) = metric.describe()
            suffix = "_total" if family.type == "counter" else ""
            found[family.name + suffix] = family.type
    return found

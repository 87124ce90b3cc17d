"""What the two load generators share: wrk for HTTP (`wrk.py`) and pgbench for SQL (`pgbench.py`).

Both are C programs that cost little of the machine that they share with what they measure.
A run in which anything failed has no figures: it raises `LoadError`.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class LoadError(Exception):
    """Something in the run failed, so that its figures would mean nothing."""


class ToolMissingError(Exception):
    """A load generator is not installed; the text says how to get it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run showed: `rate` per second, latencies in milliseconds, `count` of what was done."""

    rate: float
    p50: float
    p99: float
    count: int


def run_tool(command: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """What `command` printed. Raises `LoadError` with its complaint if it did not exit with 0."""
    # Not user input: the program is the one we looked up, the arguments are our own.
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        complaint = done.stderr.strip()[-500:]
        raise LoadError(f"{Path(command[0]).name} exited with {done.returncode}: {complaint}")
    return done.stdout

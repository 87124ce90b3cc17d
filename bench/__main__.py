"""`python -m bench [ROW …] [--rounds N] [--seconds S] [--history N]`: measures, prints, writes `results.json`.

Exit code 0 when every row was measured (whether or not its goal is met), 1 when one failed, 2 when
a tool is missing or an argument is wrong.
"""

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import pgbench, report, wrk
from bench.load import LoadError, ToolMissingError
from bench.rows import GROUPS, MEASURES, Bench, measures_of
from bench.servers import ServerError

RESULTS = Path(__file__).with_name("results.json")
FEWEST_ROUNDS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark that the command line asks for and return the exit code."""
    options = _options(arguments)
    try:
        wrk.find()
        pgbench.find()
    except ToolMissingError as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    rows = [row for group in options.rows or GROUPS for row in GROUPS[group]]
    started = datetime.now(UTC)  # noqa: TID251 - a stamp on a report, nothing that a test holds still
    rounds, failures = _play(measures_of(rows), options)
    results = [report.summarise(row, rounds, failures) for row in rows]
    conditions = {
        "started_at": started.isoformat(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "history": options.history,
    }
    report.save(RESULTS, results, rounds, conditions)
    sys.stdout.write(f"{report.table(results)}\nwritten to {RESULTS}\n")
    return 1 if failures else 0


def _play(
    measures: list[str], options: argparse.Namespace
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Run every measure once a round, in a new order each time, until it has failed once."""
    rounds: dict[str, list[float]] = defaultdict(list)
    failures: dict[str, str] = {}
    with Bench(options.seconds, history=options.history) as bench:
        for number in range(1, options.rounds + 1):
            for name in random.sample(measures, len(measures)):
                if name in failures:
                    continue
                sys.stderr.write(f"round {number} of {options.rounds}: {name}\n")
                try:
                    figures = MEASURES[name](bench)
                except (LoadError, ServerError) as failure:
                    failures[name] = str(failure)
                    continue
                for figure, value in figures.items():
                    rounds[f"{name}.{figure}"].append(value)
    return rounds, failures


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the service beside its references."
    )
    parser.add_argument(
        "rows",
        nargs="*",
        metavar="ROW",
        help=f"what to measure: {', '.join(GROUPS)} (default: all)",
    )
    parser.add_argument(
        "--rounds", type=int, default=FEWEST_ROUNDS, help="rounds to take medians of (default 3)"
    )
    parser.add_argument("--seconds", type=float, default=4, help="length of each load (default 4)")
    parser.add_argument(
        "--history",
        type=int,
        default=100_000,
        help="orders of the long past (default 100000; the goal is at 10000000, which takes"
        " 20 GB and its time to make)",
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.rows) - set(GROUPS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    if options.rounds < FEWEST_ROUNDS:
        parser.error(f"a median needs at least {FEWEST_ROUNDS} rounds")
    return options


if __name__ == "__main__":
    sys.exit(main())

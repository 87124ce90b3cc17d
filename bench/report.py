"""What a run reports: its rows, the medians of its rounds, the table and the JSON file."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

Rounds = Mapping[str, Sequence[float]]
"""Figures of each round by "measure.figure"."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the measure `ours` beside the measure `reference`, and the goal for their ratio.

    Without a reference the goal is for the figure itself; without a goal the row only informs.
    """

    name: str
    unit: str
    ours: str
    reference: str = ""
    goal: float | None = None
    better: Literal["more", "less"] = "more"


@dataclass(frozen=True, slots=True)
class Result:
    """A row with the medians of its rounds; `ratio` is the median of the rounds' ratios."""

    row: str
    unit: str
    ours: float | None = None
    reference: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    failure: str = ""


def summarise(row: Row, rounds: Rounds, failures: Mapping[str, str]) -> Result:
    """The row's result; once a measure of it failed it has no figures, only the failure."""
    goal = "" if row.goal is None else f"{'≥' if row.better == 'more' else '≤'} {row.goal:g}"
    for measure in (figure.partition(".")[0] for figure in (row.ours, row.reference)):
        if failure := failures.get(measure):
            return Result(row.name, row.unit, goal=goal, met=False, failure=f"{measure}: {failure}")
    mine, theirs = rounds[row.ours], rounds.get(row.reference, ())
    # Of each round's own pair, not of the medians: a slow minute of the machine then cancels out.
    ratio = median(a / b for a, b in zip(mine, theirs, strict=True)) if theirs else None
    reference = median(theirs) if theirs else None
    judged = median(mine) if ratio is None else ratio
    met = None
    if row.goal is not None:
        met = judged >= row.goal if row.better == "more" else judged <= row.goal
    return Result(row.name, row.unit, median(mine), reference, ratio, goal, met)


def table(results: Sequence[Result]) -> str:
    """The results as a table for a terminal, failures below it."""
    cells: list[tuple[str, ...]] = [("row", "unit", "ours", "reference", "ratio", "goal", "met?")]
    verdicts = {None: "", True: "yes", False: "no"}
    for result in results:
        verdict = "FAILED" if result.failure else verdicts[result.met]
        numbers = tuple(map(_number, (result.ours, result.reference, result.ratio)))
        cells.append((result.row, result.unit, *numbers, result.goal, verdict))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = {2, 3, 4}
    lines = [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    lines += [f"FAILED {result.row}: {result.failure}" for result in results if result.failure]
    return "\n".join(lines)


def save(
    path: Path, results: Sequence[Result], rounds: Rounds, conditions: Mapping[str, object]
) -> None:
    """Write results, every round's figures and the conditions of the run to `path`."""
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    document = {
        "conditions": {**machine, **conditions},
        "rows": [asdict(result) for result in results],
        "rounds": {measure: list(figures) for measure, figures in rounds.items()},
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

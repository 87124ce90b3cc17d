"""Lines for the person at the terminal: progress and complaints to stderr, results to stdout."""

import sys
from pathlib import Path
from typing import BinaryIO

import typer

STANDARD = Path("-")
"""As FILE: standard input or output, by which files get into a container and out of it."""


def binary_output() -> BinaryIO:
    """Standard output, for bytes.

    Raises:
        BadParameter: it is a terminal.
    """
    if sys.stdout.isatty():
        raise typer.BadParameter("-: this is nothing for a terminal: > FILE (and `exec -T`)")
    return sys.stdout.buffer


def binary_input() -> BinaryIO:
    """Standard input, as bytes.

    Raises:
        BadParameter: it is a terminal.
    """
    if sys.stdin.isatty():
        raise typer.BadParameter("-: a terminal has no file to read: < FILE (and `exec -T`)")
    return sys.stdin.buffer


def say(line: str) -> None:
    """A step that begins, or a result that no program reads."""
    print(line, file=sys.stderr, flush=True)


def complain(line: str) -> None:
    """One line that says what is wrong and what to do."""
    print(f"error: {line}", file=sys.stderr, flush=True)


def result(text: str) -> None:
    """What the command was asked for; only this goes to stdout."""
    print(text, flush=True)

"""Lines for the person at the terminal: progress and complaints to stderr, results to stdout."""

import sys


def say(line: str) -> None:
    """A step that begins, or a result that no program reads."""
    print(line, file=sys.stderr, flush=True)


def complain(line: str) -> None:
    """One line that says what is wrong and what to do."""
    print(f"error: {line}", file=sys.stderr, flush=True)


def result(text: str) -> None:
    """What the command was asked for; only this goes to stdout."""
    print(text, flush=True)

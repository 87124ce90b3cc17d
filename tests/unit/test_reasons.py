"""Every code that a refusal may have in its `errors` is explained on the page of a problem."""

import ast
from collections.abc import Iterator
from pathlib import Path

from app.core.problems import PROBLEMS

APP = Path(__file__).parents[2] / "app"
RAISING = {"FieldError": 1, "_invalid": 1, "_error": 2}
"""Where in their calls the code stands."""


def words(node: ast.expr) -> Iterator[str]:
    """The words that the expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from words(node.body)
        yield from words(node.orelse)


def raised() -> dict[str, set[str]]:
    """The codes that are written in the source, each with the files that have it."""
    found: dict[str, set[str]] = {}
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                place = RAISING.get(name, len(node.args))
                for word in words(node.args[place]) if place < len(node.args) else ():
                    found.setdefault(word, set()).add(path.name)
    return found


def test_every_code_in_errors_is_explained() -> None:
    codes = raised()
    assert {"not-now", "too-few", "too-many", "unknown", "negative-price"} <= set(codes)
    explained = {reason for kind in PROBLEMS.values() for reason in kind.reasons}
    assert {code: files for code, files in codes.items() if code not in explained} == {}


def test_every_reason_is_written_in_both_languages() -> None:
    for kind in PROBLEMS.values():
        for texts in kind.reasons.values():
            assert texts["ko"].strip()
            assert texts["en"].strip()
            assert texts["ko"] != texts["en"]

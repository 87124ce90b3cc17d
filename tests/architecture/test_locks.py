"""How rows are locked: in two ways, which one module knows. docs/concurrency.md says why."""

import ast
import re
from pathlib import Path

import psycopg

APP = Path("app")
KNOWS = APP / "repositories/base.py"
FOR_UPDATE = re.compile(r"\bFOR\s+UPDATE\b(?!\s+SKIP\s+LOCKED)", re.IGNORECASE)
"""Without waiting it is nobody's deadlock: what deletes old rows leaves out what others hold."""


def _locks(path: Path) -> list[int]:
    """The lines of a module that lock rows by themselves."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr == "with_for_update")
        or (isinstance(node, ast.keyword) and node.arg == "with_for_update")
        or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b", node.value)
            and not _is_prose(node.value)
        )
    ]


def _is_prose(text: str) -> bool:
    return not re.match(r"\s*(SELECT|WITH|UPDATE|DELETE|INSERT)\b", text)


def test_rows_are_locked_by_held_and_held_shared_only() -> None:
    modules = (path for path in APP.rglob("*.py") if path != KNOWS)

    assert {str(path): lines for path in modules if (lines := _locks(path))} == {}


def test_no_lock_keeps_out_who_refers_to_a_row() -> None:
    """FOR UPDATE conflicts with the check of a foreign key, which orders make while they hold the
    store's counter."""
    calls = [
        node
        for node in ast.walk(ast.parse(KNOWS.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "with_for_update"
    ]
    modes = [{word.arg for word in call.keywords} & {"key_share", "read"} for call in calls]

    assert sorted(map(str, modes)) == ["{'key_share'}", "{'read'}"]


def test_no_function_of_the_database_does(database_url: str) -> None:
    query = "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    with psycopg.connect(database_url) as connection:
        functions = connection.execute(query).fetchall()

    assert len(functions) > 1
    assert [name for name, source in functions if FOR_UPDATE.search(source)] == []

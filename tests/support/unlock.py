"""Take one lock or constraint away and see whether a test notices: docs/concurrency.md.

    python -m tests.support.unlock --list
    python -m tests.support.unlock [--turns N] [NAME …]

Each mutation is made in a copy of the tree, in which the tests that guard it run; the tree itself
stays as it is. A row lock goes where its source says `held(…)`, `held_shared(…)` or `FOR SHARE`; a
constraint by a migration after the last one. TEST_DATABASE_URL names a running server to use.
Exits with 1 when something was taken away and nothing failed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
COPIED = ("app", "alembic", "tests", "alembic.ini", "pyproject.toml")
PLACE_ORDER = "alembic/versions/2026_11_29_1051_follow_the_switches.py"
PATIENCE = 900
NOT_HELD = "(lambda query, **_: query.execution_options(populate_existing=True))("
"""Stands where a lock was: the rows are read anew, as they would be with it."""

RACES = "tests/concurrency/test_"
CONSTRAINTS = f"{RACES}constraints.py"


def _tests(module: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{RACES}{module}.py::test_{name}" for name in names)


ROW_LOCKS = {
    "base.get": _tests("held_locks", "a_cancel_waits_for_the_kitchen"),
    "basket.session": _tests("held_locks", "a_guests_line_waits_for_the_close"),
    "basket._share": _tests("held_locks", "a_submission_waits_for_the_move_and_goes_along"),
    "entry.lock_table": _tests(
        "held_locks",
        "a_guest_at_a_free_table_waits_for_who_opens_it",
        "a_guest_at_a_free_table_waits_for_its_archiving",
    ),
    "moving.lock_sessions": _tests("held_locks", "a_merge_waits_for_the_close_of_either"),
    "moving.lock_free_table": _tests("held_locks", "a_move_waits_for_the_archiving_of_its_table"),
    "order._hold": _tests("held_locks", "a_cancel_waits_for_the_close"),
    "order.give_back_stock": _tests("held_locks", "what_comes_back_waits_for_what_is_sold"),
    "service_request.place_of_session": _tests("held_locks", "a_guests_call_waits_for_the_close"),
    "service_request.place_of_table": _tests(
        "held_locks", "a_call_from_a_free_table_waits_for_its_archiving"
    ),
    "service_request.lock_waiting": _tests("held_locks", "a_close_waits_for_the_answer_to_a_call"),
    "service_request_type.lock_catalogue": _tests(
        "call_races", "two_managers_change_the_list_and_one_is_told"
    ),
    "sitting.hold_sitting": _tests(
        "held_locks",
        "a_tablets_line_waits_for_the_close",
        "a_tablets_call_waits_for_the_close",
        "a_guest_who_comes_waits_for_the_close",
    ),
}
"""Where row locks of sessions, orders, baskets and calls are taken, and which tests notice."""

IN_SQL = {
    "twin of a key": (
        "    BEGIN\n        PERFORM pg_advisory_xact_lock(",
        _tests("races", "a_double_submit_is_one_order"),
    ),
    "session of an order": (
        "p_session FOR SHARE OF s;",
        _tests("held_locks", "an_order_for_a_session_waits_for_its_close"),
    ),
    "party at the table": (
        "                FOR SHARE OF s;",
        _tests("held_locks", "an_order_at_a_table_waits_for_the_close_there"),
    ),
    "free table": (
        "            FOR SHARE;",
        _tests("held_locks", "a_first_order_waits_for_the_archiving_of_its_table"),
    ),
    "twin of a basket": (
        "        PERFORM pg_advisory_xact_lock(\n            hashtextextended(p_store::text || ' basket",
        _tests("switch_races", "twins_of_one_device_are_told_apart"),
    ),
}


class Mutation(NamedTuple):
    """One thing that is taken away; `old` at `place` becomes `new`, or `sql` is run."""

    name: str
    tests: tuple[str, ...]
    path: str = ""
    place: int = 0
    old: str = ""
    new: str = ""
    sql: str = ""


def row_locks() -> Iterator[Mutation]:
    """Every lock of the modules in `ROW_LOCKS`, named by module and function."""
    for module in dict.fromkeys(name.split(".")[0] for name in ROW_LOCKS):
        path = f"app/repositories/{module}.py"
        text = (ROOT / path).read_text()
        for found in re.finditer(r"(?<!def )\bheld(?:_shared)?\(", text):
            function = re.findall(r"def (\w+)", text[: found.start()])[-1]
            name = f"{module}.{function}"
            yield Mutation(name, ROW_LOCKS[name], path, found.start(), found.group(), NOT_HELD)


def statement_locks() -> Iterator[Mutation]:
    """What place_order(…) locks, and the twin's lock of other requests."""
    text = (ROOT / PLACE_ORDER).read_text()
    for name, (old, tests) in IN_SQL.items():
        new = old.replace("FOR SHARE OF s", "").replace("FOR SHARE", "")
        if "advisory" in old:
            new = old.replace("pg_advisory_xact_lock(", "abs(")
        yield Mutation(f"place_order: {name}", tests, PLACE_ORDER, text.index(old), old, new)
    path, old = "app/core/idempotency.py", "pg_advisory_xact_lock(hashtextextended("
    place = (ROOT / path).read_text().index(old)
    tests = _tests("call_races", "one_key_at_once_is_one_call")
    yield Mutation("idempotency.begin", tests, path, place, old, "abs(hashtextextended(")


def constraints() -> Iterator[Mutation]:
    """All constraints of a kind at once: the test of each one asks for it by its name."""
    import app.models  # noqa: F401, PLC0415 - to know all tables; only here is it needed
    from app.models.base import Model  # noqa: PLC0415 - as above
    from tests.concurrency.test_constraints import CHECKS, GUARDED, REFERENCES  # noqa: PLC0415 - as above

    kinds = {
        "test_a_check": [(table, name) for table, name in CHECKS],
        "test_a_reference_to_what_the_store_does_not_have": [
            (table, name) for table, _, name in REFERENCES
        ],
        "test_a_number_that_is_there_twice": [
            ("orders", "uq_orders_store_id_business_date_number")
        ],
        "test_a_row_that_is_there_twice": [
            (table, str(Model.metadata.tables[table].primary_key.name)) for table in GUARDED
        ],
    }
    for test, names in kinds.items():
        drops = [f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE" for table, name in names]
        yield Mutation(f"constraints: {test}", (f"{CONSTRAINTS}::{test}",), sql=";".join(drops))
    unique = [one.name for t in GUARDED for one in Model.metadata.tables[t].indexes if one.unique]
    test = "test_an_open_one_that_is_there_twice"
    drops = [f"DROP INDEX {name}" for name in unique]
    yield Mutation(f"constraints: {test}", (f"{CONSTRAINTS}::{test}",), sql=";".join(drops))
    of_store = [(table, f"fk_{table}_store_id") for table in GUARDED]
    drops = [f"ALTER TABLE {t} DROP CONSTRAINT IF EXISTS {name}" for t, name in of_store]
    test = "test_each_constraint_of_the_models_is_in_the_database"
    yield Mutation("of the store", (f"{CONSTRAINTS}::{test}",), sql=";".join(drops))


def mutations() -> list[Mutation]:
    return [*row_locks(), *statement_locks(), *constraints()]


def notices(mutation: Mutation) -> str | None:
    """The first test that fails without it; None when all pass, or one does that should not."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, copy / name, ignore=ignored)
            else:
                shutil.copy(source, copy / name)
        _take_away(mutation, copy)
        return _first_failure(mutation, copy)


def _take_away(mutation: Mutation, copy: Path) -> None:
    if mutation.path:
        file = copy / mutation.path
        text, end = file.read_text(), mutation.place + len(mutation.old)
        assert text[mutation.place : end] == mutation.old, f"{mutation.name} is elsewhere"
        file.write_text(text[: mutation.place] + mutation.new + text[end:])
    if mutation.sql:
        head = max((copy / "alembic/versions").glob("*.py"))
        revision = re.search(r'^revision = "(\w+)"', head.read_text(), re.MULTILINE)
        assert revision is not None
        (copy / "alembic/versions/9999_unlock.py").write_text(
            f"from alembic import op\nrevision, down_revision = 'unlock', '{revision[1]}'\n"
            f"def upgrade():\n    op.execute({mutation.sql!r})\n"
        )


def _first_failure(mutation: Mutation, copy: Path) -> str | None:
    of_kind = mutation.name.startswith("constraints")
    command = [
        *(sys.executable, "-m", "pytest", "--override-ini", "addopts=", "-q", "--tb=no"),
        *("-p", "no:cacheprovider", "-rfE", *mutation.tests),
        *([] if of_kind else ["-x"]),
    ]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command,
        check=False,
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if done.returncode == 0 or (of_kind and " passed" in done.stdout):
        return None
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if failed is None:
        raise RuntimeError(done.stdout + done.stderr)
    return failed[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="parts of the names; all by default")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    asked = parser.parse_args()
    wanted = [
        one
        for one in mutations()
        if not asked.names or any(name in one.name for name in asked.names)
    ]
    missed = 0
    for mutation in wanted:
        if asked.list:
            print(mutation.name)  # noqa: T201 - it talks to a person
            continue
        noticed = notices(mutation)
        missed += noticed is None
        print(f"{mutation.name:60} {noticed or 'NOBODY NOTICED'}", flush=True)  # noqa: T201 - the report
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

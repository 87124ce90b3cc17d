"""`staff reset-password` as an operator meets it."""

import orjson
import psycopg

from tests.cli.test_commands import Run, a_code, create, run

__all__ = ["create", "run"]


def test_a_new_first_password_is_printed_once(create: Run, run: Run, database_url: str) -> None:
    code = a_code()
    first = orjson.loads(create(code, "--json").stdout)["password"]
    words = ["--store", code.upper(), "--username", " Boss "]

    done = run("staff", "reset-password", *words, DATABASE_URL=database_url)

    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    said, _, password = line.rpartition(" ")
    assert said == f"boss signs in to {code} with the password"
    assert "must be changed" in done.stderr
    assert len(password) >= 16
    assert password != first
    with psycopg.connect(database_url) as connection:
        actions = connection.execute(
            "SELECT action FROM audit_entries JOIN stores USING (store_id) WHERE code = %s"
            " ORDER BY id",
            [code],
        ).fetchall()
    assert actions == [("store-opened",), ("password-reset",)]


def test_who_is_not_there_is_one_line(create: Run, run: Run, database_url: str) -> None:
    code = a_code()
    create(code)
    for store, said in (
        (code, "Nobody in the store has the user name nobody."),
        ("nowhere-at-all", "There is no store with the code nowhere-at-all."),
    ):
        words = ["--store", store, "--username", "nobody"]
        done = run("staff", "reset-password", *words, DATABASE_URL=database_url)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {said}\n")

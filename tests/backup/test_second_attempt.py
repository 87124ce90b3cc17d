"""It was the wrong instant: every other one can still be gone back to, before and after it."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.backup.house import House, opened_house


def ask(house: House, question: str) -> list[str]:
    with psycopg.connect(house.url("postgres"), autocommit=True) as admin:
        rows = admin.execute(question.encode()).fetchall()
    return [str(row[0]) for row in rows]


def note(house: House, text: str) -> str:
    """Write a note; an instant after it."""
    written = f"INSERT INTO notes VALUES ('{text}') RETURNING text"
    assert ask(house, written) == [text]
    return ask(house, "SELECT to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.US+00')")[0]


def go_back(house: House, *words: str) -> list[str]:
    """The notes after a restore."""
    house.db("check")  # what came last is archived as well
    house.stop()
    house.db("restore", *words, "--yes")
    house.start()
    return ask(house, "SELECT text FROM notes ORDER BY text")


@pytest.fixture(scope="module")
def evening() -> Iterator[tuple[House, list[str]]]:
    """A house with notes a to e, an instant after each, and backups before b and before d."""
    with opened_house() as house:
        with psycopg.connect(house.url("postgres")) as admin:
            admin.execute("CREATE TABLE notes (text text)")
        instants = [note(house, "a")]
        house.db("backup", "--type=full")
        instants += [note(house, text) for text in "bc"]
        house.db("backup", "--type=full")
        instants.append(note(house, "d"))
        note(house, "e")
        yield house, instants


def test_a_later_instant_than_that_of_the_first_attempt(
    evening: tuple[House, list[str]],
) -> None:
    house, (_, b, c, d) = evening
    assert go_back(house, "--at", b) == ["a", "b"]
    # As the page says: the new course of things. It removes nothing that led here.
    house.db("backup", "--type=full")
    x = note(house, "x")
    note(house, "y")

    assert go_back(house, "--at", c) == ["a", "b", "c"]
    # What the attempts themselves had is an instant like any other.
    assert go_back(house, "--at", x) == ["a", "b", "x"]
    assert go_back(house, "--at", d) == ["a", "b", "c", "d"]


def test_the_newest_backup_was_made_in_what_was_undone(
    evening: tuple[House, list[str]],
) -> None:
    """The newest that leads to where the server is now is taken, and an undone one by its name only."""
    house, (_, b, _, _) = evening  # as the test before has left it
    undone = house.db("backup", "--type=full").strip()
    assert go_back(house, "--at", b) == ["a", "b"]
    now = note(house, "z")

    house.db("verify")
    assert go_back(house) == ["a", "b", "z"]
    house.stop()
    assert "made in what had been undone" in house.refused("restore", "--set", undone, "--at", now)
    house.start()
    assert go_back(house, "--set", undone) == ["a", "b", "c", "d"]

"""Whose turn a failure ends: that of its store, or of all when the database is away."""

from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.errors import BusyError, DatabaseUnavailableError
from app.core.jobs import Turns

LOST = psycopg.OperationalError("the server hung up")


def run(had: list[int], *failures: Exception | None) -> None:
    """A job over so many stores, the turn of each of which ends with its failure."""
    turns = Turns()
    for number, failure in enumerate(failures):
        with turns.of(uuid4()):
            had.append(number)
            if failure is not None:
                raise failure
    turns.end()


@pytest.mark.parametrize(
    "failure",
    [
        ValueError("unreadable"),
        psycopg.errors.CheckViolation("a row"),
        psycopg.errors.LockNotAvailable("a lock"),
        DBAPIError("statement", {}, psycopg.errors.QueryCanceled("too slow")),
    ],
)
def test_what_is_of_a_store_leaves_the_others_theirs(failure: Exception) -> None:
    had: list[int] = []
    with pytest.raises(type(failure)) as raised:
        run(had, None, failure, KeyError("another"), None)
    assert (raised.value, had) == (failure, [0, 1, 2, 3])


@pytest.mark.parametrize(
    "failure",
    [
        LOST,
        DBAPIError("statement", {}, LOST),
        PoolTimeoutError("no connection"),
        DatabaseUnavailableError(),
        BusyError(),
        ConnectionResetError(),
    ],
)
def test_nobody_tries_a_database_that_is_away(failure: Exception) -> None:
    had: list[int] = []
    with pytest.raises(type(failure)) as raised:
        run(had, None, failure, None)
    assert (raised.value, had) == (failure, [0, 1])

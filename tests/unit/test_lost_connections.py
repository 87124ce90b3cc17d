"""What PostgreSQL and the pooler before it say when they leave is told as 503; our mistakes are not."""

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import OperationalError

from app.core.connection import is_lost
from app.core.problems import describe


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),
        # PgBouncer: "server login has been failing", "query_wait_timeout", "server conn crashed?"
        errors.ProtocolViolation(),
        errors.ConnectionFailure(),
        errors.AdminShutdown(),
        errors.CrashShutdown(),
        errors.CannotConnectNow(),
        errors.IdleSessionTimeout(),
        errors.IdleInTransactionSessionTimeout(),
    ],
)
def test_a_broken_connection_is_a_database_that_is_away(error: psycopg.Error) -> None:
    assert is_lost(error)
    assert describe(error) == "database-unavailable"
    assert describe(OperationalError("SELECT 1", {}, error)) == "database-unavailable"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ReadOnlySqlTransaction(), "storage-unavailable"),
        (errors.DiskFull(), "storage-unavailable"),
        (errors.IoError(), "storage-unavailable"),
        (errors.LockNotAvailable(), "busy"),
        (errors.QueryCanceled(), "busy"),
        (errors.UndefinedTable(), None),
    ],
)
def test_a_connection_that_still_works_is_not_lost(error: psycopg.Error, code: str | None) -> None:
    assert not is_lost(error)
    assert describe(error) == code

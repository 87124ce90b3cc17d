"""Which operations a replica may carry out, as the API's document tells it."""

import pytest
from fastapi import FastAPI

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.config import Settings
from app.core.security.permissions import Permission
from app.main import create_app


@pytest.fixture(scope="module")
def documented() -> FastAPI:
    return create_app(Settings())


def test_the_document_names_the_reads_that_a_replica_may_answer(documented: FastAPI) -> None:
    """A new one is a decision: it must be able to wait, and not be asked for by every table."""
    named = {
        (method, one["operationId"])
        for methods in documented.openapi()["paths"].values()
        for method, one in methods.items()
        if one.get("x-replica")
    }
    assert named == {
        ("get", "export_menu"),
        ("get", "get_answer_times"),
        ("get", "list_audit_entries"),
        ("get", "list_orders"),
        ("get", "list_sessions"),
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_operation_that_writes_does_not_load_with_it(method: str) -> None:
    @operation(Permission.ORDERS_READ, replica=True)
    async def change_something() -> None:
        """Never called."""

    with pytest.raises(TypeError, match="a replica only reads"):
        OperationRoute("/something", change_something, methods=[method])

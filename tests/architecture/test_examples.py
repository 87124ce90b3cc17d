"""Every operation shows an example of what it takes and gives, and each one is good."""

from typing import Any

import orjson
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr, TypeAdapter

from app.api.route import OperationRoute
from app.core.config import Settings
from app.main import create_app

APP = create_app(Settings(database_url=SecretStr("postgresql://nowhere/none")))
DOCUMENT = APP.openapi()
ROUTES = {
    context.original_route.name: context.original_route
    for context in iter_route_contexts(APP.routes)
    if isinstance(context.original_route, APIRoute)
}
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_examples_are_what_the_models_read(name: str) -> None:
    operation, route = OPERATIONS[name], ROUTES[name]
    if "requestBody" in operation:
        example = operation["requestBody"]["content"]["application/json"]["example"]
        model: Any
        if isinstance(route, OperationRoute) and route.operation.body is not None:
            model = route.operation.body.media_types["application/json"]
        else:
            assert route.body_field is not None
            model = route.body_field.field_info.annotation
        TypeAdapter(model).validate_python(example)
    answer = operation["responses"][str(route.status_code or 200)]
    content = answer.get("content", {}).get("application/json", {})
    if content.get("schema"):
        raw = orjson.dumps(content["example"])
        TypeAdapter(route.response_model).validate_json(raw, extra="forbid")


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_problem_of_an_operation_has_an_example(name: str) -> None:
    for status, answer in OPERATIONS[name]["responses"].items():
        if int(status) >= 400:
            examples = answer["content"]["application/problem+json"]["examples"]
            assert {one["value"]["status"] for one in examples.values()} == {int(status)}
            assert {one["value"]["code"] for one in examples.values()} == set(examples)

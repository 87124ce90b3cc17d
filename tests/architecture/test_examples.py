"""Every operation shows an example of what it takes and gives, and each one is good."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from pydantic import SecretStr, TypeAdapter

from app.api.operation import FileBody
from app.api.route import OperationRoute
from app.core.config import Settings
from app.main import create_app

APP = create_app(Settings(database_url=SecretStr("postgresql://nowhere/none")))
DOCUMENT = APP.openapi()
ROUTES = {route.name: route for route in APP.routes if isinstance(route, OperationRoute)}
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_examples_are_what_the_models_read(name: str) -> None:
    operation, route = OPERATIONS[name], ROUTES[name]
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        model: Any
        if isinstance(route.operation.body, FileBody):
            model = route.operation.body.media_types["application/json"]
        else:
            assert route.body_field is not None
            model = route.body_field.field_info.annotation
        example = content["application/json"]["example"]
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


def test_bounds_are_told_as_json_schema_calls_them() -> None:
    """Not as Pydantic does, where a validator of ours hides the type that they are of."""
    internal = {"ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of"}
    assert internal & set(_keys(DOCUMENT)) == set()


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _keys(one)


def test_schemas_have_names_for_generated_clients() -> None:
    # Of two models of one name the framework names both by their modules.
    assert [name for name in DOCUMENT["components"]["schemas"] if "__" in name] == []


def test_limits_of_integers_are_integers() -> None:
    def limits(schema: Any) -> Iterator[Any]:
        children = schema.values() if isinstance(schema, dict) else schema
        for child in children:
            if isinstance(child, dict | list):
                yield from limits(child)
        if isinstance(schema, dict) and schema.get("type") == "integer":
            yield from (schema[name] for name in ("minimum", "maximum") if name in schema)

    found = list(limits(DOCUMENT))
    assert {type(limit) for limit in found} == {int}

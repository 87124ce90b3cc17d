"""The OpenAPI document says what the routes really do: problems, permissions, headers."""

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI

from app.api.bodies import FORM, IMAGE_TYPES
from app.api.examples import ID, Examples
from app.api.operation import FileBody, Operation
from app.api.route import OperationRoute
from app.core.problem_kinds import PROBLEMS
from app.core.problems import MEDIA_TYPE, Problem
from app.core.security.permissions import GUEST_GRANTS, Permission

ALWAYS = ("internal-error", "database-unavailable", "busy")
BODY = ("malformed-body", "invalid-request", "body-too-large", "unsupported-media-type")
UPLOAD = ("image-invalid", "storage-unavailable")
SIGNED_IN = ("not-authenticated", "token-expired", "permission-denied", "password-change-required")
LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
KEYED = ("idempotency-key-reused", "idempotency-key-invalid", "request-in-progress")


def install(app: FastAPI) -> None:
    """Complete what FastAPI derives from the signatures, once."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = _with_whole_limits(build())
            _complete(document, _declared(app))
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _with_whole_limits(schema: Any) -> Any:
    """The schema with limits of integers as integers: the framework's model has floats for all."""
    if isinstance(schema, list):
        return [_with_whole_limits(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    whole = schema.get("type") == "integer"
    return {
        name: int(value) if whole and name in LIMITS else _with_whole_limits(value)
        for name, value in schema.items()
    }


def _declared(app: FastAPI) -> dict[str, Operation]:
    """Operation id → what its endpoint declared."""
    routes = [route for route in app.routes if isinstance(route, OperationRoute)]
    return {route.name: route.operation for route in routes}


def _complete(document: dict[str, Any], declared: dict[str, Operation]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An `access_token`, or an API key (`tok_…`) as it is.",
        },
        "ticket": {
            "type": "apiKey",
            "in": "query",
            "name": "ticket",
            "description": "A one-use ticket of `POST /api/v1/auth/stream-ticket`.",
        },
    }
    examples = Examples(schemas)
    for methods in document["paths"].values():
        for operation in methods.values():
            known = declared[operation["operationId"]]
            if isinstance(known.body, FileBody):
                operation["requestBody"] = _file_body(known.body, schemas, examples)
            _give_examples(operation, examples)
            _describe(operation, known)


def _file_body(body: FileBody, schemas: dict[str, Any], examples: Examples) -> dict[str, Any]:
    """A body of any of its media types; the models that describe it become components."""
    content: dict[str, Any] = {}
    for media_type, model in body.media_types.items():
        if isinstance(model, str):
            content[media_type] = {"schema": {"type": "string"}, "example": model}
            continue
        named = "#/components/schemas/{model}-Input"
        schema = model.model_json_schema(ref_template=named, mode="validation")
        parts = {**schema.pop("$defs", {}), model.__name__: schema}
        schemas.update({f"{name}-Input": part for name, part in parts.items()})
        shown = {"$ref": named.format(model=model.__name__)}
        content[media_type] = {"schema": shown, "example": examples.answer(shown)}
    return {"required": True, "content": content | _form(body.media_types)}


def _give_examples(operation: dict[str, Any], examples: Examples) -> None:
    """One for the body, one for the answer; problems have theirs from their code."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and "example" not in body:
        body["example"] = examples.request(body["schema"])
    for status, answer in operation["responses"].items():
        if not status.startswith("2"):
            continue
        content = answer.get("content", {}).get("application/json")
        if content is not None and content["schema"]:
            content["example"] = examples.answer(content["schema"])


def _describe(operation: dict[str, Any], declared: Operation) -> None:
    public = declared.permission is Permission.PUBLIC
    operation["security"] = [] if public else [{"bearer": []}]
    if declared.takes_ticket:
        operation["security"].append({"ticket": []})
    operation["x-permission"] = str(declared.permission)
    if declared.replica:
        operation["x-replica"] = True
    if declared.body == "image":
        operation["requestBody"] = _image_body()
    if declared.conditional:
        known = _header("If-None-Match", required=False, description="The `ETag` that was read.")
        operation.setdefault("parameters", []).append(known)
        operation["responses"]["304"] = {"description": "Nothing has changed since."}
    codes = _codes(operation, declared)
    if declared.idempotency != "no":
        required = declared.idempotency != "accepted"
        key = _header("Idempotency-Key", "One new key for each intent.", required=required)
        operation.setdefault("parameters", []).append(key)
    operation["responses"].pop("422", None)
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    for status, names in sorted(by_status.items()):
        operation["responses"][str(status)] = {
            "description": ", ".join(f"`{name}`" for name in names),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {name: {"value": _problem(name)} for name in names},
                }
            },
        }


def _image_body() -> dict[str, Any]:
    content: dict[str, Any] = {kind: {} for kind in IMAGE_TYPES}
    return {"required": True, "content": content | _form(IMAGE_TYPES)}


def _form(media_types: Collection[str]) -> dict[str, Any]:
    """The same file as the one field of a form."""
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
    }
    encoding = {"file": {"contentType": ", ".join(media_types)}}
    return {FORM: {"schema": form, "encoding": encoding}}


def _problem(code: str) -> dict[str, Any]:
    kind = PROBLEMS[code]
    return {
        "type": f"/problems/{code}",
        "title": kind.title["en"],
        "status": kind.status,
        "detail": kind.advice["en"].replace("`", ""),
        "code": code,
        "request_id": ID,
    }


def _codes(operation: dict[str, Any], declared: Operation) -> list[str]:
    """Its own problems, and those that follow from what it declares."""
    conditions: list[tuple[bool, tuple[str, ...]]] = [
        ("Health" not in operation["tags"], ("rate-limited",)),
        (declared.permission is not Permission.PUBLIC, SIGNED_IN),
        (declared.permission in GUEST_GRANTS, ("session-closed",)),
        ("requestBody" in operation, BODY),
        (declared.body == "image", UPLOAD),
        ("parameters" in operation, ("invalid-request",)),
        (declared.idempotency != "no", KEYED),
        (declared.idempotency in ("required", "by-statement"), ("idempotency-key-missing",)),
        (declared.if_match != "no", ("version-mismatch",)),
        (declared.if_match == "required", ("precondition-required",)),
    ]
    follow = [code for holds, codes in conditions if holds for code in codes]
    return [*declared.problems, *ALWAYS, *follow]


def _header(name: str, description: str, *, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    }

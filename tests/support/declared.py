"""Whether the OpenAPI document declares what the service answers: watched at the service's door."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Watch:
    """Hands each request on to `app`, and keeps what operations answered without declaring it."""

    def __init__(self, app: FastAPI) -> None:
        self._app: ASGIApp = app
        self._declared = _statuses(app.openapi())
        self.undeclared: set[tuple[str, int, str | None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._look(scope, message["status"])
            await send(message)

        await self._app(scope, receive, watched)

    def _look(self, scope: Scope, status: int) -> None:
        known = self._declared.get(scope.get("operation", ""))
        code = scope.get("problem_code")
        if known is not None and (code or status) not in known.get(status, ()):
            self.undeclared.add((scope["operation"], status, code))


def _statuses(document: dict[str, Any]) -> dict[str, dict[int, set[str | int]]]:
    """Operation id → status → the codes that it may have there; the status itself without any."""
    return {
        operation["operationId"]: {
            int(status): _codes(answer) or {int(status)}
            for status, answer in operation["responses"].items()
        }
        for methods in document["paths"].values()
        for operation in methods.values()
    }


def _codes(answer: dict[str, Any]) -> set[str | int]:
    content = answer.get("content", {}).get("application/problem+json", {})
    return set(content.get("examples", ()))

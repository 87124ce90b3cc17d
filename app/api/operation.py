"""How an endpoint says what it asks for: its permission, its problems, its idempotency.

An endpoint without a declaration does not load, so that nothing is open by oversight.
"""

import functools
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar

from app.core.security.permissions import Permission

P = ParamSpec("P")
T = TypeVar("T")

Idempotency = Literal["no", "accepted", "required", "by-statement"]
"""`by-statement`: required, and recorded by the operation's own statement."""
Precondition = Literal["no", "accepted", "required"]
Body = Literal["json", "image"]
"""`image`: the bytes of one, as the body itself or in a form; the endpoint asks for `UploadDep`."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What `OperationRoute` must know of an endpoint."""

    permission: Permission
    problems: tuple[str, ...] = ()
    idempotency: Idempotency = "no"
    if_match: Precondition = "no"
    shown_once: tuple[str, ...] = ()
    takes_ticket: bool = False
    body: Body = "json"


result: ContextVar[Any] = ContextVar("result", default=None)
"""What the endpoint returned, for the headers that follow from it (`ETag` from `version`)."""


def operation(  # noqa: PLR0913 - an endpoint says all of itself in one place
    permission: Permission,
    *,
    problems: tuple[str, ...] = (),
    idempotency: Idempotency = "no",
    if_match: Precondition = "no",
    shown_once: tuple[str, ...] = (),
    takes_ticket: bool = False,
    body: Body = "json",
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Declare an endpoint.

    Args:
        permission: what the caller must be granted.
        problems: the codes of the problem documents that are this operation's own.
        idempotency: whether `Idempotency-Key` is taken, or must be sent.
        if_match: whether `If-Match` is taken, or must be sent.
        shown_once: members of the answer that are null in a replay: secrets, which are stored
            nowhere in clear.
        takes_ticket: whether `?ticket=` stands in for a missing `Authorization`.
        body: what kind of body the operation takes, if it takes any.
    """

    def declare(endpoint: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(endpoint)
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            value = await endpoint(*args, **kwargs)
            result.set(value)
            return value

        call.operation = Operation(  # type: ignore[attr-defined]
            permission, problems, idempotency, if_match, shown_once, takes_ticket, body
        )
        return call

    return declare

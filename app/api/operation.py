"""How an endpoint says what it asks for: its permission, its problems, its idempotency.

An endpoint without a declaration does not load, so that nothing is open by oversight.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar

from pydantic import BaseModel

from app.core.security.permissions import Permission

P = ParamSpec("P")
T = TypeVar("T")

Idempotency = Literal["no", "accepted", "required", "by-statement"]
"""`by-statement`: required, and recorded by the operation's own statement."""
Precondition = Literal["no", "accepted", "required"]


@dataclass(frozen=True, slots=True)
class FileBody:
    """A body that is a file, as the body itself or in a form: the operation gets its bytes as an
    `Upload` and reads them itself.

    `media_types` are those that it takes, each with the model that describes it, or where there
    is none with an example of its text. `also` are other names of them that clients announce;
    `suffixes` say it of files in forms that are announced as nothing in particular.
    """

    media_types: Mapping[str, type[BaseModel] | str]
    max_bytes: int
    also: Mapping[str, str] = field(default_factory=dict)
    suffixes: Mapping[str, str] = field(default_factory=dict)


Body = Literal["json", "image"] | FileBody
"""`image`: the bytes of one, as the body itself or in a form; the endpoint asks for `ImageDep`."""


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
    replica: bool = False
    conditional: bool = False


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
    replica: bool = False,
    conditional: bool = False,
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
        body: what kind of body the operation takes, if it takes any: of a model, an image, a file.
        replica: whether a replica may carry it out: a `GET` that reads a lot and can wait a moment.
        conditional: whether it answers 304 to who sends the page's `ETag` as `If-None-Match`.
    """

    def declare(endpoint: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(endpoint)
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            value = await endpoint(*args, **kwargs)
            result.set(value)
            return value

        call.operation = Operation(  # type: ignore[attr-defined]
            permission,
            problems,
            idempotency,
            if_match,
            shown_once,
            takes_ticket,
            body,
            replica,
            conditional,
        )
        return call

    return declare

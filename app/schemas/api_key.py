"""API keys, on the wire."""

from typing import Annotated

from pydantic import AfterValidator, Field

from app.core.security.permissions import ApiScope
from app.core.words import UnreadableValueError
from app.schemas.base import Cursor, Id, Input, Instant, Limit, Name, Output, Query


def _distinct(scopes: list[ApiScope]) -> list[ApiScope]:
    if len(set(scopes)) != len(scopes):
        raise UnreadableValueError("A scope stands there twice.", "같은 권한이 두 번 있습니다.")
    return scopes


class ApiKeyInput(Input):
    name: Name
    scopes: Annotated[
        list[Annotated[ApiScope, Field(strict=False)]],
        Field(
            min_length=1,
            max_length=len(ApiScope),
            description="What the key may do. `payments:write` allows nothing yet: the service"
            " takes no payments so far, and a key that has the scope may do so once it does.",
        ),
        AfterValidator(_distinct),
    ]
    expires_at: Instant | None = None


class ApiKeyFilter(Query):
    cursor: Cursor | None = None
    limit: Limit = 50


class ApiKeyOutput(Output):
    """A key without its secret; `prefix` is how its text begins."""

    id: Id
    name: str
    scopes: list[ApiScope]
    prefix: str
    created_at: Instant
    last_used_at: Instant | None
    expires_at: Instant | None
    revoked_at: Instant | None


class ApiKeyMadeOutput(ApiKeyOutput):
    key: str | None = Field(
        description="The whole key, shown this once. Null when the answer is a replay."
    )

"""Letting a request in: who is it, and is it not too much of one client.

A credential has its own limit. A request without a good one counts against its client's address,
so that a restaurant's phones, which share an address, are never counted as one.
"""

from starlette.types import Scope

from app.core.client_address import client_address
from app.core.errors import (
    NotAuthenticatedError,
    RateLimitedError,
    SessionClosedError,
    TokenExpiredError,
)
from app.core.metrics import RATE_LIMITED
from app.core.rate_limit import QUOTA, RateLimiter
from app.core.runtime import Runtime
from app.core.security.principals import Principal

EXEMPT = ("/health", "/api/v1/health")
"""Whoever watches the service must not be turned away; all share one question (`Probe`)."""
REFUSALS = (NotAuthenticatedError, TokenExpiredError, SessionClosedError)
"""What a request without a good credential gets."""


async def admit(
    runtime: Runtime, scope: Scope, authorization: str | None, ticket: str | None = None
) -> Principal:
    """Whom the request speaks for; asked twice, it counts once.

    Args:
        authorization: its `Authorization` header.
        ticket: what stands for it in the address of an event stream.

    Raises:
        NotAuthenticatedError, TokenExpiredError, SessionClosedError: no good credential.
        RateLimitedError: too many requests of the credential, or of the address without one.
    """
    if ticket is None:
        principal = admit_recognised(runtime, scope, authorization)
        if principal is not None:
            return principal
    _refuse_if_spent(runtime, scope)
    try:
        if ticket is not None:
            principal = await runtime.redeem(ticket)
        else:
            principal = await runtime.look_up(authorization)
    except REFUSALS:
        admit_stranger(runtime, scope)
        raise
    _count_credential(runtime, scope, principal)
    return principal


def admit_recognised(runtime: Runtime, scope: Scope, authorization: str | None) -> Principal | None:
    """As `admit`, where no query is needed; None, and nothing is counted, where one is."""
    try:
        principal = runtime.recognise(authorization)
    except REFUSALS:
        admit_stranger(runtime, scope)
        raise
    if principal is not None:
        _count_credential(runtime, scope, principal)
    return principal


def admit_stranger(runtime: Runtime, scope: Scope) -> None:
    """Count a request that has no good credential, or needs none.

    Raises:
        RateLimitedError: too many of its address.
    """
    if runtime.address_limit is not None and not scope["path"].startswith(EXEMPT):
        _count(scope, runtime.address_limit, _address(runtime, scope))


def _refuse_if_spent(runtime: Runtime, scope: Scope) -> None:
    """Made-up keys and tickets cost a query each, until they are too many."""
    limiter = runtime.address_limit
    if limiter is not None and limiter.is_spent(_address(runtime, scope)):
        admit_stranger(runtime, scope)


def _address(runtime: Runtime, scope: Scope) -> str:
    return client_address(scope, runtime.settings.trusted_proxies)


def _count_credential(runtime: Runtime, scope: Scope, principal: Principal) -> None:
    if runtime.credential_limit is None:
        return
    try:
        # By its number: a UUID's own hash takes as long as all the rest of the counting.
        _count(scope, runtime.credential_limit, principal.sign_in_id.int)
    except RateLimitedError as error:
        error.language = principal.language
        raise


def _count(scope: Scope, limiter: RateLimiter, key: object) -> None:
    """Take one of the key's requests; the middleware announces what is left."""
    state = scope["state"]
    quota = state.get(QUOTA)
    if quota is None:
        quota = state[QUOTA] = limiter.take(key)
        if quota.retry_after:
            RATE_LIMITED.labels(limiter.name).inc()
    if quota.retry_after:
        raise RateLimitedError(retry_after=quota.retry_after)

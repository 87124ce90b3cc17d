"""Letting a request in: who is it, and is it not too much of one client.

A credential has its own limit. A request without a good one counts against its client's address,
so that a restaurant's phones, which share an address, are never counted as one.
"""

from starlette.requests import HTTPConnection

from app.core.client_address import client_address
from app.core.errors import NotAuthenticatedError, RateLimitedError, TokenExpiredError
from app.core.rate_limit import QUOTA, RateLimiter
from app.core.runtime import Runtime
from app.core.security.principals import Principal

EXEMPT = ("/health", "/api/v1/health")
"""Whoever watches the service must not be turned away."""


async def admit(
    runtime: Runtime, request: HTTPConnection, *, takes_ticket: bool = False
) -> Principal:
    """Whom the request speaks for; asked twice, it counts once.

    With `takes_ticket` the query's `ticket` counts where there is no `Authorization`.

    Raises:
        NotAuthenticatedError, TokenExpiredError: no good credential.
        RateLimitedError: too many requests of the credential, or of the address without one.
    """
    header = request.headers.get("authorization")
    ticket = request.query_params.get("ticket") if takes_ticket and header is None else None
    if ticket is not None or runtime.must_ask(header):
        _refuse_if_spent(runtime, request)
    try:
        principal = (
            await runtime.authenticate(header) if ticket is None else await runtime.redeem(ticket)
        )
    except (NotAuthenticatedError, TokenExpiredError):
        admit_stranger(runtime, request)
        raise
    if runtime.credential_limit is not None:
        _count(request, runtime.credential_limit, principal.sign_in_id.int)
    return principal


def admit_stranger(runtime: Runtime, request: HTTPConnection) -> None:
    """Count a request that has no good credential, or needs none.

    Raises:
        RateLimitedError: too many of its address.
    """
    if runtime.address_limit is not None and not request.scope["path"].startswith(EXEMPT):
        _count(request, runtime.address_limit, _address(runtime, request))


def _refuse_if_spent(runtime: Runtime, request: HTTPConnection) -> None:
    """Made-up keys and tickets cost a query each, until they are too many."""
    limiter = runtime.address_limit
    if limiter is not None and limiter.is_spent(_address(runtime, request)):
        admit_stranger(runtime, request)


def _address(runtime: Runtime, request: HTTPConnection) -> str:
    return client_address(request.scope, runtime.settings.trusted_proxies)


def _count(request: HTTPConnection, limiter: RateLimiter, key: object) -> None:
    """Take one of the key's requests; the middleware announces what is left."""
    state = request.scope["state"]
    quota = state.get(QUOTA)
    if quota is None:
        quota = state[QUOTA] = limiter.take(key)
    if quota.retry_after:
        raise RateLimitedError(retry_after=quota.retry_after)

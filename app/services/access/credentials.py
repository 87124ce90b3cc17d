"""What the sign-in services share: keys, hashing, revocation and the settings of both."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core.config import Settings
from app.core.security.passwords import PasswordHasher
from app.core.security.throttle import Throttle
from app.core.security.tokens import AccessTokens


@dataclass(frozen=True, slots=True)
class Credentials:
    """`revoke` and `outdate` reach every worker once the transaction is committed.

    `throttle` slows guessing down; it goes around every look at a secret that can be guessed.
    """

    settings: Settings
    tokens: AccessTokens
    passwords: PasswordHasher
    revoke: "Revoke"
    outdate: Callable[[UUID, datetime], None]
    throttle: Throttle


class Revoke(Protocol):
    """Make a family's end known; `reason` where its callers are told why."""

    def __call__(self, sign_in_id: UUID, reason: str | None = None) -> None: ...

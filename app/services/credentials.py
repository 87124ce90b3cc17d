"""What the sign-in services share: keys, hashing, revocation and the settings of both."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from app.core.config import Settings
from app.core.security.passwords import PasswordHasher
from app.core.security.throttle import Throttle
from app.core.security.tokens import AccessTokens


@dataclass(frozen=True, slots=True)
class Credentials:
    """`revoke` makes a family's end known to every worker once the transaction is committed.

    `throttle` slows guessing down; it goes around every look at a secret that can be guessed.
    """

    settings: Settings
    tokens: AccessTokens
    passwords: PasswordHasher
    revoke: Callable[[UUID], None]
    throttle: Throttle

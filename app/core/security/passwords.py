"""Passwords and one-time secrets.

argon2id with 19 MiB, t=2, p=1 (OWASP Password Storage Cheat Sheet), through passlib's API (kept up
by `libpass`), off the event loop, in two threads: each hash takes about 18 ms of a core.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from passlib.context import CryptContext

from app.core.errors import BusyError

T = TypeVar("T")

MAX_WAITING = 200

# No look-alikes: neither 0/O nor 1/I/L.
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

_context = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19 * 1024,
    argon2__time_cost=2,
    argon2__parallelism=1,
)


class PasswordHasher:
    """Hashes and verifies in its own two threads, with a bounded queue."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
        self._waiting = 0
        self._decoy = _decoy()

    async def hash(self, password: str) -> str:
        """The argon2id hash of `password`, in PHC string form."""
        return await self._run(_context.hash, password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether `password` matches; an unknown user (`None`) costs the same time."""
        if hashed is None:
            await self._run(_context.verify, password, self._decoy)
            return False
        return await self._run(_context.verify, password, hashed)

    def needs_rehash(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return bool(_context.needs_update(hashed))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        if self._waiting >= MAX_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        finally:
            self._waiting -= 1


def _decoy() -> str:
    """A hash of today's cost that no password has: what is verified for a user who is unknown.

    Made up and not computed, which would cost each process 19 MiB and a core while it starts.
    """
    argon2 = _context.handler("argon2")
    made_up = argon2(
        salt=secrets.token_bytes(16), checksum=secrets.token_bytes(32), use_defaults=True
    )
    return str(made_up.to_string())


def new_secret() -> str:
    """256 random bits as URL-safe text: a refresh token's secret half."""
    return secrets.token_urlsafe(32)


def new_pairing_code() -> str:
    """Eight characters that people can read to each other; about 39 bits."""
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(8))


def new_table_token() -> str:
    """128 random bits as 22 URL-safe characters: short enough for a QR code that scans well."""
    return secrets.token_urlsafe(16)


def new_first_password() -> str:
    """A first password for an owner: sixteen characters without look-alikes, about 79 bits."""
    return "-".join(
        "".join(secrets.choice(_CODE_ALPHABET.lower()) for _ in range(4)) for _ in range(4)
    )


def digest(secret: str) -> bytes:
    """SHA-256, for secrets with enough entropy to need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()

"""Hashing of passwords, and of those whose user there is not."""

from unittest.mock import Mock

import pytest

from app.core.security import passwords
from app.core.security.passwords import PasswordHasher


@pytest.mark.anyio
async def test_a_password_matches_its_own_hash_only() -> None:
    hasher = PasswordHasher()
    hashed = await hasher.hash("만나서 반가워요")
    assert await hasher.verify("만나서 반가워요", hashed)
    assert not await hasher.verify("만나서 반가워", hashed)
    assert not hasher.needs_rehash(hashed)
    hasher.close()


@pytest.mark.anyio
async def test_an_unknown_user_costs_what_a_known_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash with today's parameters, and no other one beforehand."""
    watched = Mock(wraps=passwords._context)  # noqa: SLF001 - what is counted
    monkeypatch.setattr(passwords, "_context", watched)
    hasher = PasswordHasher()
    assert not await hasher.verify("whatever", None)
    watched.hash.assert_not_called()
    ((_, decoy),) = [call.args for call in watched.verify.call_args_list]
    assert not hasher.needs_rehash(decoy)
    hasher.close()

"""Signing in, on the wire."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.security.permissions import DeviceKind, Role
from app.core.words import shape
from app.schemas.base import (
    VISIBLE,
    Cursor,
    Id,
    Input,
    Instant,
    Limit,
    Name,
    NewPassword,
    Output,
    Query,
    Secret,
    Token,
)


def lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


StoreCode = Annotated[
    str,
    BeforeValidator(lower),
    StringConstraints(
        pattern=shape(
            r"^[a-z0-9][a-z0-9-]{1,39}$",
            "Must be 2 to 40 lower-case letters, digits and hyphens, such as hanok.",
            "hanok처럼 영문 소문자, 숫자, 하이픈 2~40자여야 합니다.",
        )
    ),
]
"""What a store is called at sign-in: 2–40 lower-case letters, digits and hyphens."""

Username = Annotated[
    str,
    BeforeValidator(lower),
    StringConstraints(
        pattern=shape(
            r"^[a-z0-9][a-z0-9._-]{1,39}$",
            "Must be 2 to 40 lower-case letters, digits, dots, hyphens and underscores, such as owner.",
            "owner처럼 영문 소문자, 숫자, 점, 하이픈, 밑줄 2~40자여야 합니다.",
        )
    ),
]


def _code(value: object) -> object:
    """People type codes in lower case and with gaps."""
    return value.replace(" ", "").replace("-", "").upper() if isinstance(value, str) else value


DeviceId = Annotated[
    str,
    StringConstraints(min_length=16, max_length=128, pattern=VISIBLE),
    Field(
        description="A random text that the client made once and keeps to itself. Where an account"
        " has signed in with it before, others' wrong guesses don't slow it down."
    ),
]


class LoginInput(Input):
    store_code: Annotated[
        str, BeforeValidator(lower), StringConstraints(min_length=1, max_length=40)
    ]
    username: Annotated[str, BeforeValidator(lower), StringConstraints(min_length=1, max_length=40)]
    password: Secret
    device_id: DeviceId | None = None


class RefreshInput(Input):
    refresh_token: Token


class PasswordInput(Input):
    current_password: Secret
    new_password: NewPassword


class SignInFilter(Query):
    staff_id: Id | None = Field(default=None, description="Somebody else's; for owners.")
    cursor: Cursor | None = None
    limit: Limit = 50


class PairInput(Input):
    code: Annotated[str, BeforeValidator(_code), StringConstraints(min_length=1, max_length=20)]
    device_name: Name


class GuestInput(Input):
    """`table_token` is what the table's QR code ends with; `pin` where the store asks for one."""

    table_token: Token
    pin: (
        Annotated[
            str,
            StringConstraints(
                pattern=shape(r"^[0-9]{4}$", "Must be four digits.", "숫자 네 자리여야 합니다.")
            ),
        ]
        | None
    ) = None


class TokensOutput(Output):
    """An access token for `Authorization: Bearer`, and the refresh token that gets the next one.

    With `must_change_password` the access token is good for `PUT /auth/password` first of all.
    """

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str
    refresh_expires_at: Instant
    store_id: Id
    table_id: Id | None
    session_id: Id | None
    device_kind: DeviceKind | None
    must_change_password: bool


class SignInOutput(Output):
    """One sign-in: all tokens that came from it live and end together."""

    id: Id
    kind: str
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant
    user_agent: str | None
    current: bool


class PairingCodeOutput(Output):
    code: str
    expires_at: Instant


class MeOutput(Output):
    kind: str
    id: Id
    name: str
    role: Role | None
    store_id: Id
    table_id: Id | None
    session_id: Id | None
    device_kind: DeviceKind | None
    permissions: list[str]
    must_change_password: bool

"""People on the wire. A password goes in and never comes out."""

from typing import Annotated

from pydantic import Field

from app.core.security.permissions import Role
from app.schemas.auth import Username
from app.schemas.base import Id, Input, Instant, Name, NewPassword, Output

AskedRole = Annotated[Role, Field(strict=False)]
"""A role by its name: JSON has no enumerations."""


class StaffInput(Input):
    """`password` is a first one: the person must replace it before anything else."""

    username: Username
    display_name: Name
    role: AskedRole
    password: NewPassword


class StaffPatch(Input):
    """What is given is changed. `password` sets a first password anew."""

    display_name: Name | None = None
    role: AskedRole | None = None
    active: bool | None = None
    password: NewPassword | None = None


class StaffOutput(Output):
    id: Id
    username: str
    display_name: str
    role: Role
    active: bool
    must_change_password: bool
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int

"""`staff …`: helping people who can't sign in."""

import asyncio
from typing import Annotated

import typer

from app.cli.console import result, say
from app.cli.database import opened
from app.core.config import Settings, get_settings
from app.core.errors import NotFoundError
from app.core.runtime import Runtime
from app.core.security.principals import SYSTEM_ACTOR
from app.core.words import Words
from app.repositories.sign_in import SignInRepository
from app.repositories.staff import FamilyRepository, StaffRepository
from app.services.access.sign_in_ending import SignInEnding
from app.services.access.staffing import StaffingService

cli = typer.Typer(help="Help people who can't sign in.", no_args_is_help=True)


@cli.callback()
def _group() -> None:
    """Keeps `reset-password` a command of its own name while it is the only one."""


@cli.command("reset-password")
def reset_password_command(
    store: Annotated[str, typer.Option(help="The store's code, such as hanok.")],
    username: Annotated[str, typer.Option(help="Whose password it is.")],
) -> None:
    """Give a person a new first password, printed once; all their sign-ins end."""
    code, username = store.strip().lower(), username.strip().lower()
    with opened(get_settings()) as settings:
        password = reset_password(settings, code, username)
    result(f"{username} signs in to {code} with the password {password}")
    say("The password is kept nowhere and must be changed at the next sign-in.")


def reset_password(settings: Settings, code: str, username: str) -> str:
    """The new first password of a person of a store in the database of `settings`.

    Raises:
        NotFoundError: no such store, or nobody there has the user name.
    """
    return asyncio.run(_reset(settings, code, username))


async def _reset(settings: Settings, code: str, username: str) -> str:
    runtime = Runtime(settings)
    try:
        async with runtime.database.transaction() as unit:
            store = await SignInRepository(unit).store_by_code(code)
            if store is None:
                raise NotFoundError(
                    Words(
                        f"There is no store with the code {code}.", f"없는 매장 코드입니다: {code}"
                    )
                )
            place = (unit, await unit.session(), store.store_id)
            # The workers learn of it by themselves: they ask the database every second.
            ending = SignInEnding(FamilyRepository(*place), lambda _: None)
            staffing = StaffingService(
                StaffRepository(*place), ending, runtime.passwords, SYSTEM_ACTOR
            )
            return await staffing.reset_password(username)
    finally:
        await runtime.close()

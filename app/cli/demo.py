"""`demo`: two stores to try the service with."""

import asyncio
from typing import Annotated

import typer

from app.cli.console import say
from app.cli.database import opened
from app.core.config import Environment, Settings, get_settings
from app.demo.loading import DEMO_PASSWORD, has_stores, load_demo
from app.local.processes import LocalError

PEOPLE = "owner, manager, staff or kitchen"


def load(
    if_empty: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--if-empty", help="Do nothing when there is a store already.")
    ] = False,
) -> None:
    """Load a Korean restaurant (hanok) and a café in Lisbon (harbor); known passwords, so local only."""
    settings = get_settings()
    if settings.environment in (Environment.STAGING, Environment.PRODUCTION):
        raise LocalError(f"The demo's passwords are public; not in {settings.environment}.")
    with opened(settings) as settings_opened:
        load_into(settings_opened, if_empty=if_empty)


def load_into(settings: Settings, *, if_empty: bool) -> None:
    """Load the demo stores that are missing, and say how to sign in."""
    if if_empty and asyncio.run(has_stores(settings)):
        say("There are stores already: the demo is left out")
        return
    loaded = asyncio.run(load_demo(settings))
    say(f"Loaded {', '.join(loaded)}" if loaded else "The demo stores are there already")
    say(f"Sign in to hanok or harbor as {PEOPLE}, password {DEMO_PASSWORD}")

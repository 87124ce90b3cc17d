"""`run`: the local server, what `make run` calls."""

import asyncio
from pathlib import Path

import typer

from app.cli.console import say
from app.cli.database import reaching, upgrade
from app.cli.demo import PEOPLE, load_into
from app.core.config import Settings, get_settings
from app.demo.loading import DEMO_PASSWORD, present_demo_stores
from app.local import serve as local

SOURCE = Path(__file__).resolve().parents[1]


def visit_command(port: int) -> str:
    """What plays a visit against the service on `port`, from any other terminal."""
    usual = Settings.model_fields["port"].default
    return "make demo" if port == usual else f"PORT={port} make demo"


def serve() -> None:
    """Serve on this machine with reload: database, schema, demo stores and all, until Ctrl-C."""
    settings = get_settings()
    demo_stores: list[str] = []

    def prepare(url: str) -> None:
        reached = reaching(settings, url)
        say("Bringing the schema to its newest version")
        upgrade(reached)
        load_into(reached, if_empty=True)
        demo_stores.extend(asyncio.run(present_demo_stores(reached)))

    def welcome(address: str) -> str:
        demo = (
            f"  Sign in              store {' or '.join(demo_stores)}, user {PEOPLE},\n"
            f"                       password {DEMO_PASSWORD} (demo stores)\n"
            f"  A party's visit      {visit_command(settings.port)}, in another terminal\n"
        )
        return (
            f"\n  The service answers at {address}\n"
            f"  API pages            {address}/docs\n"
            f"{demo if demo_stores else ''}"
            f"  Stop                 Ctrl-C\n"
        )

    run = local.Run(
        host=settings.host,
        port=settings.port,
        data_dir=settings.data_dir,
        database_url=settings.database_url.get_secret_value(),
        source=SOURCE,
    )
    raise typer.Exit(local.serve(run, prepare, welcome, say))

"""`secrets create`: the passwords and keys of an environment, as the files that its containers mount."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import result, say
from app.core.config import Environment
from app.local.processes import LocalError

cli = typer.Typer(help="Look after the files with an environment's secrets.", no_args_is_help=True)

DATABASE, POOLER, REPLICA = "db:5432", "pgbouncer:6432", "db-replica:5432"
APP, OWNER = "table_order_app", "table_order_owner"
PASSWORDS = {
    "db_superuser_password": "postgres",
    "db_owner_password": OWNER,
    "db_app_password": APP,
    "db_replication_password": "table_order_replication",
    "db_monitor_password": "table_order_monitor",
    "db_rewind_password": "table_order_rewind",
    "patroni_api_password": "patroni",
}
RANDOM_BYTES = 32
NOWHERE = "http://localhost:9/write-your-webhook-into-alert_webhook_url"
"""Alerts go here until the operator says where to; the metrics show that they do not arrive."""


@cli.callback()
def _group() -> None:
    """Keeps `create` a command of its own name while it is the only one."""


@cli.command("create")
def create_command(
    environment: Annotated[Environment, typer.Argument(help="For which environment.")],
    directory: Annotated[Path, typer.Option(help="Where the files are, or will be.")],
) -> None:
    """Make the secrets that are not there yet; those that are there stay as they are.

    The names of the new files are printed, their contents never.
    """
    if environment is Environment.LOCAL:
        raise LocalError("local needs no secrets: it has known ones")
    made = create(environment, directory)
    for name in made:
        result(name)
    say(f"{len(made)} new files in {directory}")


def create(environment: Environment, directory: Path) -> list[str]:
    """The names of the files that were made.

    Production reaches the database through PgBouncer, the others directly.
    """
    # Others on this host stop at the folder. The files themselves are read by the containers' own
    # users, whom this host doesn't know.
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []

    def keep(name: str, content: str) -> str:
        path = directory / name
        if not path.exists():
            _write(path, content)
            made.append(name)
        return path.read_text(encoding="utf-8").strip()

    logins = {
        login: keep(name, secrets.token_urlsafe(RANDOM_BYTES)) for name, login in PASSWORDS.items()
    }

    def url(login: str, server: str, database: str = "table_order") -> str:
        return f"postgresql://{login}:{logins[login]}@{server}/{database}"

    pooled = environment is Environment.PRODUCTION
    direct = "primary:5432" if pooled else DATABASE
    keep("database_url", url(APP, POOLER if pooled else direct))
    keep("database_owner_url", url(OWNER, direct))
    keep("database_listen_url", url(APP, direct))
    replicas = {
        Environment.STAGING: url(APP, REPLICA),
        Environment.PRODUCTION: url(APP, POOLER, "table_order_standby"),
    }
    if environment in replicas:
        keep("database_replica_url", replicas[environment])
    keep("pgbouncer_users", f'"{APP}" "{logins[APP]}"')
    keep("grafana_admin_password", secrets.token_urlsafe(RANDOM_BYTES))
    keep("alert_webhook_url", NOWHERE)
    # Of the backups (deploy/backup.yml). The keys of a bucket are written into their files by hand.
    keep("backup_cipher_pass", secrets.token_urlsafe(RANDOM_BYTES))
    keep("backup_s3_access_key", "")
    keep("backup_s3_secret_key", "")
    keep("jwt_keys", f"{secrets.token_hex(4)}:{secrets.token_urlsafe(RANDOM_BYTES)}")
    return made


def _write(path: Path, content: str) -> None:
    """Whole or not at all: a file that is there counts as a good secret."""
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "w") as file:
        file.write(content + "\n")
    new.chmod(0o644)
    new.rename(path)

"""`secrets`: the passwords, keys and certificates of an environment, as the files that its containers mount.

A file that running containers mount is written over where it is: another file of the same name
would reach them only when they are made anew.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.cli.certificates import new_authority, new_server
from app.cli.console import result, say
from app.core.config import Environment
from app.local.processes import LocalError

cli = typer.Typer(help="Look after the files with an environment's secrets.", no_args_is_help=True)

DATABASE_NAME = "table_order"
DATABASE, REPLICA = "db:5432", "db-replica:5432"
DIRECT, POOLER = "primary:5432", "pgbouncer:6432"
"""Production's database, and what stands before it."""
APP, OWNER = "table_order_app", "table_order_owner"
POOLER_LOGIN = "table_order_pooler"
APP_PASSWORD = "db_app_password"  # noqa: S105 - a file's name
PASSWORDS = {
    "db_superuser_password": "postgres",
    "db_owner_password": OWNER,
    APP_PASSWORD: APP,
    "db_replication_password": "table_order_replication",
    "db_monitor_password": "table_order_monitor",
    "db_rewind_password": "table_order_rewind",
    "db_pooler_password": POOLER_LOGIN,
    "patroni_api_password": "patroni",
}
SERVERS = {
    "db_member_tls": ("primary", "db-1", "db-2", "db-3"),
    "pgbouncer_tls": ("pgbouncer",),
    "etcd_tls": ("etcd-1", "etcd-2", "etcd-3"),
}
"""Production's certificates, by the file with certificate and key: the names that each is for."""
AUTHORITY, AUTHORITY_KEY = "database_ca", "database_ca_key"
NEXT = "next"
"""The folder for what is not in use yet; see password_renewal.py."""
RANDOM_BYTES = 32
NOWHERE = "http://localhost:9/write-your-webhook-into-alert_webhook_url"
"""Alerts go here until the operator says where to; the metrics show that they do not arrive."""


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
    if (directory / NEXT).exists():
        say("`make renew-passwords` was interrupted: run it again before anything else")
    for name in made:
        result(name)
    say(f"{len(made)} new files in {directory}")


@cli.command("renew-certificates")
def renew_command(
    environment: Annotated[Environment, typer.Argument(help="For which environment: production.")],
    directory: Annotated[Path, typer.Option(help="Where its secrets are.")],
) -> None:
    """Make new certificates for the servers inside production, by the authority that is there.

    `make renew-certificates` calls it, and lets the servers load them.
    """
    for name in renew(environment, directory):
        result(name)


def renew(environment: Environment, directory: Path) -> list[str]:
    """The names of the files that were written.

    Raises:
        LocalError: not production's, or the authority's key is not there. Nothing was written.
    """
    if environment is not Environment.PRODUCTION:
        raise LocalError(f"Only production has certificates of this kind, and not {environment}")
    refuse_others(environment, directory)
    authority, key = directory / AUTHORITY, directory / AUTHORITY_KEY
    if not key.exists():
        raise LocalError(
            f"{AUTHORITY_KEY} is not there, so the certificates are yours: write the new ones into"
            f" {', '.join(SERVERS)}; `make load-secrets` does the rest."
        )
    for name, names in SERVERS.items():
        write_over(directory / name, new_server(names, authority.read_text(), key.read_text()))
    return list(SERVERS)


def refuse_others(environment: Environment, directory: Path) -> None:
    """Raise LocalError unless the folder holds secrets that were made for that environment."""
    found = _made_for(directory)
    if found is None:
        raise LocalError(f"There are no secrets yet: make secrets ENV={environment}")
    if found is not environment:
        raise LocalError(
            f"These are {found}'s secrets, and not {environment}'s. Nothing was changed"
        )


def _made_for(directory: Path) -> Environment | None:
    """By where the URLs in it lead."""
    owners = directory / "database_owner_url"
    if not owners.exists():
        return None
    if f"@{DATABASE}/" not in owners.read_text(encoding="utf-8"):
        return Environment.PRODUCTION
    replica = directory / "database_replica_url"
    return Environment.STAGING if replica.exists() else Environment.DEVELOPMENT


def create(environment: Environment, directory: Path) -> list[str]:
    """The names of the files that were made.

    Production reaches the database through PgBouncer, the others directly. Staging has production's
    authority, since its watchers are set up like production's, and no server that it signs for.

    Raises:
        LocalError: a certificate is missing that only the operator's own authority can give.
    """
    # Others on this host stop at the folder. The files themselves are read by the containers' own
    # users, whom this host doesn't know.
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []

    def keep(name: str, content: str) -> str:
        path = directory / name
        if not path.exists():
            write(path, content)
            made.append(name)
        return path.read_text(encoding="utf-8").strip()

    logins = {
        login: keep(name, secrets.token_urlsafe(RANDOM_BYTES)) for name, login in PASSWORDS.items()
    }
    for name, content in _database_urls(environment, logins).items():
        keep(name, content)
    keep("pgbouncer_users", pooler_user(logins[POOLER_LOGIN]))
    keep("grafana_admin_password", secrets.token_urlsafe(RANDOM_BYTES))
    keep("alert_webhook_url", NOWHERE)
    # Of the backups (deploy/backup). The keys of a bucket are written into their files by hand.
    keep("backup_cipher_pass", secrets.token_urlsafe(RANDOM_BYTES))
    keep("backup_s3_access_key", "")
    keep("backup_s3_secret_key", "")
    keep("jwt_keys", f"{secrets.token_hex(4)}:{secrets.token_urlsafe(RANDOM_BYTES)}")
    if environment is not Environment.DEVELOPMENT:
        made += _certificates(directory, SERVERS if environment is Environment.PRODUCTION else {})
    return made


def _certificates(directory: Path, servers: Mapping[str, Sequence[str]]) -> list[str]:
    """Make the authority and those servers' certificates that are not there yet."""
    authority, key = directory / AUTHORITY, directory / AUTHORITY_KEY
    made = []
    if not authority.exists():
        certificate, signs = new_authority("table-order database")
        # The key first: an authority without one counts as the operator's own.
        write(key, signs, mode=0o600)
        write(authority, certificate)
        made += [AUTHORITY, AUTHORITY_KEY]
    for name, names in servers.items():
        if (directory / name).exists():
            continue
        if not key.exists():
            raise LocalError(
                f"{AUTHORITY} is your own authority's: put its certificate for {', '.join(names)}"
                f" with the key into {name}."
            )
        write(directory / name, new_server(names, authority.read_text(), key.read_text()))
        made.append(name)
    return made


def _database_urls(environment: Environment, passwords: Mapping[str, str]) -> dict[str, str]:
    """What leads to the database, by file; `passwords` by login."""
    pooled = environment is Environment.PRODUCTION
    direct, api = (DIRECT, POOLER) if pooled else (DATABASE, DATABASE)
    checked = f"verify-full&sslrootcert=/run/secrets/{AUTHORITY}" if pooled else "disable"
    urls = {
        "database_url": database_user_url(APP, passwords[APP], api),
        "database_owner_url": database_user_url(OWNER, passwords[OWNER], direct),
        "database_listen_url": database_user_url(APP, passwords[APP], direct),
        # As the exporter wants it: without login, and with TLS said in it.
        "database_monitor_uri": f"primary:5432/table_order?sslmode={checked}",
    }
    replicas = {
        Environment.STAGING: (REPLICA, DATABASE_NAME),
        Environment.PRODUCTION: (POOLER, "table_order_standby"),
    }
    if environment in replicas:
        urls["database_replica_url"] = database_user_url(
            APP, passwords[APP], *replicas[environment]
        )
    return urls


def database_user_url(login: str, password: str, server: str, database: str = DATABASE_NAME) -> str:
    """What leads a login to the database on that server (host:port)."""
    return f"postgresql://{login}:{password}@{server}/{database}"


def pooler_user(password: str) -> str:
    """A line of PgBouncer's auth_file."""
    return f'"{POOLER_LOGIN}" "{password}"'


def write(path: Path, content: str, mode: int = 0o644) -> None:
    """Whole or not at all: a file that is there counts as a good secret."""
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(content.rstrip("\n") + "\n")
    new.chmod(mode)
    new.rename(path)


def write_over(path: Path, content: str) -> None:
    """In the file itself, in one write: a server that reads it meanwhile finds the old or the new."""
    if not path.exists():
        write(path, content)
        return
    with path.open("r+b", buffering=0) as file:
        file.write(content.encode())
        file.truncate()

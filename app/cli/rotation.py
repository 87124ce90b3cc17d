"""`db rotate-password`: a new password for the API's login, without a moment in which none works.

Two logins take turns, `table_order_app_a` and `table_order_app_b`, both members of the API's role.
The one that is not in use gets a new password; replicas are restarted with it one by one; then the
old one is shut. So at every moment each replica has a password that works.

PgBouncer asks the database for the logins (deploy/postgres/40-pooler.sh), so it needs to be told nothing.
"""

import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
import typer
from psycopg import sql

from app.cli.console import result, say
from app.core.config import Settings, get_settings
from app.local.processes import LocalError

APP, FIRST, SECOND = "table_order_app", "table_order_app_a", "table_order_app_b"
URLS = ("database_url", "database_listen_url", "database_replica_url")
"""The secrets that name the API's login, in an environment's folder of secrets."""
# What connections of the API set for themselves; behind a pooler only the login's own count.
LOGIN_SETTINGS = {
    "lock_timeout": "2s",
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
}

Connection = psycopg.Connection[tuple[Any, ...]]


def rotate(
    output: Annotated[
        Path | None,
        typer.Option(help="Write the new DATABASE_URL to this file and print nothing."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--secrets",
            help="The environment's secrets: every URL of the API there gets the new login.",
        ),
    ] = None,
    finish: Annotated[  # noqa: FBT002 - a flag of the command line
        bool,
        typer.Option("--finish", help="Shut the logins that DATABASE_URL no longer uses."),
    ] = False,
) -> None:
    """Give the API's idle login a new password and print its DATABASE_URL; --finish shuts the old.

    Works as the owner (DATABASE_OWNER_URL), which may make roles and manages the API's.
    """
    settings = get_settings()
    if settings.database_owner_url is None:
        raise LocalError("Set DATABASE_OWNER_URL: the API's own login can't change logins.")
    if settings.database_pooler and not finish and folder is None:
        raise LocalError("Behind PgBouncer two URLs change together: give --secrets.")
    with psycopg.connect(settings.owner_url, autocommit=True) as owner:
        if finish:
            _finish(owner, settings)
            return
        login, password = _next_login(owner, settings)
    url = _of(login, password, settings.database_url.get_secret_value())
    if folder is not None:
        for path in (folder / name for name in URLS):
            if path.exists():
                _write(path, _of(login, password, path.read_text(encoding="utf-8").strip()))
    elif output is not None:
        _write(output, url)
    else:
        result(url)
    say("Restart the API with it, replica by replica; then: db rotate-password --finish")


def admit(settings: Settings) -> None:
    """Let the API in as DATABASE_URL says, where the database knows that login or password not.

    So it is once the server was made from nothing, or restored to before a rotation: the secrets
    are ahead of it. Only the API's own three logins are let in, and only by the owner.

    Raises:
        LocalError: the login works, but not as the API's role.
    """
    role = settings.database_app_role or APP
    wanted = urlsplit(settings.listen_url)
    if settings.database_owner_url is None or wanted.username not in {APP, FIRST, SECOND}:
        return
    try:
        psycopg.connect(settings.listen_url, connect_timeout=5).close()
    except psycopg.OperationalError:
        password = unquote(wanted.password or "")
        with psycopg.connect(settings.owner_url, autocommit=True) as owner, owner.transaction():
            _prepare(owner, wanted.username, role, password)
        _try(settings.listen_url, role)
        say(f"The database did not let {wanted.username} in; now it does")


def _next_login(owner: Connection, settings: Settings) -> tuple[str, str]:
    """Make the idle login ready, try it, and give it with its password."""
    role = settings.database_app_role or APP
    current = urlsplit(settings.database_url.get_secret_value())
    login = SECOND if current.username == FIRST else FIRST
    _refuse_in_use(owner, [login])
    password = secrets.token_urlsafe(32)
    with owner.transaction():
        _prepare(owner, login, role, password)
    for url in {settings.api_url, settings.listen_url}:
        _try(_of(login, password, url), role)
    return login, password


def _of(login: str, password: str, url: str) -> str:
    """The same URL for another login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}:{quote(password)}@{host}"))


def _prepare(owner: Connection, login: str, role: str, password: str) -> None:
    name = sql.Identifier(login)
    if owner.execute("SELECT FROM pg_roles WHERE rolname = %s", [login]).fetchone() is None:
        owner.execute(sql.SQL("CREATE ROLE {}").format(name))
        owner.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), name))
        # What the login may do, it does as the API's role: pooled connections begin as that.
        for setting, value in {"role": role, **LOGIN_SETTINGS}.items():
            owner.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    name, sql.Identifier(setting), sql.Literal(value)
                )
            )
    # Hashed here: the server's log may show the statement.
    verifier = owner.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    owner.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(verifier.decode()))
    )


def _try(url: str, role: str) -> None:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute("SELECT current_user").fetchone()
    if row != (role,):
        raise LocalError(f"The new login works as {row and row[0]}, and should as {role}.")


def _finish(owner: Connection, settings: Settings) -> None:
    """Shut every login of the API but the one that DATABASE_URL names.

    Raises:
        LocalError: one of them is still connected, or DATABASE_URL names none of the two.
    """
    current = urlsplit(settings.database_url.get_secret_value()).username
    if current not in (FIRST, SECOND):
        raise LocalError(f"DATABASE_URL names {current}: set it to what this command printed.")
    role = settings.database_app_role or APP
    others = [
        row[0]
        for row in owner.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s) AND rolcanlogin ORDER BY 1",
            [sorted({FIRST, SECOND, role} - {current})],
        )
    ]
    _refuse_in_use(owner, others)
    for login in others:
        owner.execute(sql.SQL("ALTER ROLE {} NOLOGIN PASSWORD NULL").format(sql.Identifier(login)))
    say(f"Shut: {', '.join(others)}" if others else "There is no other login that could be used")


def _refuse_in_use(owner: Connection, logins: list[str]) -> None:
    used = owner.execute(
        "SELECT usename, count(*) FROM pg_stat_activity WHERE usename = ANY (%s)"
        " GROUP BY usename ORDER BY usename",
        [logins],
    ).fetchall()
    if used:
        many = ", ".join(f"{login} ({count})" for login, count in used)
        raise LocalError(
            f"Still connected: {many}. Restart those replicas first, and let a pooler RECONNECT."
        )


def _write(path: Path, url: str) -> None:
    """In one step: who reads the file meanwhile gets the old URL or the new one.

    Whoever could read the old file can read the new one; a first one is for its owner only.
    """
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(f"{url}\n")
    Path(name).chmod(mode)
    Path(name).replace(path)

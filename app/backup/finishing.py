"""The end of a restore: the log is replayed here, and what it was replayed by is forgotten.

Patroni starts a server as a standby, or as a primary that was one before; it knows nothing of an
instant at which to stop. A server without it would replay the log by itself, but keep the settings
for that, and every standby copies them: it has no pgBackRest, and would stop at that instant too.
And what is wrong with the log is said to who restores, not to the log of a server that won't start.
"""

import socket
from contextlib import suppress

import psycopg
from psycopg import sql

from app.backup.pgbackrest import PROGRAM, BackupError, PgBackRest
from app.backup.restoring import RestorePlan
from app.backup.scratch import running
from app.backup.settings import BackupSettings

ANSWERS_WITHIN = 3.0
ENDS_EARLY = "recovery ended before configured recovery target was reached"


def refuse_while_members_run(settings: BackupSettings) -> None:
    """A timeline that begins here while another server goes on would be archived twice, as two.

    Raises:
        BackupError: a member of the cluster takes connections.
    """
    for host in settings.members:
        # A name that nobody has, or nobody at the door: it does not run.
        with (
            suppress(OSError),
            socket.create_connection((host, settings.port), ANSWERS_WITHIN),
        ):
            raise BackupError(f"{host} answers: stop every member of the cluster first")


def finish(program: PgBackRest, plan: RestorePlan) -> None:
    """Replay the log up to the plan's end, begin the new timeline, and stop.

    The new timeline's log is archived from its first byte: later restores pass through it.

    Raises:
        BackupError: the log ends before the instant, or the server does not start.
    """
    settings = program.settings
    archive = f"{PROGRAM} --config={program.local} --stanza={settings.stanza} archive-push %p"
    try:
        with running(program, plan.target, archive) as where:
            _forget_the_recovery(where)
    except psycopg.Error as error:
        raise BackupError(f"The restored server can't be asked: {error}") from error
    except BackupError as error:
        if ENDS_EARLY not in str(error):
            raise
        raise BackupError(
            "Nothing in the log of that time is later than this instant: choose an earlier one, or,"
            f" if nothing was undone since, leave --at out. {error}"
        ) from error


def _forget_the_recovery(where: str) -> None:
    """Take away what pgBackRest has written into postgresql.auto.conf: it was for this once."""
    with psycopg.connect(f"{where} dbname=postgres", autocommit=True) as server:
        left = server.execute(
            "SELECT DISTINCT name FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf'"
            " AND (name = 'restore_command' OR name LIKE 'recovery_target%')"
        ).fetchall()
        for (name,) in left:
            server.execute(sql.SQL("ALTER SYSTEM RESET {}").format(sql.Identifier(name)))

"""Runs pgBackRest with a configuration of ours, and says in one line what went wrong.

The configuration is a file (`home`/pgbackrest.conf, mode 0600), because the server's
`archive_command` needs the same one:

    pgbackrest --config=<home>/pgbackrest.conf --stanza=<stanza> archive-push %p

Beside it is local.conf, which knows the repository and no members of a cluster.

Run by root, every program becomes the owner of the server's data: PostgreSQL refuses root, and the
repository's files must be readable to `archive_command`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.backup.configuration import configuration
from app.backup.settings import BackupSettings
from app.local.processes import Account, LocalError

PROGRAM = "pgbackrest"
ON_FILES = frozenset({"restore", "verify", "repo-ls", "repo-get"})
"""Commands that deal with files here, be the server where it may."""


class BackupError(LocalError):
    """A backup, or the way back from one, does not work; the text says what to do."""


class StanzaMissingError(BackupError):
    """The repository does not know this server yet."""


class PgBackRest:
    """The program for one server and one repository."""

    def __init__(self, settings: BackupSettings) -> None:
        self.settings = settings
        self.home = settings.home.resolve()
        self.config = self.home / "pgbackrest.conf"
        self.local = self.home / "local.conf"

    @property
    def data(self) -> Path:
        """The server's data directory.

        Raises:
            BackupError: no setting names it.
        """
        if self.settings.data_directory is None:
            raise BackupError("BACKUP_DATA_DIRECTORY must name the server's data directory")
        return self.settings.data_directory

    @property
    def account(self) -> Account | None:
        """Whom the programs run as; None when as ourselves."""
        return Account.for_files(self.data if self.data.exists() else self.home)

    def set_up(self) -> Path:
        """Write the configurations and the folders that they name; the path of the server's."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.own(self.home)
        for name in ("lock", "spool"):
            (self.home / name).mkdir(exist_ok=True)
            self.own(self.home / name)
        self.write(
            self.config, configuration(self.settings, self.data, self.home, self.settings.members)
        )
        self.write(self.local, configuration(self.settings, self.data, self.home))
        return self.config

    def call(self, command: str, *options: str, arguments: Sequence[str] = ()) -> str:
        """Run one command of pgBackRest to its end; what it printed to stdout.

        Raises:
            BackupError: it is not installed, or it failed.
            StanzaMissingError: the repository does not know this server.
        """
        if shutil.which(PROGRAM) is None:
            raise BackupError("pgBackRest is not installed (Debian: apt install pgbackrest)")
        if not self.settings.s3_bucket and not self.settings.repository.is_dir():
            raise BackupError(
                f"The repository {self.settings.repository} is not there: is its disk mounted? "
                "(BACKUP_REPOSITORY)"
            )
        self.set_up()
        config = self.local if command in ON_FILES else self.config
        words = [PROGRAM, f"--config={config}", f"--stanza={self.settings.stanza}"]
        code, output, errors = self.run([*words, *options, command, *arguments])
        if code != 0:
            raise explained(command, errors or output)
        return output

    def run(
        self, words: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Run a program as the owner of the data: exit code, stdout, stderr."""
        identity = {}
        if account := self.account:
            identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
        # Not in our own folder, which that user may be unable to enter.
        with subprocess.Popen(  # type: ignore[call-overload] # user= and group= come as a dict
            words,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
            | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            **identity,
        ) as process:
            try:
                output, errors = process.communicate()
            except BaseException:
                process.terminate()  # it lets go of its locks; the next backup goes on from here
                process.wait()
                raise
        return process.returncode, output, errors

    def own(self, path: Path) -> None:
        """Give a file that we made to whom the programs run as."""
        if account := self.account:
            account.own(path)

    def write(self, path: Path, text: str) -> None:
        """Replace a private file as a whole; a reader sees the old one or the new one."""
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        self.own(fresh)
        fresh.replace(path)


# What pgBackRest says (its error numbers change their meaning with the command), and the way out.
_HINTS = (
    (r"FormatError|CryptoError|cipher|decrypt", "Is BACKUP_CIPHER_PASS the repository's?"),
    (r"missing stanza|stanza-create been performed", "To make it: db backup-setup --stanza"),
    (r"unable to find primary|DbConnect|unable to connect to '", "Is the server up?"),
    (r"HostConnect|unable to get address|TLS|HTTP request|ServiceError|ProtocolError",
     "Is the bucket there, and are BACKUP_S3_* right?"),
    (r"archive_mode|archive_command|WAL segment .* was not archived",
     "Archiving does not work: see archive_mode, archive_command and the server's log"),
    (r"lock on file|lock file", "Another backup is running"),
    (r"[Nn]o space left", "The disk is full"),
    (r"Permission denied|unable to (?:create|open|list) .*\[13\]", "Run it as root or as the data's owner"),
)  # fmt: skip
_STANZA = 1


def explained(command: str, text: str) -> BackupError:
    """pgBackRest's complaint as one line of words, with what to do about it."""
    readable = "".join(sign if sign.isprintable() else " " for sign in text)
    found = re.search(r"ERROR: \[\d+\]: (.*)", readable)
    said = " ".join((found[1] if found else readable).split())
    said = re.split(r"\s*(?:HINT:|FileMissingError:|FormatError:|CryptoError:)", said)[0][:300]
    for place, (pattern, hint) in enumerate(_HINTS):
        if re.search(pattern, readable):
            kind = StanzaMissingError if place == _STANZA else BackupError
            return kind(f"pgBackRest {command}: {said}. {hint}")
    return BackupError(f"pgBackRest {command}: {said or 'failed and said nothing'}")

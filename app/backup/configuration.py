"""pgBackRest's configuration, from the settings."""

from collections.abc import Sequence
from pathlib import Path

from app.backup.settings import BackupSettings

ALL = 9_999_999
"""pgBackRest's largest count: what goes is decided by us (app/backup/keeping.py)."""
CERTIFIED = "table-order-backup"
"""Whom the certificate names (deploy/backup/certificate.sh)."""


def configuration(
    settings: BackupSettings, data: Path, home: Path, members: Sequence[str] = ()
) -> str:
    """One repository, and one server: that of this machine, or whichever of `members` leads."""
    options = {
        "lock-path": home / "lock",
        "spool-path": home / "spool",
        "log-level-console": "off",
        "log-level-stderr": "warn",
        "log-level-file": "off",
        "process-max": settings.processes,
        "archive-async": "y",
        "start-fast": "y",
        "compress-type": "zst",
        "expire-auto": "n",
        "repo1-path": settings.repository,
        "repo1-bundle": "y",
        "repo1-retention-full": ALL,
        "repo1-retention-archive": ALL,
        **_cipher(settings),
        **_bucket(settings),
        **_service(settings),
    }
    server: dict[str, object] = {}
    for number, host in enumerate(members or [""], start=1):
        server |= {
            **(_member(settings, number, host) if host else {}),
            f"pg{number}-path": data,
            f"pg{number}-socket-path": settings.socket_directory,
            f"pg{number}-port": settings.port,
            f"pg{number}-user": settings.user,
        }
    lines = ["[global]", *(f"{name}={value}" for name, value in options.items())]
    lines += ["", f"[{settings.stanza}]", *(f"{name}={value}" for name, value in server.items())]
    return "\n".join([*lines, ""])


def _cipher(settings: BackupSettings) -> dict[str, object]:
    secret = settings.cipher_pass.get_secret_value()
    if not secret:
        return {}
    return {"repo1-cipher-type": "aes-256-cbc", "repo1-cipher-pass": secret}


def _bucket(settings: BackupSettings) -> dict[str, object]:
    if not settings.s3_bucket:
        return {}
    host, _, port = settings.s3_endpoint.partition(":")
    options: dict[str, object] = {
        "repo1-type": "s3",
        "repo1-s3-bucket": settings.s3_bucket,
        "repo1-s3-endpoint": host,
        "repo1-storage-port": port or 443,
        "repo1-s3-region": settings.s3_region,
        # The bucket in the path: servers other than Amazon's seldom have a name for each.
        "repo1-s3-uri-style": "path",
    }
    if settings.s3_access_key.get_secret_value():
        options["repo1-s3-key"] = settings.s3_access_key.get_secret_value()
        options["repo1-s3-key-secret"] = settings.s3_secret_key.get_secret_value()
    else:
        options["repo1-s3-key-type"] = "auto"
    if settings.s3_ca_file:
        options["repo1-storage-ca-file"] = settings.s3_ca_file
    return options


def _service(settings: BackupSettings) -> dict[str, object]:
    """What `pgbackrest server` needs to let the members in: the certificate that all share."""
    if settings.tls_directory is None:
        return {}
    return {
        "tls-server-address": "*",
        "tls-server-auth": f"{CERTIFIED}={settings.stanza}",
        **{f"tls-server-{name}": path for name, path in _tls(settings.tls_directory).items()},
    }


def _member(settings: BackupSettings, number: int, host: str) -> dict[str, object]:
    name = f"pg{number}-host"
    tls = _tls(settings.tls_directory) if settings.tls_directory else {}
    return {
        name: host,
        f"{name}-type": "tls",
        **{f"{name}-{option}": path for option, path in tls.items()},
    }


def _tls(folder: Path) -> dict[str, Path]:
    certificate = folder / "certificate.pem"
    return {"ca-file": certificate, "cert-file": certificate, "key-file": folder / "key.pem"}

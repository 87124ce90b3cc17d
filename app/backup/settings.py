"""`BACKUP_*`: read by the operator's commands and the `backup` service, never by the API.

The API's containers hold neither the repository's pass phrase nor its keys.
"""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from app.core.config import Environment
from app.core.secret_settings import SettingsWithSecrets

PREFIX = "BACKUP_"
MIN_PASS_LENGTH = 24


class BackupSettings(SettingsWithSecrets):
    """Where the server is, where its backups go, and which of them stay."""

    model_config = SettingsConfigDict(
        env_file=".env", env_prefix=PREFIX, extra="ignore", validate_default=True
    )
    secrets = ("cipher_pass", "s3_access_key", "s3_secret_key")

    environment: Annotated[Environment, Field(validation_alias="ENVIRONMENT")] = Environment.LOCAL
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(validation_alias="LOG_LEVEL")
    ] = "INFO"
    log_format: Annotated[Literal["readable", "json"], Field(validation_alias="LOG_FORMAT")] = (
        "readable"
    )

    stanza: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] = "table-order"
    """What the repository calls this server."""
    data_directory: Path | None = None
    """The server's data directory (PGDATA), which has to be on this machine or mounted."""
    socket_directory: Path = Path("/var/run/postgresql")
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    user: str = "postgres"
    database: str = "table_order"
    programs: Path | None = None
    """PostgreSQL's programs; none: `/usr/lib/postgresql/<version of the data>/bin`."""
    hosts: str = ""
    """The members of a cluster, separated by commas; whichever of them leads is backed up."""
    tls_directory: Path | None = None
    """The certificate and key that the members and the repository show each other."""
    home: Path = Path(".data/backup")
    """pgBackRest's configuration, locks and spool, the state of the last runs, scratch space."""

    repository: Path = Path("/var/lib/pgbackrest")
    """The repository's folder; in a bucket, the prefix of its keys."""
    cipher_pass: SecretStr = SecretStr("")
    s3_bucket: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    s3_ca_file: Path | None = None
    processes: Annotated[int, Field(ge=1, le=64)] = 2

    keep_hours: Annotated[int, Field(ge=0)] = 48
    """Of so many hours before the newest backup every one stays."""
    keep_daily: Annotated[int, Field(ge=1)] = 7
    keep_weekly: Annotated[int, Field(ge=1)] = 4
    keep_monthly: Annotated[int, Field(ge=0)] = 12
    at: time = time(4, 0)
    """When the day's backup is due, in UTC."""
    full_weekday: Annotated[int, Field(ge=1, le=7)] = 1
    """The day whose backup is a full one: 1 is Monday, 7 Sunday (ISO 8601)."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0

    @field_validator("data_directory", "programs", "tls_directory", "s3_ca_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _check(self) -> Self:
        secret = self.cipher_pass.get_secret_value()
        if secret and len(secret) < MIN_PASS_LENGTH:
            raise ValueError(f"BACKUP_CIPHER_PASS needs {MIN_PASS_LENGTH} characters or more")
        if "\n" in secret:
            raise ValueError("BACKUP_CIPHER_PASS must be one line")
        if not secret and self.environment is not Environment.LOCAL:
            raise ValueError(f"BACKUP_CIPHER_PASS must be set in {self.environment}")
        if self.s3_bucket and not self.s3_endpoint:
            raise ValueError("BACKUP_S3_ENDPOINT must be set with BACKUP_S3_BUCKET")
        if self.hosts and self.tls_directory is None:
            raise ValueError("BACKUP_TLS_DIRECTORY must be set with BACKUP_HOSTS")
        return self

    @property
    def members(self) -> tuple[str, ...]:
        """The names in `hosts`."""
        return tuple(filter(None, (name.strip() for name in self.hosts.split(","))))

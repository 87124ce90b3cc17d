"""Typed settings: the one module that reads the environment.

Every setting has a name in capitals (`DATABASE_URL`), a default that suits a developer's machine,
and a line in `.env.example`; a test compares the two. A secret may also come from a file named by
`<NAME>_FILE`, as container engines mount them, in the environment or in `.env`. Outside `local`
nothing insecure is accepted.
"""

from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core.secret_settings import SettingsWithSecrets

LOCAL_JWT_KEY = "local:only-for-a-developer-machine-0123456789abcdef"
MIN_SECRET_LENGTH = 32
MIN_AUDIT_DAYS = 365
ANY_DATABASE = "postgresql://"


class Environment(StrEnum):
    """Where this process runs; decides what must be set."""

    LOCAL = "local"
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


# BaseSettings by name, since the linter takes lists for shared defaults anywhere else.
class Settings(SettingsWithSecrets, BaseSettings):
    """All settings of the service. Durations are in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", validate_default=True)
    secrets = (
        "database_url",
        "database_owner_url",
        "database_listen_url",
        "database_replica_url",
        "jwt_keys",
        "media_s3_access_key",
        "media_s3_secret_key",
        "otel_exporter_otlp_headers",
    )

    environment: Environment = Environment.LOCAL
    debug: bool = False

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    internal_port: Annotated[int, Field(ge=0, le=65535)] = 0
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    replicas: Annotated[int, Field(ge=1, le=64)] = 1
    """Copies of this service, each with its `workers`; connections and the general limits are
    counted over all of them."""
    data_dir: Path = Path(".data")
    public_url: str = "http://127.0.0.1:8000"
    guest_ordering_url: str = ""
    """What QR codes lead to where the store names no URL; empty: the public one."""
    allowed_hosts: Annotated[list[str], NoDecode] = ["*"]
    """Names without ports; IPv6 addresses in brackets, as a `Host` has them."""
    cors_origins: Annotated[list[str], NoDecode] = []
    trusted_proxies: Annotated[list[IPv4Network | IPv6Network], NoDecode] = []
    rate_limit_per_minute: Annotated[int, Field(ge=0)] = 1200
    address_limit_per_minute: Annotated[int, Field(ge=0)] = 6000
    max_body_bytes: Annotated[int, Field(ge=1024)] = 256 * 1024
    max_image_bytes: Annotated[int, Field(ge=1024)] = 5 * 1024 * 1024
    drain_delay: Annotated[float, Field(ge=0, le=60)] = 0.0
    """How long a process that was told to stop still serves, while its readiness is false."""
    shutdown_grace: Annotated[int, Field(ge=1, le=300)] = 15

    database_url: SecretStr = SecretStr("")
    """Empty: on a developer's machine, the PostgreSQL that `make run` starts."""
    database_owner_url: SecretStr | None = None
    database_app_role: str = "table_order_app"
    database_listen_url: SecretStr | None = None
    database_sslmode: Literal[
        "disable", "allow", "prefer", "require", "verify-ca", "verify-full"
    ] = "prefer"
    database_sslrootcert: str = ""
    """The authority's certificate that the server's is checked against; `system`: the machine's."""
    database_replica_url: SecretStr | None = None
    """A streaming replica for reads that declare it; reached as `DATABASE_URL` is, pooler or not."""
    database_replica_wait: Annotated[float, Field(gt=0, le=10)] = 0.1
    """How far it may lag: how long a read waits for it before the primary answers."""
    database_pooler: bool = False
    database_pooler_clients: Annotated[int, Field(ge=1)] = 1000
    """PgBouncer's max_client_conn."""
    database_pooler_servers: Annotated[int, Field(ge=1)] = 40
    """PgBouncer's max_db_connections: what it opens to PostgreSQL."""
    database_pool_size: Annotated[int, Field(ge=2, le=200)] = 10
    """Connections of each worker: one at least for units of work, and one for single calls."""
    database_pool_wait: Annotated[float, Field(gt=0, le=30)] = 2.0
    database_connect_timeout: Annotated[int, Field(ge=1, le=30)] = 2
    database_statement_timeout_ms: Annotated[int, Field(ge=100)] = 5_000
    database_lock_timeout_ms: Annotated[int, Field(ge=50)] = 2_000
    database_synchronous_commit: Literal["on", "remote_apply", "remote_write", "local", "off"] = (
        "on"
    )

    jwt_keys: Annotated[list[SecretStr], NoDecode] = [SecretStr(LOCAL_JWT_KEY)]
    jwt_issuer: str = "table-order"
    jwt_audience: str = "table-order-api"
    access_token_ttl: Annotated[int, Field(ge=60, le=3600)] = 15 * 60
    staff_sign_in_ttl: Annotated[int, Field(ge=600)] = 16 * 3600
    device_sign_in_ttl: Annotated[int, Field(ge=3600)] = 90 * 24 * 3600
    guest_sign_in_ttl: Annotated[int, Field(ge=600)] = 6 * 3600
    pairing_code_ttl: Annotated[int, Field(ge=60, le=3600)] = 600
    refresh_reuse_grace: Annotated[int, Field(ge=0, le=60)] = 10

    media_s3_bucket: str = ""
    """Empty: pictures are kept in the folder `media` of the data directory."""
    media_s3_endpoint: str = ""
    media_s3_region: str = "us-east-1"
    media_s3_access_key: SecretStr = SecretStr("")
    media_s3_secret_key: SecretStr = SecretStr("")

    stream_heartbeat: Annotated[float, Field(gt=0, le=60)] = 15.0
    stream_queue_events: Annotated[int, Field(ge=8)] = 256
    stream_replay_limit: Annotated[int, Field(ge=100)] = 5_000
    streams_per_credential: Annotated[int, Field(ge=1)] = 5
    streams_per_store: Annotated[int, Field(ge=1)] = 500
    event_poll_interval: Annotated[float, Field(gt=0, le=1)] = 0.25

    retention_interval: Annotated[int, Field(ge=0)] = 3600
    """Seconds between two runs, whichever worker makes them; 0: only `db prune` by hand."""
    retention_batch: Annotated[int, Field(ge=1, le=10_000)] = 500
    event_retention_days: Annotated[int, Field(ge=1)] = 30
    idempotency_retention_days: Annotated[int, Field(ge=1)] = 7
    sign_in_retention_days: Annotated[int, Field(ge=1)] = 30
    code_retention_days: Annotated[int, Field(ge=1)] = 1
    audit_retention_days: Annotated[int, Field(ge=0)] = 5 * 365
    """0: for ever. The database keeps a year whatever is said here."""

    slow_statement_ms: Annotated[int, Field(ge=0)] = 250
    """Statements and commits that take this long are logged, without their values; 0: none."""
    revision: str = "unknown"
    """Of the code that runs, for the metrics; the image carries it."""

    otel_exporter_otlp_endpoint: str = ""
    """Where traces go; empty: there are none, and their libraries are not loaded."""
    otel_exporter_otlp_headers: SecretStr = SecretStr("")
    otel_service_name: str = "table-order-api"
    otel_traces_sampler_arg: Annotated[float, Field(ge=0, le=1)] = 1.0

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["readable", "json"] = "readable"

    @field_validator("allowed_hosts", "cors_origins", "trusted_proxies", "jwt_keys", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        """Lists are written with commas: `CORS_ORIGINS=https://a.example,https://b.example`."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("allowed_hosts", "cors_origins")
    @classmethod
    def _in_small_letters(cls, value: list[str]) -> list[str]:
        """`API.example` is `api.example` (RFC 9110, 4.2.3), and browsers send it so."""
        return [one.lower() for one in value]

    @field_validator(
        "database_owner_url", "database_listen_url", "database_replica_url", mode="before"
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """`DATABASE_OWNER_URL=` in an environment file means: not set."""
        return value or None

    @field_validator(
        "database_url", "database_owner_url", "database_listen_url", "database_replica_url"
    )
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        """Found here, a wrong URL is one clear line; found by a driver, it is a traceback."""
        url = value.get_secret_value() if value else ""
        if url and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must look like postgresql://user:password@host:5432/database")
        return value

    @field_validator("audit_retention_days")
    @classmethod
    def _is_years(cls, value: int) -> int:
        if 0 < value < MIN_AUDIT_DAYS:
            raise ValueError(f"must be {MIN_AUDIT_DAYS} or more, or 0: for ever")
        return value

    @field_validator("database_sslrootcert")
    @classmethod
    def _is_there(cls, value: str) -> str:
        """Found here, a missing file is one clear line; later, it is a database that is away."""
        if value not in ("", "system") and not Path(value).is_file():
            raise ValueError("must name a certificate file, or be: system")
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_keys()
        if self.database_pooler and self.database_listen_url is None:
            raise ValueError("DATABASE_POOLER needs DATABASE_LISTEN_URL: a pooler has no LISTEN")
        if self.environment is not Environment.LOCAL:
            self._refuse_insecure()
        return self

    def _check_keys(self) -> None:
        if not self.jwt_keys:
            raise ValueError("JWT_KEYS needs at least one kid:secret pair")
        kids = []
        for key in self.jwt_keys:
            kid, _, secret = key.get_secret_value().partition(":")
            if not kid or len(secret) < MIN_SECRET_LENGTH:
                raise ValueError(
                    f"JWT_KEYS: each key is kid:secret with {MIN_SECRET_LENGTH} characters or more"
                )
            kids.append(kid)
        if len(set(kids)) != len(kids):
            raise ValueError("JWT_KEYS: two keys share one kid")

    def _refuse_insecure(self) -> None:
        problems = {
            "JWT_KEYS must be set": any(
                key.get_secret_value() == LOCAL_JWT_KEY for key in self.jwt_keys
            ),
            "DEBUG must be off": self.debug,
            "CORS_ORIGINS must not be *": "*" in self.cors_origins,
            "ALLOWED_HOSTS must not be *": "*" in self.allowed_hosts,
            "DATABASE_URL must be set": "database_url" not in self.model_fields_set,
            "DATABASE_SYNCHRONOUS_COMMIT must not be off": (
                self.database_synchronous_commit == "off"
            ),
            "DATABASE_SSLMODE must be verify-full, with DATABASE_SSLROOTCERT, and no URL say less": (
                self.environment is Environment.PRODUCTION and not self._database_is_verified()
            ),
        }
        found = [text for text, wrong in problems.items() if wrong]
        if found:
            raise ValueError(f"refused in {self.environment}: " + "; ".join(found))

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must look like http://collector:4318")
        return value

    def _database_is_verified(self) -> bool:
        """Whether passwords and orders go to nobody but our database servers, by every URL."""
        urls = (self.api_url, self.owner_url, self.listen_url, self.replica_url)
        asked = [dict(parse_qsl(urlsplit(url).query)) for url in urls if url]
        return all(
            words.get("sslmode") == "verify-full" and words.get("sslrootcert") for words in asked
        )

    @property
    def owner_url(self) -> str:
        """The URL that migrations use: the owner's, or the API's when only one is set."""
        return self._secured(self.database_owner_url or self.database_url)

    @property
    def listen_url(self) -> str:
        """The URL for LISTEN, which no pooler passes on: one of its own, or the API's."""
        return self._secured(self.database_listen_url or self.database_url)

    @property
    def replica_url(self) -> str | None:
        """The URL of the replica for long reads, where there is one."""
        url = self.database_replica_url
        return None if url is None else self._secured(url)

    @property
    def ordering_url(self) -> str:
        """Where guests order, for stores that don't say it themselves."""
        return self.guest_ordering_url or self.public_url

    @property
    def api_url(self) -> str:
        """The URL that the API connects to; without one, what libpq finds (`PGHOST` and so on)."""
        return self._secured(self.database_url)

    def _secured(self, url: SecretStr) -> str:
        """The URL with what TLS must be; what the URL says itself goes first."""
        parts = urlsplit(url.get_secret_value() or ANY_DATABASE)
        given = dict(parse_qsl(parts.query))
        wanted = {"sslmode": self.database_sslmode, "sslrootcert": self.database_sslrootcert}
        if self.database_sslmode == "prefer":  # libpq's own default
            wanted.pop("sslmode")
        added = {name: value for name, value in wanted.items() if value and name not in given}
        query = "&".join(filter(None, (parts.query, urlencode(added, quote_via=quote))))
        return f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{query}" if query else "")


@lru_cache
def get_settings() -> Settings:
    """The process's settings, read once.

    Raises:
        pydantic.ValidationError: a value is missing, unreadable or refused in this environment.
    """
    return Settings()

"""Settings: documented, and nothing insecure outside a developer's machine."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.backup.settings import BackupSettings
from app.core.config import Settings
from app.core.secret_settings import SettingsWithSecrets

ROOT = Path(__file__).resolve().parents[2]
SAFE: dict[str, Any] = {
    "environment": "production",
    "jwt_keys": "k1:" + "s" * 40,
    "allowed_hosts": "api.example",
    "database_url": "postgresql://api@db/table_order",
    "database_sslmode": "verify-full",
    "database_sslrootcert": "system",
}


def test_every_setting_stands_in_the_example_file() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    documented = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]

    # Those with an alias are the service's own.
    backup = [
        f"BACKUP_{name.upper()}"
        for name, field in BackupSettings.model_fields.items()
        if field.validation_alias is None
    ]
    assert documented == [*(name.upper() for name in Settings.model_fields), *backup]


def test_the_example_file_is_what_a_developers_machine_has() -> None:
    for read in (Settings, BackupSettings):
        assert read(_env_file=ROOT / ".env.example") == read(_env_file=None)


SECRETS = [(read, name) for read in (Settings, BackupSettings) for name in read.secrets]


@pytest.mark.parametrize(("read", "name"), SECRETS)
def test_a_secret_may_stand_in_a_file(
    read: type[SettingsWithSecrets], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named in the environment or in `.env`, and the environment goes first."""
    variable = f"{read.model_config.get('env_prefix', '')}{name}".upper()
    near, far = (
        f"postgresql://{name}-{place}:{'x' * 40}@db/table_order" for place in ("near", "far")
    )
    (tmp_path / "near").write_text(f"{near}\n")
    (tmp_path / "far").write_text(far)
    dotenv = tmp_path / "env"

    def value() -> str:
        found = getattr(read(_env_file=dotenv), name)
        [secret] = found if isinstance(found, list) else [found]
        text: str = secret.get_secret_value()
        return text

    dotenv.write_text(f"{variable}={near}\n{variable}_FILE={tmp_path / 'far'}\n")
    assert value() == far
    monkeypatch.setenv(variable, near)
    assert value() == near
    monkeypatch.setenv(f"{variable}_FILE", str(tmp_path / "near"))
    dotenv.write_text(f"{variable}={far}\n")
    monkeypatch.delenv(variable)
    assert value() == near
    monkeypatch.setenv(f"{variable}_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ValidationError, match=f"{variable}_FILE: .*: No such file"):
        value()


def test_safe_settings_start() -> None:
    assert Settings(_env_file=None, **SAFE).environment == "production"


@pytest.mark.parametrize(
    "change",
    [
        {"debug": True},
        {"cors_origins": "*"},
        {"allowed_hosts": "*"},
        {"database_synchronous_commit": "off"},
        {"database_sslmode": "prefer"},
        {"database_sslmode": "verify-ca"},
        {"database_sslrootcert": ""},
        {"database_sslrootcert": "/nowhere/ca.pem"},
        {"database_url": "postgresql://api@db/table_order?sslmode=disable"},
        {"database_owner_url": "postgresql://owner@db/table_order?sslmode=verify-ca"},
        {"database_listen_url": "postgresql://api@db/table_order?sslmode=require"},
        {"database_replica_url": "postgresql://api@replica/table_order?sslmode=disable"},
        {"jwt_keys": "k1:short"},
        {"jwt_keys": "local:only-for-a-developer-machine-0123456789abcdef"},
        {"jwt_keys": "k1:" + "s" * 40 + ",k1:" + "t" * 40},
        {"jwt_keys": ""},
    ],
)
def test_insecure_settings_do_not_start(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, **(SAFE | change))


@pytest.mark.parametrize("days", [1, 364, -1])
def test_an_audit_log_of_less_than_a_year_does_not_start(days: int) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, audit_retention_days=days)
    assert Settings(_env_file=None, audit_retention_days=0).audit_retention_days == 0


def test_every_connection_is_told_what_tls_must_be() -> None:
    others: dict[str, Any] = {
        "database_owner_url": "postgresql://owner@db/table_order?connect_timeout=3",
        "database_listen_url": "postgresql://api@db/table_order?sslmode=require",
    }
    settings = Settings(_env_file=None, **(SAFE | others | {"environment": "staging"}))
    tls = "sslmode=verify-full&sslrootcert=system"
    assert settings.api_url == f"postgresql://api@db/table_order?{tls}"
    assert settings.owner_url == f"postgresql://owner@db/table_order?connect_timeout=3&{tls}"
    assert (
        settings.listen_url == "postgresql://api@db/table_order?sslmode=require&sslrootcert=system"
    )


def test_a_socket_needs_no_tls_where_nothing_is_asked_for() -> None:
    assert Settings(_env_file=None).api_url == "postgresql://"


@pytest.mark.parametrize(
    "change",
    [
        {"cipher_pass": ""},
        {"cipher_pass": "short"},
        {"cipher_pass": "c" * 40 + "\nrepo1-path=/tmp"},
        {"s3_bucket": "backups"},
        {"hosts": "db-1,db-2"},
        {"keep_daily": 0},
        {"stanza": "../elsewhere"},
    ],
)
def test_insecure_backups_do_not_start(change: dict[str, Any]) -> None:
    safe: dict[str, Any] = {"ENVIRONMENT": "production", "cipher_pass": "c" * 40}
    BackupSettings(_env_file=None, **safe)
    with pytest.raises(ValidationError):
        BackupSettings(_env_file=None, **(safe | change))

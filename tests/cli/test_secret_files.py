"""`secrets`: certificates that fit the names they are for, and files that running containers keep seeing."""

import stat
import subprocess
from pathlib import Path

import pytest

from app.cli.certificates import new_authority
from app.cli.password_renewal import STATEMENTS, prepare, take_over
from app.cli.secret_files import NEXT, PASSWORDS, SERVERS, create, renew
from app.core.config import Environment
from app.local.processes import LocalError


def openssl(*words: str | Path) -> str:
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create(Environment.PRODUCTION, tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_each_server_has_a_certificate_for_its_names_by_the_one_authority(folder: Path) -> None:
    for file, names in SERVERS.items():
        for name in names:
            openssl(
                *("verify", "-x509_strict", "-CAfile", folder / "database_ca"),
                *("-verify_hostname", name, folder / file),
            )
        shown = openssl("x509", "-in", folder / file, "-noout", "-checkhost", "elsewhere")
        assert "does NOT match" in shown
        # The key in the same file is its own.
        public = openssl("x509", "-in", folder / file, "-noout", "-pubkey")
        assert openssl("pkey", "-in", folder / file, "-pubout") == public


def test_only_the_authoritys_key_is_for_its_owner_alone(folder: Path) -> None:
    hidden = {p.name for p in folder.iterdir() if not p.stat().st_mode & stat.S_IROTH}
    assert hidden == {"database_ca_key"}


def test_renewed_certificates_come_by_the_same_files_and_authority(folder: Path) -> None:
    before = contents(folder)
    places = {name: (folder / name).stat().st_ino for name in before}
    assert renew(Environment.PRODUCTION, folder) == list(SERVERS)
    after = contents(folder)
    assert {name for name in after if after[name] != before[name]} == set(SERVERS)
    assert {name: (folder / name).stat().st_ino for name in after} == places
    for file in SERVERS:
        assert after[file].count("-----BEGIN") == 2
        openssl("verify", "-CAfile", folder / "database_ca", folder / file)


def test_an_operators_own_certificates_are_left_alone(folder: Path) -> None:
    (folder / "database_ca").write_text(new_authority("of the house")[0])
    (folder / "database_ca_key").unlink()
    before = contents(folder)
    with pytest.raises(LocalError, match="make load-secrets"):
        renew(Environment.PRODUCTION, folder)
    assert create(Environment.PRODUCTION, folder) == []
    assert contents(folder) == before
    (folder / "etcd_tls").unlink()
    with pytest.raises(LocalError, match="etcd-1, etcd-2, etcd-3"):
        create(Environment.PRODUCTION, folder)


HOSTED = (Environment.DEVELOPMENT, Environment.STAGING, Environment.PRODUCTION)
RENEWED = {
    Environment.DEVELOPMENT: {"db_superuser_password", "db_owner_password", "database_owner_url"},
    Environment.STAGING: {
        *("db_superuser_password", "db_owner_password", "database_owner_url"),
        *("db_replication_password", "db_monitor_password"),
    },
    Environment.PRODUCTION: set(PASSWORDS) - {"db_app_password"}
    | {"database_owner_url", "pgbouncer_users"},
}


@pytest.mark.parametrize("environment", HOSTED)
def test_renewed_passwords_stand_wherever_they_are_used(
    environment: Environment, tmp_path: Path
) -> None:
    create(environment, tmp_path)
    before = contents(tmp_path)
    places = {name: (tmp_path / name).stat().st_ino for name in before}
    statements = prepare(environment, tmp_path).read_text()
    changed = set(take_over(tmp_path))
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before[name]} == changed
    assert changed == RENEWED[environment]
    assert {name: (tmp_path / name).stat().st_ino for name in after} == places
    assert after["db_owner_password"].strip() in after["database_owner_url"]
    assert after["db_pooler_password"].strip() in after["pgbouncer_users"]
    host = before["database_owner_url"].split("@")[1]
    assert after["database_owner_url"].endswith(host)
    for name in changed - {"database_owner_url", "pgbouncer_users", "patroni_api_password"}:
        set_ = f"ALTER ROLE {PASSWORDS[name]} PASSWORD '{after[name].strip()}';"
        assert statements.count(set_) == 1
    assert statements.count("ALTER ROLE") == len(
        changed & set(PASSWORDS) - {"patroni_api_password"}
    )
    assert not (tmp_path / NEXT).exists()


def test_old_passwords_stay_until_the_database_has_the_new_ones(folder: Path) -> None:
    before = contents(folder)
    first = prepare(Environment.PRODUCTION, folder).read_text()
    assert contents(folder) == before
    assert stat.S_IMODE((folder / NEXT).stat().st_mode) == 0o700
    # Interrupted here, nobody knows whether the database has them: the next run has the same.
    assert prepare(Environment.PRODUCTION, folder).read_text() == first
    take_over(folder)
    assert contents(folder)["db_owner_password"].strip() in first
    with pytest.raises(LocalError, match="begin without --finish"):
        take_over(folder)


def test_what_was_interrupted_while_it_was_written_begins_anew(folder: Path) -> None:
    prepare(Environment.PRODUCTION, folder)
    (folder / NEXT / STATEMENTS).unlink()
    with pytest.raises(LocalError, match="begin without --finish"):
        take_over(folder)
    statements = prepare(Environment.PRODUCTION, folder).read_text()
    take_over(folder)
    assert contents(folder)["db_owner_password"].strip() in statements


@pytest.mark.parametrize("made", HOSTED)
@pytest.mark.parametrize("asked", Environment)
def test_secrets_of_another_environment_are_not_touched(
    made: Environment, asked: Environment, tmp_path: Path
) -> None:
    create(made, tmp_path)
    before = contents(tmp_path)
    if asked is not made:
        with pytest.raises(LocalError):
            prepare(asked, tmp_path)
    if asked is not made or made is not Environment.PRODUCTION:
        with pytest.raises(LocalError):
            renew(asked, tmp_path)
    assert contents(tmp_path) == before
    empty = tmp_path / "empty"
    empty.mkdir()
    for renewal in (prepare, renew):
        with pytest.raises(LocalError):
            renewal(asked, empty)
    assert list(empty.iterdir()) == []


def test_only_production_has_servers_that_need_certificates(tmp_path: Path) -> None:
    assert "database_ca" in create(Environment.STAGING, tmp_path / "staging")
    development = create(Environment.DEVELOPMENT, tmp_path / "development")
    assert not {"database_ca", *SERVERS} & set(development)
    assert not set(SERVERS) & {path.name for path in (tmp_path / "staging").iterdir()}

"""`secrets`: certificates that fit the names they are for, and files that running containers keep seeing."""

import stat
import subprocess
from pathlib import Path

import pytest

from app.cli.certificates import new_authority
from app.cli.secret_files import PASSWORDS, SERVERS, create, renew, renew_passwords
from app.core.config import Environment
from app.local.processes import LocalError


def openssl(*words: str | Path) -> str:
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create(Environment.PRODUCTION, tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


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
    assert renew(folder) == list(SERVERS)
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
        renew(folder)
    assert create(Environment.PRODUCTION, folder) == []
    assert contents(folder) == before
    (folder / "etcd_tls").unlink()
    with pytest.raises(LocalError, match="etcd-1, etcd-2, etcd-3"):
        create(Environment.PRODUCTION, folder)


def test_renewed_passwords_stand_wherever_they_are_used(folder: Path) -> None:
    before = contents(folder)
    places = {name: (folder / name).stat().st_ino for name in before}
    changed = set(renew_passwords(folder))
    after = contents(folder)
    assert {name for name in after if after[name] != before[name]} == changed
    assert changed == set(PASSWORDS) - {"db_app_password"} | {
        "database_owner_url",
        "pgbouncer_users",
    }
    assert {name: (folder / name).stat().st_ino for name in after} == places
    assert after["db_owner_password"].strip() in after["database_owner_url"]
    assert after["db_pooler_password"].strip() in after["pgbouncer_users"]


def test_only_production_has_servers_that_need_certificates(tmp_path: Path) -> None:
    assert "database_ca" in create(Environment.STAGING, tmp_path / "staging")
    development = create(Environment.DEVELOPMENT, tmp_path / "development")
    assert not {"database_ca", *SERVERS} & set(development)
    assert not set(SERVERS) & {path.name for path in (tmp_path / "staging").iterdir()}

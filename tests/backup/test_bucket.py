"""The repository in a bucket of a real S3-compatible server, over TLS."""

import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.local.processes import wait_until
from tests.backup.house import House, opened_house

SERVER = shutil.which("moto_server")


def certificate(folder: Path) -> None:
    """A certificate for this machine that only those trust who are told of it."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    folder.chmod(0o755)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not one of pytest's: the server's user has to read the certificate."""
    with tempfile.TemporaryDirectory(prefix="to-bucket-") as name:
        yield Path(name)


@pytest.fixture
def in_a_bucket(folder: Path) -> Iterator[House]:
    if SERVER is None:
        pytest.skip("BUCKETS NOT TESTED: moto_server is not on the PATH")
    certificate(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        [
            *(SERVER, "--host", "127.0.0.1", "--port", str(port), "--ssl"),
            *("--ssl-cert", folder / "cert.pem", "--ssl-key", folder / "key.pem"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            trusted = ssl.create_default_context(cafile=str(folder / "cert.pem"))
            with httpx.Client(verify=trusted, trust_env=False) as client:
                url = f"https://localhost:{port}/backups"
                assert wait_until(lambda: _made(client, url), 60)
            settings = {
                "BACKUP_S3_BUCKET": "backups",
                "BACKUP_S3_ENDPOINT": f"localhost:{port}",
                "BACKUP_S3_ACCESS_KEY": "key",
                "BACKUP_S3_SECRET_KEY": "secret",
                "BACKUP_S3_CA_FILE": str(folder / "cert.pem"),
                "BACKUP_REPOSITORY": "/house",
            }
            with opened_house(**settings) as house:
                yield house
        finally:
            server.terminate()


def _made(client: httpx.Client, url: str) -> bool:
    try:
        return client.put(url).is_success
    except httpx.TransportError:
        return False


def test_a_backup_goes_into_a_bucket_and_comes_back(in_a_bucket: House) -> None:
    house = in_a_bucket
    made = house.db("backup", "--type=full").strip()
    assert made in house.db("list")
    house.db("check")
    house.db("verify")
    said = house.refused(
        "list", BACKUP_S3_ENDPOINT="localhost:1", BACKUP_HOME=str(house.folder / "h")
    )
    assert "BACKUP_S3_*" in said

"""The repository in a bucket of a real S3-compatible server, over TLS."""

import asyncio
import queue
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from app.local.processes import wait_until
from tests.backup.house import House, opened_house
from tests.support.buckets import s3_server


def certificate(folder: Path) -> ssl.SSLContext:
    """For this machine; in the folder lies `cert.pem`, which a client has to be told to trust."""
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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@contextmanager
def over_tls(context: ssl.SSLContext, plain: int) -> Iterator[int]:
    """A TLS port before a plain one. The server's own hangs up without TLS's farewell: refused."""
    loop, port = asyncio.new_event_loop(), queue.Queue[int]()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", plain)
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))

    def run() -> None:
        listening = asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
        server = loop.run_until_complete(listening)
        port.put(server.sockets[0].getsockname()[1])
        loop.run_forever()
        server.close()
        loop.run_until_complete(_end_all())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield port.get(timeout=30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest.fixture
def in_a_bucket() -> Iterator[House]:
    program = s3_server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        plain = free.getsockname()[1]
    with (
        # Not one of pytest's folders: the server's user has to read the certificate.
        tempfile.TemporaryDirectory(prefix="to-bucket-") as name,
        subprocess.Popen(
            [program, "--host", "127.0.0.1", "--port", str(plain)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as server,
    ):
        try:
            assert wait_until(lambda: _made(f"http://127.0.0.1:{plain}/backups"), 120)
            with over_tls(certificate(Path(name)), plain) as port:
                settings = {
                    "BACKUP_S3_BUCKET": "backups",
                    "BACKUP_S3_ENDPOINT": f"localhost:{port}",
                    "BACKUP_S3_ACCESS_KEY": "key",
                    "BACKUP_S3_SECRET_KEY": "secret",
                    "BACKUP_S3_CA_FILE": f"{name}/cert.pem",
                    "BACKUP_REPOSITORY": "/house",
                }
                with opened_house(**settings) as house:
                    yield house
        finally:
            server.terminate()


def _made(url: str) -> bool:
    try:
        return httpx.put(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_a_backup_goes_into_a_bucket_and_comes_back(in_a_bucket: House) -> None:
    house = in_a_bucket
    made = house.db("backup", "--type=full").strip()
    assert made in house.db("list")
    house.db("verify")

"""A folder and a bucket do the same. The bucket is one of a real S3-compatible server."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import boto3
import httpx
import pytest
from pydantic import SecretStr

from app.core import clock
from app.core.config import Settings
from app.core.errors import StorageUnavailableError
from app.core.media import MediaStore, media_store
from tests.support.buckets import s3_server

BUCKET = "pictures"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3-compatible server with an empty bucket."""
    program = s3_server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [program, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url)
            httpx.put(f"{url}/{BUCKET}", trust_env=False).raise_for_status()
            yield url
        finally:
            server.terminate()


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not start")


def bucket(endpoint: str, name: str = BUCKET) -> MediaStore:
    return media_store(
        Settings(
            media_s3_bucket=name,
            media_s3_endpoint=endpoint,
            media_s3_access_key=SecretStr("key"),
            media_s3_secret_key=SecretStr("secret"),
        )
    )


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    if request.param == "folder":
        return media_store(Settings(data_dir=tmp_path))
    return bucket(request.getfixturevalue("endpoint"))


async def test_files_are_kept_under_their_digests(store: MediaStore) -> None:
    contents = [b"one", b"two" * 1000]
    digests = [sha256(content).hexdigest() for content in contents]
    assert await store.get(digests[0]) is None
    assert [file async for file in store.files()] == []
    for digest, content in zip(digests, contents, strict=True):
        await store.put(digest, content)
        await store.put(digest, content)
        assert await store.get(digest) == content
    kept = {file.digest: file.stored_at async for file in store.files()}
    assert set(kept) == set(digests)
    minute = timedelta(minutes=1)
    assert all(abs(clock.now() - at) < minute for at in kept.values())
    for digest in (*digests, digests[0]):
        await store.delete(digest)
        assert await store.get(digest) is None
    assert [file async for file in store.files()] == []


async def test_a_bucket_tells_caches_what_the_service_tells_them(endpoint: str) -> None:
    digest = sha256(b"x").hexdigest()
    await bucket(endpoint).put(digest, b"x")
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="key", aws_secret_access_key="secret"
    )
    head = client.head_object(Bucket=BUCKET, Key=f"media/{digest}.webp")
    assert head["ContentType"] == "image/webp"
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    await bucket(endpoint).delete(digest)


async def test_a_bucket_of_many_pages_is_listed_whole(endpoint: str) -> None:
    store = bucket(endpoint)
    digests = {sha256(str(number).encode()).hexdigest() for number in range(1005)}
    for digest in digests:
        await store.put(digest, b"x")
    assert {file.digest async for file in store.files()} == digests
    for digest in digests:
        await store.delete(digest)


async def test_a_bucket_that_is_not_there_is_said_to_be_away(endpoint: str) -> None:
    store = bucket(endpoint, "elsewhere")
    with pytest.raises(StorageUnavailableError):
        await store.put("0" * 64, b"x")
    with pytest.raises(StorageUnavailableError):
        await bucket("http://127.0.0.1:1").get("0" * 64)


def test_a_worker_that_gets_no_picture_loads_none_of_the_libraries() -> None:
    """They take 40 MB and a third of a second."""
    ask = "import sys, app.main; print({'PIL', 'boto3', 'botocore'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"

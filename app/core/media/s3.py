"""Pictures in a bucket of an S3-compatible service, for workers that share no file system."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, TypeVar

import boto3
from anyio import CapacityLimiter, to_thread
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.core.config import Settings
from app.core.errors import StorageUnavailableError
from app.core.media.storage import SUFFIX, StoredFile, digest_of

T = TypeVar("T")

PREFIX = "media/"
CONNECTIONS = 8
# Shorter than a transaction may stand idle; a tablet's own retry follows.
PATIENCE = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=CONNECTIONS,
)


class Bucket:
    """One bucket; the client is made once, with the first file (30 MB and 0.3 s)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: Any = None
        self._limiter: CapacityLimiter | None = None

    async def put(self, digest: str, content: bytes) -> None:
        await self._in_thread(
            lambda: self._client().put_object(
                **self._place(digest),
                Body=content,
                ContentType="image/webp",
                CacheControl="public, max-age=31536000, immutable",
            )
        )

    async def get(self, digest: str) -> bytes | None:
        return await self._in_thread(lambda: self._read(digest))

    async def delete(self, digest: str) -> None:
        await self._in_thread(lambda: self._client().delete_object(**self._place(digest)))

    async def files(self) -> AsyncIterator[StoredFile]:
        token: str | None = None
        while True:
            page = await self._in_thread(partial(self._list, token))
            for entry in page.get("Contents", ()):
                digest = digest_of(entry["Key"].removeprefix(PREFIX))
                if digest is not None:
                    yield StoredFile(digest, entry["LastModified"])
            token = page.get("NextContinuationToken")
            if token is None:
                return

    def _client(self) -> Any:
        if self._made is None:
            settings = self._settings
            self._made = boto3.session.Session().client(
                "s3",
                endpoint_url=settings.media_s3_endpoint or None,
                region_name=settings.media_s3_region,
                aws_access_key_id=settings.media_s3_access_key.get_secret_value() or None,
                aws_secret_access_key=settings.media_s3_secret_key.get_secret_value() or None,
                config=PATIENCE,
            )
        return self._made

    def _place(self, digest: str) -> dict[str, str]:
        return {"Bucket": self._settings.media_s3_bucket, "Key": f"{PREFIX}{digest}{SUFFIX}"}

    def _read(self, digest: str) -> bytes | None:
        try:
            content: bytes = self._client().get_object(**self._place(digest))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return content

    def _list(self, token: str | None) -> dict[str, Any]:
        after = {"ContinuationToken": token} if token else {}
        page: dict[str, Any] = self._client().list_objects_v2(
            Bucket=self._settings.media_s3_bucket, Prefix=PREFIX, **after
        )
        return page

    async def _in_thread(self, function: Callable[[], T]) -> T:
        if self._limiter is None:
            self._limiter = CapacityLimiter(CONNECTIONS)
        try:
            return await to_thread.run_sync(function, limiter=self._limiter)
        except (BotoCoreError, ClientError, OSError) as error:
            raise StorageUnavailableError from error

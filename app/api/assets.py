"""Static files that the service's own pages need, with no other host involved.

Two sources: `app/api/static/` (ours, small) and the wheel of `fastapi-offline`, which carries the builds of Swagger UI
and ReDoc.  The wheel is a pinned requirement, so nothing third-party is kept in this repository; only its files
are used, its code is never imported.

Each file is served as `/docs/assets/<stem>.<digest>.<suffix>`: the digest makes the address change with the content, so
that browsers may keep it for good (`immutable`) and a deployment is seen at once all the same.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.core.compression import accepts

ASSET_PATH: Final = "/docs/assets/{filename}"

_OURS: Final = Path(__file__).parent / "static"
_CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_ONE_YEAR: Final = 365 * 24 * 60 * 60


@dataclass(frozen=True)
class Asset:
    """One static file.  Content, digest and compressed form are each made once, when first asked for: start-up stays
    quick, and a process that never shows a page holds none of it."""

    path: Path

    @cached_property
    def content(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def compressed(self) -> bytes:
        # `mtime=0` keeps the bytes the same in every worker process.
        return gzip.compress(self.content, compresslevel=6, mtime=0)

    @cached_property
    def filename(self) -> str:
        """The public file name, e.g. `pages.3f2a91c0d4e7.css`."""
        digest = hashlib.sha256(self.content).hexdigest()[:12]
        return f"{self.path.stem}.{digest}{self.path.suffix}"

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self.path.suffix]


def _vendor_directory() -> Path:
    """Where the installed wheel keeps its files.  Found without importing it.

    Raises RuntimeError when the wheel is missing, which `pip install -r requirements.txt` puts right.
    """
    spec = find_spec("fastapi_offline")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("fastapi-offline is not installed; run: pip install -r requirements.txt")
    return Path(next(iter(spec.submodule_search_locations))) / "static"


@cache
def _assets() -> dict[str, Asset]:
    vendor = _vendor_directory()
    paths = (
        _OURS / "icon.svg",
        _OURS / "pages.css",
        _OURS / "redoc-init.js",
        _OURS / "swagger-init.js",
        vendor / "redoc.standalone.js",
        vendor / "swagger-ui-bundle.js",
        vendor / "swagger-ui.css",
    )
    return {path.name: Asset(path) for path in paths}


@cache
def _by_filename() -> dict[str, Asset]:
    return {asset.filename: asset for asset in _assets().values()}


def asset_link(name: str, *, depth: int = 0) -> str:
    """The address of an asset, relative to a page that lies `depth` folders deep (`/docs` 0, `/problems/x` 1).

    Relative, because a proxy may serve the whole service below a path of its own.
    Raises KeyError for a name that is not in the table.
    """
    return f"{'../' * depth}docs/assets/{_assets()[name].filename}"


async def serve_asset(request: Request) -> Response:
    """`GET /docs/assets/{filename}`.  304 when the client has it, 404 for any other name."""
    # Reading and compressing 1.5 MB takes some 60 ms of CPU the first time: not on the loop, where orders wait.
    table = await run_in_threadpool(_by_filename)
    asset = table.get(request.path_params["filename"])
    if asset is None:
        raise HTTPException(status_code=404)
    headers = {
        "Cache-Control": f"public, max-age={_ONE_YEAR}, immutable",
        "ETag": f'"{asset.filename}"',
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = asset.content
    if accepts(request.headers.get("accept-encoding", ""), "gzip"):
        content = await run_in_threadpool(lambda: asset.compressed)
        headers["Content-Encoding"] = "gzip"
        # A strong tag names exact bytes, and these are others than the plain ones.
        headers["ETag"] = f'W/"{asset.filename}"'
    return Response(content, media_type=asset.content_type, headers=headers)

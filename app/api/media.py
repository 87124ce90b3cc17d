"""`/media/<sha256>.webp`: pictures for everybody, to be kept for good.

Menus are no secret, and an address can't be guessed. It names the bytes, so it never changes what
it shows; HEAD is answered from GET by the middleware around everything.
"""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.core.media import digest_of
from app.core.runtime import Runtime

ONE_YEAR = 365 * 24 * 60 * 60


def install(app: FastAPI) -> None:
    """Adds the route, a plain one outside the OpenAPI document: clients get whole addresses."""
    app.add_route("/media/{filename}", serve_picture, include_in_schema=False)


async def serve_picture(request: Request) -> Response:
    """The picture, 304 for who has it, 404 when there is none."""
    digest = digest_of(request.path_params["filename"])
    runtime: Runtime = request.app.state.runtime
    content = await runtime.media.get(digest) if digest else None
    if digest is None or content is None:
        raise HTTPException(status_code=404)
    tag = f'"{digest}"'
    headers = {
        "Cache-Control": f"public, max-age={ONE_YEAR}, immutable",
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
        # Tablets' pages come from elsewhere; opened by itself, a picture may do nothing.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    wanted = {one.strip().removeprefix("W/") for one in _tags(request)}
    if wanted & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/webp", headers=headers)


def _tags(request: Request) -> list[str]:
    return request.headers.get("if-none-match", "").split(",")

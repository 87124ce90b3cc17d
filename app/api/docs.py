"""The front door and the two API references: `/`, `/docs` (Swagger UI), `/redoc` (ReDoc) and their files.

Everything comes from this service (see `assets`), so that the pages work on a network without internet access, and
under a content security policy without inline script.  `create_app` must turn FastAPI's own pages off
(`docs_url=None, redoc_url=None`): those load their scripts from a public CDN.
"""

from __future__ import annotations

from html import escape
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.api.assets import ASSET_PATH, asset_link, serve_asset
from app.api.pages import Language, page, preferred_language

# Both references write `style` elements from script, so inline style has to be allowed; inline script has not.
# ReDoc builds its search index in a worker that it makes from a blob.  Its footer shows a logo from its maker's CDN,
# which `img-src` keeps from being asked for.
_REFERENCE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

_FRONT_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "lead": "The HTTP API of this table order service lives under <code>/api/v1</code>.",
        "docs": "Try the API (Swagger UI)",
        "redoc": "Read the reference (ReDoc)",
        "openapi": "OpenAPI 3.1 document",
        "problems": "What each error code means",
        "health": "Health",
    },
    "ko": {
        "lead": "테이블 오더 서비스의 HTTP API는 <code>/api/v1</code> 아래에 있습니다.",
        "docs": "API 직접 호출해 보기 (Swagger UI)",
        "redoc": "API 레퍼런스 읽기 (ReDoc)",
        "openapi": "OpenAPI 3.1 문서",
        "problems": "오류 코드 설명",
        "health": "상태 확인",
    },
}
_FRONT_LINKS: Final = (
    ("docs", "docs"),
    ("redoc", "redoc"),
    ("openapi", "openapi.json"),
    ("problems", "problems"),
    ("health", "health"),
)


def install(app: FastAPI) -> None:
    """Adds the pages and their files to `app`: plain routes, which stay out of the OpenAPI document."""

    def reference(body: str, *, styles: tuple[str, ...] = ()) -> HTMLResponse:
        links = "".join(f'<link rel="stylesheet" href="{asset_link(name)}">\n' for name in styles)
        document = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(app.title)}</title>
<link rel="icon" type="image/svg+xml" href="{asset_link("icon.svg")}">
{links}</head>
<body class="reference">
<noscript>This page needs JavaScript. The same description as JSON: <a href="openapi.json">openapi.json</a></noscript>
{body}
</body>
</html>
"""
        return HTMLResponse(
            document,
            headers={
                # Always asked for again: it names the digests of the files, which may be kept for good.
                "Cache-Control": "no-cache",
                "Content-Security-Policy": _REFERENCE_POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            },
        )

    def swagger_page() -> HTMLResponse:
        return reference(
            f"""<div id="reference" data-openapi="openapi.json"></div>
<script src="{asset_link("swagger-ui-bundle.js")}"></script>
<script src="{asset_link("swagger-init.js")}"></script>""",
            styles=("pages.css", "swagger-ui.css"),
        )

    def redoc_page() -> HTMLResponse:
        return reference(
            f"""<div id="reference" data-openapi="openapi.json"></div>
<script src="{asset_link("redoc.standalone.js")}"></script>
<script src="{asset_link("redoc-init.js")}"></script>""",
            styles=("pages.css",),
        )

    def front_page(language: Language) -> HTMLResponse:
        texts = _FRONT_TEXTS[language]
        links = "\n".join(
            f'<li><a href="{href}">{texts[key]}</a></li>' for key, href in _FRONT_LINKS
        )
        body = f'<h1>{escape(app.title)}</h1>\n<p>{texts["lead"]}</p>\n<ul class="links">\n{links}\n</ul>'
        return page(title=app.title, body=body, language=language, depth=0)

    # The first look at an asset's name reads and hashes its file: in a thread, not on the loop.
    async def swagger(_: Request) -> Response:
        return await run_in_threadpool(swagger_page)

    async def redoc(_: Request) -> Response:
        return await run_in_threadpool(redoc_page)

    async def front(request: Request) -> Response:
        return await run_in_threadpool(front_page, preferred_language(request))

    app.add_route("/", front, include_in_schema=False)
    app.add_route("/docs", swagger, include_in_schema=False)
    app.add_route("/redoc", redoc, include_in_schema=False)
    app.add_route(ASSET_PATH, serve_asset, include_in_schema=False)

"""The frame of the service's few HTML pages, and what they need of content negotiation.

No template engine: the pages are short, hold no user input beyond what `escape` has seen, and no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.api.assets import asset_link

Language = Literal["en", "ko"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko")

# Own style sheet and icon, nothing else: no script, no frame, no other host.
_PLAIN_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def _weighted(header: str) -> list[tuple[str, float]]:
    """The members of an Accept-style header as (lower-case name, weight).  Members that cannot be read are left out:
    a malformed preference is no reason to refuse a page."""
    found = []
    for member in header.split(","):
        name, *parameters = (part.strip().lower() for part in member.split(";"))
        weight = 1.0
        try:
            for parameter in parameters:
                key, _, value = parameter.partition("=")
                if key.strip() == "q":
                    weight = float(value)
        except ValueError:
            continue
        if name and 0.0 <= weight <= 1.0:
            found.append((name, weight))
    return found


def preferred_language(request: Request) -> Language:
    """The page language that Accept-Language weighs highest; English when it names none that we have."""
    best: Language = "en"
    best_weight = 0.0
    for name, weight in _weighted(request.headers.get("accept-language", "")):
        for language in LANGUAGES:
            if name.split("-")[0] == language and weight > best_weight:
                best, best_weight = language, weight
    return best


def prefers_json(request: Request) -> bool:
    """Whether the client wants JSON rather than HTML.  With no preference (`*/*`) it is a page, so HTML."""
    weights = {"html": 0.0, "json": 0.0}
    kinds = {
        "text/html": "html",
        "application/xhtml+xml": "html",
        "text/*": "html",
        "application/json": "json",
        "application/problem+json": "json",
        "application/*": "json",
        "*/*": "html",
    }
    for name, weight in _weighted(request.headers.get("accept", "*/*")):
        kind = kinds.get(name)
        if kind:
            weights[kind] = max(weights[kind], weight)
    return weights["json"] > weights["html"]


def page(  # noqa: PLR0913 - a page has these parts
    *,
    title: str,
    body: str,
    language: str,
    depth: int,
    status_code: int = 200,
    vary: Sequence[str] = ("Accept-Language",),
    max_age: int = 300,
) -> HTMLResponse:
    """A whole HTML answer.

    `title` is plain text; `body` is HTML whose variable parts the caller has escaped.  `depth` is how many folders
    deep the page lies (see `asset_link`), `max_age` how many seconds it may be kept.
    """
    document = f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" type="image/svg+xml" href="{asset_link("icon.svg", depth=depth)}">
<link rel="stylesheet" href="{asset_link("pages.css", depth=depth)}">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
    return HTMLResponse(
        document,
        status_code=status_code,
        headers={
            "Cache-Control": f"public, max-age={max_age}",
            "Content-Language": language,
            "Content-Security-Policy": _PLAIN_POLICY,
            "Vary": ", ".join(vary),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        },
    )

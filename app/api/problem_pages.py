"""`GET /problems` and `GET /problems/{code}`: what the `type` of every problem document points at.

A developer who follows the link from an error sees what happened and what the client should do, in Korean or English;
a program that asks for JSON gets the same.  The texts live in `app.core.problems.PROBLEMS`, beside the statuses.
"""

from __future__ import annotations

import re
from html import escape
from http import HTTPStatus
from itertools import groupby
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.pages import Language, page, preferred_language, prefers_json
from app.core.problems import PROBLEMS, ProblemKind

_VARY: Final = ("Accept", "Accept-Language")

_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "heading": "Error codes",
        "intro": (
            "Every refusal is a problem document (RFC 9457, <code>application/problem+json</code>). "
            "Its <code>code</code> is one of these and never changes its meaning; show <code>detail</code> to people, "
            "decide by <code>code</code>, and quote <code>request_id</code> when you report a fault."
        ),
        "code": "Code",
        "meaning": "Meaning",
        "status": "HTTP status",
        "advice": "What the client should do",
        "reasons": "Codes in <code>errors</code>",
        "all": "All error codes",
        "reference": "API reference",
        "unknown": "There is no such error code",
        "unknown_text": "No problem of this service is called <code>{code}</code>. The list has every code there is.",
    },
    "ko": {
        "heading": "오류 코드",
        "intro": (
            "거절된 모든 요청에는 문제 문서(RFC 9457, <code>application/problem+json</code>)로 응답합니다. "
            "<code>code</code>는 아래 중 하나이며 의미가 바뀌지 않습니다. 사람에게는 <code>detail</code>을 보여 주고, "
            "프로그램은 <code>code</code>로 판단하고, 장애를 알릴 때는 <code>request_id</code>를 함께 적어 주세요."
        ),
        "code": "코드",
        "meaning": "의미",
        "status": "HTTP 상태",
        "advice": "클라이언트가 할 일",
        "reasons": "<code>errors</code>의 코드",
        "all": "전체 오류 코드",
        "reference": "API 레퍼런스",
        "unknown": "없는 오류 코드입니다",
        "unknown_text": "이 서비스에는 <code>{code}</code>라는 오류 코드가 없습니다. 목록에 모든 코드가 있습니다.",
    },
}


def install(app: FastAPI) -> None:
    """Adds both pages to `app`.  Plain routes: they answer HEAD too and stay out of the OpenAPI document."""
    app.add_route("/problems", _list, include_in_schema=False)
    app.add_route("/problems/{code}", _one, include_in_schema=False)


async def _list(request: Request) -> Response:
    language = preferred_language(request)
    if prefers_json(request):
        return _json(
            {"data": [_as_json(kind, language) for kind in _sorted()], "next_cursor": None},
            language,
        )
    return await run_in_threadpool(_list_page, language)


async def _one(request: Request) -> Response:
    language = preferred_language(request)
    code: str = request.path_params["code"]
    kind = PROBLEMS.get(code)
    if prefers_json(request):
        if kind is None:
            raise HTTPException(status_code=404)
        return _json(_as_json(kind, language), language)
    if kind is None:
        return await run_in_threadpool(_unknown_page, code, language)
    return await run_in_threadpool(_one_page, kind, language)


def _sorted() -> list[ProblemKind]:
    return sorted(PROBLEMS.values(), key=lambda kind: (kind.status, kind.code))


def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _as_json(kind: ProblemKind, language: Language) -> dict[str, object]:
    return {
        "type": f"/problems/{kind.code}",
        "code": kind.code,
        "status": kind.status,
        "title": kind.title[language],
        "advice": kind.advice[language],
        "reasons": {code: text[language] for code, text in kind.reasons.items()},
    }


def _json(content: dict[str, object], language: Language) -> JSONResponse:
    return JSONResponse(
        content,
        headers={
            "Cache-Control": "public, max-age=300",
            "Content-Language": language,
            "Vary": ", ".join(_VARY),
            "X-Content-Type-Options": "nosniff",
        },
    )


def _rich(text: str) -> str:
    """Text of the registry as HTML: escaped, and `this` set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _list_page(language: Language) -> Response:
    texts = _TEXTS[language]
    parts = [f"<h1>{texts['heading']}</h1>", f"<p>{texts['intro']}</p>"]
    for status, kinds in groupby(_sorted(), key=lambda kind: kind.status):
        rows = "\n".join(
            f'<tr><th scope="row"><a href="problems/{escape(kind.code)}"><code>{escape(kind.code)}</code></a></th>'
            f"<td>{_rich(kind.title[language])}</td></tr>"
            for kind in kinds
        )
        parts.append(
            f'<section aria-labelledby="status-{status}">\n<h2 id="status-{status}">{_status_line(status)}</h2>\n'
            f'<table>\n<thead><tr><th scope="col">{texts["code"]}</th><th scope="col">{texts["meaning"]}</th></tr></thead>\n'
            f"<tbody>\n{rows}\n</tbody>\n</table>\n</section>"
        )
    parts.append(f'<nav><a href="docs">{texts["reference"]}</a></nav>')
    return page(
        title=texts["heading"], body="\n".join(parts), language=language, depth=0, vary=_VARY
    )


def _one_page(kind: ProblemKind, language: Language) -> Response:
    texts = _TEXTS[language]
    title = kind.title[language]
    advice = "\n".join(
        f"<p>{_rich(line)}</p>" for line in kind.advice[language].splitlines() if line.strip()
    )
    body = f"""<h1>{_rich(title)}</h1>
<dl>
<dt>{texts["code"]}</dt><dd><code>{escape(kind.code)}</code></dd>
<dt>{texts["status"]}</dt><dd>{_status_line(kind.status)}</dd>
</dl>
<h2>{texts["advice"]}</h2>
{advice}
{_reasons(kind, language)}{_links(texts)}"""
    return page(title=f"{title} · {kind.code}", body=body, language=language, depth=1, vary=_VARY)


def _reasons(kind: ProblemKind, language: Language) -> str:
    """The codes that `errors` may have, if the problem has such."""
    if not kind.reasons:
        return ""
    rows = "\n".join(
        f"<dt><code>{escape(code)}</code></dt><dd>{_rich(text[language])}</dd>"
        for code, text in kind.reasons.items()
    )
    return f"<h2>{_TEXTS[language]['reasons']}</h2>\n<dl>\n{rows}\n</dl>\n"


def _unknown_page(code: str, language: Language) -> Response:
    texts = _TEXTS[language]
    body = f"""<h1>{texts["unknown"]}</h1>
<p>{texts["unknown_text"].format(code=escape(code))}</p>
{_links(texts)}"""
    return page(
        title=texts["unknown"],
        body=body,
        language=language,
        depth=1,
        vary=_VARY,
        status_code=404,
        max_age=0,
    )


def _links(texts: dict[str, str]) -> str:
    return f'<nav><a href="../problems">{texts["all"]}</a> <a href="../docs">{texts["reference"]}</a></nav>'

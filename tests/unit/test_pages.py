"""The service's own pages: they work offline, negotiate language and form, and say what an error code means."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI

from app.api import docs, problem_pages
from app.core.compression import accepts
from app.core.problems import PROBLEMS

pytestmark = pytest.mark.anyio

BASE = "http://pages.test"
PAGES = ("/", "/docs", "/redoc", "/problems", "/problems/session-closed")


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(title="Table order API", docs_url=None, redoc_url=None)
    docs.install(app)
    problem_pages.install(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


def links(page: httpx.Response) -> list[str]:
    """Every address that the page loads or links to, resolved as a browser does."""
    found = re.findall(r'(?:href|src|data-openapi)="([^"]+)"', page.text)
    return [urljoin(str(page.url), address) for address in found]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_needs_no_other_host_and_no_inline_script(
    browser: httpx.AsyncClient, path: str
) -> None:
    page = await browser.get(path)

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert all(address.startswith(BASE + "/") for address in links(page))
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page.text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy or "script-src" not in policy


@pytest.mark.parametrize("path", PAGES)
async def test_everything_a_page_loads_is_there_and_may_be_kept_for_good(
    browser: httpx.AsyncClient, path: str
) -> None:
    page = await browser.get(path)
    kinds = {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }
    assets = [address for address in links(page) if "/docs/assets/" in address]
    assert assets

    for address in assets:
        plain = await browser.get(address, headers={"Accept-Encoding": "identity"})
        packed = await browser.get(address, headers={"Accept-Encoding": "gzip"})

        assert plain.status_code == packed.status_code == 200
        assert plain.headers["content-type"] == kinds[address.rpartition(".")[2]]
        assert "immutable" in plain.headers["cache-control"]
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == plain.content
        again = await browser.get(address, headers={"If-None-Match": packed.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["x", "pages.css", "swagger-ui.000000000000.css", "..%2f..%2fpages.py"]
)
async def test_no_other_file_is_served(browser: httpx.AsyncClient, name: str) -> None:
    assert (await browser.get(f"/docs/assets/{name}")).status_code == 404


@pytest.mark.parametrize("path", PAGES)
async def test_head_answers_where_get_does(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_reference_pages_fetch_the_openapi_document_of_this_service(
    browser: httpx.AsyncClient,
) -> None:
    for path in ("/docs", "/redoc"):
        assert f"{BASE}/openapi.json" in links(await browser.get(path))


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en;q=0.5, ko;q=0.9", "ko"),
        ("en, ko", "en"),
        ("fr, de", "en"),
        ("fr, ko;q=0.1", "ko"),
        ("ko;q=0", "en"),
        ("ko;q=nan", "en"),
        ("ko;q=lots", "en"),
        (";;;,,q=,", "en"),
    ],
)
async def test_the_language_follows_accept_language(
    browser: httpx.AsyncClient, accepted: str | None, language: str
) -> None:
    headers = {} if accepted is None else {"Accept-Language": accepted}
    for path in ("/", "/problems", "/problems/session-closed", "/problems/never-heard-of"):
        page = await browser.get(path, headers=headers)
        assert page.headers["content-language"] == language
        assert f'<html lang="{language}">' in page.text
        assert "Accept-Language" in page.headers["vary"]


@pytest.mark.parametrize(
    ("accepted", "form"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
        ("application/problem+json", "application/json"),
        ("application/json, text/html;q=0.5", "application/json"),
        ("application/json;q=0.2, */*", "text/html"),
        ("image/png", "text/html"),
    ],
)
async def test_the_form_of_a_problem_page_follows_accept(
    browser: httpx.AsyncClient, accepted: str | None, form: str
) -> None:
    headers = {"Accept-Language": "en"} | ({} if accepted is None else {"Accept": accepted})
    for path in ("/problems", "/problems/session-closed"):
        answer = await browser.get(path, headers=headers)
        assert answer.headers["content-type"].partition(";")[0] == form
        assert answer.headers["vary"] == "Accept, Accept-Language"


async def test_every_code_has_a_page_in_both_languages_and_stands_in_the_list(
    browser: httpx.AsyncClient,
) -> None:
    for language in ("en", "ko"):
        headers = {"Accept-Language": language}
        listed = links(await browser.get("/problems", headers=headers))
        for code, kind in PROBLEMS.items():
            assert f"{BASE}/problems/{code}" in listed
            page = await browser.get(f"/problems/{code}", headers=headers)
            assert page.status_code == 200
            assert str(kind.status) in page.text
            found = (
                await browser.get(
                    f"/problems/{code}", headers=headers | {"Accept": "application/json"}
                )
            ).json()
            assert found == {
                "type": f"/problems/{code}",
                "code": code,
                "status": kind.status,
                "title": kind.title[language],
                "advice": kind.advice[language],
                "reasons": {code: text[language] for code, text in kind.reasons.items()},
            }
            for reason in found["reasons"]:
                assert f"<code>{reason}</code>" in page.text
            assert found["title"].strip()
            assert found["advice"].strip()


async def test_an_unknown_code_is_not_found_and_its_name_is_only_text(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get("/problems/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert page.status_code == 404

    page = await browser.get("/problems/%3Cb%3E%7Bcode%7D%7B")
    assert page.status_code == 404
    assert "<b>" not in page.text
    assert "&lt;b&gt;{code}{" in page.text

    assert (
        await browser.get("/problems/nope", headers={"Accept": "application/json"})
    ).status_code == 404


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("", False),
    ],
)
def test_accept_encoding(header: str, allowed: bool) -> None:
    assert accepts(header, "gzip") is allowed

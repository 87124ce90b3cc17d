"""`GET /menu` and `GET /tables/board` from memory, before routing.

A full house of tablets asks for the menu all day long, staff screens ask for the board, and both
change far less often. Routing, dependencies and a transaction cost ten times the answer itself, so
a worker that knows for certain what the route would say, says it; otherwise the route answers.

The menu is known when the event hub has confirmed the store's catalog version within the last
second; while the database is away the last one will do, said to be old. That rule is
`menu_at_hand`'s, and the route's too. The board is asked for right after something was done, so
the store's newest event number is asked anew each time, by one question for all who are waiting.
"""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.conditional import page_answer
from app.core import clock
from app.core.admission import admit_recognised
from app.core.cache import Answer, CachedMenu, CachedPage
from app.core.errors import DomainError
from app.core.runtime import Runtime
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.services.menu.loading import menu_at_hand
from app.services.menu.reading import page_of

MENU, BOARD = "/api/v1/menu", "/api/v1/tables/board"
PERMISSIONS = {MENU: Permission.MENU_READ, BOARD: Permission.TABLES_READ}
MAX_ASKED = 1024
"""Up to how many bytes of headers an answer is remembered by; longer ones are no tablet's."""

_Raw = bytes | None
_Asked = tuple[_Raw, _Raw, _Raw]
"""The headers that make a difference between the copies of a page, as they came:
`Accept-Encoding`, `Accept-Language`, `If-None-Match`. Read only when a copy has to be found."""


class FastReads:
    """Answers the two reads, or hands the request on to `app`."""

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self.app = app
        self._runtime = runtime

    def at_hand(self, scope: Scope) -> Answer | None:
        """The menu, if it can be said at once: no layer in between, and nothing to wait for."""
        if scope["path"] != MENU:
            return None
        principal = self._reader(scope)
        if principal is None:
            return None
        answer = self._menu(principal, _asked(scope["sent_headers"]))
        if answer is not None:
            scope["route_template"] = MENU
        return answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self.at_hand(scope) or await self._board(scope)
        if answer is None:
            await self.app(scope, receive, send)
            return
        start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    def _reader(self, scope: Scope) -> Principal | None:
        """Who may have the page from memory; None when only the route can tell."""
        if scope["method"] != "GET" or scope["query_string"]:
            return None
        headers = scope["sent_headers"]
        if b"origin" in headers:  # a browser on another origin: its headers are CORSMiddleware's
            return None
        try:
            authorization = _text(headers.get(b"authorization"))
            principal = admit_recognised(self._runtime, scope, authorization)
        except DomainError:
            return None
        if principal is None or not principal.may(PERMISSIONS[scope["path"]]):
            return None
        return principal

    def _menu(self, principal: Principal, asked: _Asked) -> Answer | None:
        at_hand = menu_at_hand(self._runtime.menus, self._runtime.hub, principal.store_id)
        if at_hand is None:
            return None
        menu, age = at_hand
        if age is None:
            return _remembered(menu, asked)
        return _answer(page_of(menu, _text(asked[1]), clock.now()), asked, age)

    async def _board(self, scope: Scope) -> Answer | None:
        if scope["path"] != BOARD:
            return None
        principal = self._reader(scope)
        if principal is None:
            return None
        try:
            head = await self._runtime.heads.get(principal.store_id)
        except DomainError:
            return None
        page = self._runtime.boards.get(principal.store_id, head.event_seq)
        if page is None:
            return None
        scope["route_template"] = BOARD
        return _answer(page, _asked(scope["sent_headers"]))


def _asked(headers: Mapping[bytes, bytes]) -> _Asked:
    read = headers.get
    return read(b"accept-encoding"), read(b"accept-language"), read(b"if-none-match")


def _text(value: _Raw) -> str | None:
    return None if value is None else value.decode("latin-1")


def _remembered(menu: CachedMenu, asked: _Asked) -> Answer:
    """The answer to these headers, made once as long as its page is valid."""
    known: tuple[CachedPage, Answer] | None = menu.answers.get(asked)
    if known is not None and known[0].is_valid_at(clock.now()):
        return known[1]
    page = page_of(menu, _text(asked[1]), clock.now())
    answer = _answer(page, asked)
    if sum(len(header) for header in asked if header) <= MAX_ASKED:
        menu.remember(asked, (page, answer))
    return answer


def _answer(page: CachedPage, asked: _Asked, age: int | None = None) -> Answer:
    accept_encoding, _, if_none_match = asked
    return page_answer(page, _text(accept_encoding) or "", _text(if_none_match), age)
